"""Who gets in at all, and what a person may not do at the pages."""

from __future__ import annotations

import pytest
from django.test import Client

from products import models
from tests.admin.pages import Visitor, account_with, address, the_lot, visitor
from tests.records import (
    lot,
    people,
)

pytestmark = [pytest.mark.django_db, pytest.mark.bare]


@pytest.mark.parametrize("trait", ["is_active", "is_staff"])
def test_an_account_that_is_closed_or_not_staff_gets_nothing(trait: str) -> None:
    reader = Visitor(account_with("closed", "Analyst", traits={trait: False}))

    assert reader.open("/admin/").status == 302


def test_a_locked_account_gets_nothing() -> None:
    lot()
    reader = Visitor(account_with("locked", "Analyst", traits={"locked_at": the_lot().recorded_at}))

    assert reader.open(address("lot_changelist")).status == 302


def test_a_superuser_without_role_reads_and_does_nothing() -> None:
    lot()
    powerful = Visitor(account_with("root", traits={"is_superuser": True}))

    assert "no role yet" in powerful.open("/admin/")
    assert powerful.open(address("lot_changelist")).status == 403
    assert powerful.open(address("lot_change", the_lot())).status == 403
    assert powerful.sign(address("lot_release", the_lot())).status == 403


def test_what_may_not_be_done_is_a_sentence_and_no_link() -> None:
    lot()

    page = visitor("auditor").open(address("lot_change", the_lot()))

    assert "Release: it needs a role that may decide" in page
    assert address("lot_release", the_lot()) not in page.html


def test_django_writes_no_log_of_its_own() -> None:
    page = visitor("analyst").send(address("donor_add"), code="D-0099")

    assert page.status == 200  # the serving role has no right on Django's table
    assert models.Donor.objects.filter(code="D-0099").exists()


def test_a_record_that_does_not_exist_is_not_found() -> None:
    reader = visitor("analyst")

    for key in ("01a204de-a0ed-73c2-bbdc-80b94b8ace7e", "nonsense", "a/b"):
        assert reader.open(f"/admin/products/lot/{key}/change/").status == 404


def test_a_form_that_comes_from_elsewhere_is_refused() -> None:
    lot()
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(people().quality)

    answer = careful.post(address("lot_reject", the_lot()), {"reason": "x", "password": "y"})

    assert answer.status_code == 403
    assert "The form was not accepted" in answer.content.decode()
