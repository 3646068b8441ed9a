"""New records: whoever comes second is told so, even at the same moment."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import IntegrityError

from products.actions.donors import register_donor
from products.actions.naming import begin, end
from products.actions.records import insert_once
from products.domain.errors import DuplicateError
from products.models import Donor
from tests import records
from tests.conftest import Databases
from tests.sessions import other_session

INSERT = """
INSERT INTO products_donor (code, recorded_by_id)
SELECT 'D-0042', id FROM products_user WHERE username = 'analyst2'
"""


def test_of_two_who_register_a_code_at_once_one_is_refused(
    databases: Databases, committed_db: str
) -> None:
    def register(connection: psycopg.Connection[Any]) -> None:
        connection.execute(INSERT)

    with (
        other_session(databases, committed_db, first=register) as other,
        pytest.raises(DuplicateError, match="D-0042 is registered already"),
    ):
        register_donor(records.context(records.people().analyst), code="D-0042")

    assert other.was_waited_for
    assert Donor.objects.count() == 1


@pytest.mark.django_db
def test_another_refusal_of_the_database_is_not_called_a_duplicate() -> None:
    given = records.context(records.people().analyst)
    begin("donor.register", given)
    lower_case = Donor(code="d-0042", recorded_by=given.actor)

    with pytest.raises(IntegrityError, match="donor_code_is_upper_case"):
        insert_once(lower_case, Donor.objects.filter(code="d-0042"), str, "code")

    end()
