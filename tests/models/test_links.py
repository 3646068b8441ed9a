"""Links of two columns: what names a run names its lot and results of it, and of no other."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError

from products.models import Amendment, Lot, Run
from products.models.fields import uuid7
from tests.models.rows import copy_row

pytestmark = pytest.mark.django_db

# A signature that does not exist is found out only after these links.
AMENDMENT = {"number": "X-1", "signature_id": uuid7()}
CORRECTION = "kind = 'correction' AND needs_second"
RETRACTION = "kind = 'retraction'"


@pytest.fixture
def corrected() -> Amendment:
    return Amendment.objects.get(kind="correction", needs_second=True)


def test_what_is_of_a_run_is_of_its_lot(corrected: Amendment, subtests: pytest.Subtests) -> None:
    run = {"number": "X-1", "criterion_id": None, "purpose": "information"}
    investigation = {"number": "X-1", "result_id": corrected.result_id}
    links: list[tuple[str, str, dict[str, Any], str]] = [
        ("run_of_its_samples_lot", "run", run, "state = 'discarded'"),
        (
            "investigation_of_its_runs_lot",
            "investigation",
            investigation,
            f"run_id = '{corrected.run_id}'",
        ),
        ("amendment_of_its_runs_lot", "amendment", AMENDMENT, RETRACTION),
        ("note_of_its_runs_lot", "note", {}, "run_id IS NOT NULL"),
    ]
    other = Lot.objects.get(number="EV-26-002")

    for constraint, table, changes, where in links:
        with subtests.test(constraint), pytest.raises(IntegrityError, match=f'"{constraint}"'):
            copy_row(f"products_{table}", {"lot_id": other.pk} | changes, where)


def test_what_names_a_run_names_a_result_of_that_run(subtests: pytest.Subtests) -> None:
    other = Run.objects.get(criterion__code="sterility").results.get().pk
    links: list[tuple[str, str, dict[str, Any], str]] = [
        (
            "amendment_corrects_a_result_of_its_run",
            "amendment",
            {"corrects_id": other, "result_id": "{corrects_id}"} | AMENDMENT,
            CORRECTION,
        ),
        (
            "amendment_makes_a_result_of_its_run",
            "amendment",
            {"result_id": other} | AMENDMENT,
            CORRECTION,
        ),
        ("runreturn_of_its_runs_result", "runreturn", {"result_id": other}, "true"),
        (
            "investigation_of_its_runs_result",
            "investigation",
            {"result_id": other, "number": "X-1"},
            "true",
        ),
    ]

    for constraint, table, changes, where in links:
        with subtests.test(constraint), pytest.raises(IntegrityError, match=f'"{constraint}"'):
            copy_row(f"products_{table}", changes, where)
