"""The tests run with the rights of the serving role, and no more."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from products.models import AuditEntry, Site


@pytest.mark.django_db
def test_bodies_connect_as_the_serving_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")

        assert cursor.fetchone() == ("exolot_app", "exolot_app")


@pytest.mark.django_db
def test_a_write_outside_an_action_is_refused() -> None:
    with pytest.raises(DatabaseError, match="outside an action"), transaction.atomic():
        Site.objects.create(name="Elsewhere", zone="UTC")


@pytest.mark.django_db
def test_provisioning_stands_in_the_audit_trail() -> None:
    tables = set(
        AuditEntry.objects.filter(action="system.provision").values_list("record_table", flat=True)
    )

    assert {"products_site", "products_installation", "auth_group", "products_user"} <= tables
