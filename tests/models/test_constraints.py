"""What the tables refuse by themselves, whoever writes: each fault is one column of a good row."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import CheckConstraint
from psycopg import sql

from products.actions.dispositions import reject_lot
from products.actions.holds import lift_hold, place_hold
from products.actions.investigations import conclude_investigation
from products.actions.naming import begin
from products.actions.reviews import review_results
from products.actions.runs import discard_run
from products.actions.specifications import draft_specification
from products.actions.tokens import issue_token
from products.models import Lot, Run
from products.models.fields import uuid7
from tests.records import (
    ENDOTOXIN,
    STERILITY,
    VIABILITY,
    context,
    counted,
    lot,
    media_lot,
    opened_run,
    people,
    source,
    submitted_run,
    today,
)

pytestmark = pytest.mark.django_db
WHERE = {
    # A bank made from tissue would also lack its tissue: of a bank only the word is wrong.
    "source_form_known": "form = 'master_cell_bank'",
    "lot_number_never_reused": "number = 'EV-26-001'",
    "user_name_never_reused": "username = 'analyst'",
    "method_code_never_reused": "code = 'VIA-01'",
    "specification_once": "state = 'draft'",
    "source_number_never_reused": "number = 'UC-0042'",
}
"""Which row to copy where not any will do."""

DRAFT = "specification_id IN (SELECT id FROM products_specificationversion WHERE state = 'draft')"
# The columns that hold a word of a closed list; the one row of the installation is the owner's.
KNOWN_WORDS = [
    (
        model._meta.db_table,  # noqa: SLF001  # Django's documented interface
        constraint.name.partition("_")[2].removesuffix("_known"),
        constraint.name,
    )
    for model in apps.get_app_config("products").get_models()
    for constraint in model._meta.constraints  # noqa: SLF001  # Django's documented interface
    if isinstance(constraint, CheckConstraint)
    and constraint.name.endswith("_known")
    and constraint.name != "installation_kind_known"
]


@pytest.fixture(autouse=True)
def _a_row_of_each() -> None:
    """A lot with something of everything: an invalid run, a hold, a rejection, a descendant."""
    lot(criteria=[VIABILITY, ENDOTOXIN, STERILITY])
    source("MCB-0042", form="master_cell_bank", made_from="UC-0042")
    media_lot("FTM", "M-1")
    submitted_run(STERILITY, media=[("FTM", "M-1")])
    failing = submitted_run(readings=counted("0", "0"))
    review_results(context(people().reviewer), lot="EV-26-001", runs=[failing.run.number])
    conclude_investigation(
        context(people().quality),
        investigation="INV-EV-26-001-1",
        outcome="invalidated",
        cause="Dye past its expiry",
        evidence="DEV-7",
    )
    discard_run(context(people().analyst, "Wrong vial"), run=opened_run(ENDOTOXIN).number)
    lot("EV-26-002", parents=["EV-26-001"])
    place_hold(context(people().analyst), lot="EV-26-002")
    lift_hold(context(people().quality), lot="EV-26-002", hold=1)
    reject_lot(context(people().quality), lot="EV-26-002")
    draft_specification(
        context(people().quality),
        product="EXO-1",
        document="SPEC-2",
        effective_from=today(),
        criteria=[ENDOTOXIN],
    )
    issue_token(context(people().analyst), kind="personal", scope="read", purpose="x", days=1)


@transaction.atomic
def copy_row(table: str, changes: dict[str, Any], where: str = "true") -> None:
    """Write a row again under another key, with ``changes``; a name in ``{}`` is a column."""
    begin("test.copy", context(people().analyst))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        columns = [row[0] for row in cursor.fetchall()]
        values = {name: sql.Identifier(name) for name in columns} | {
            name: sql.Identifier(value[1:-1])
            if isinstance(value, str) and value.startswith("{")
            else sql.Literal(value)
            for name, value in ({"id": uuid7()} | changes).items()
        }
        cursor.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {} LIMIT 1").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(values.values()),
                sql.Identifier(table),
                sql.SQL(where),
            )
        )
        assert cursor.rowcount == 1, "there was no row to copy"


def test_a_word_that_is_in_no_list_is_refused(subtests: pytest.Subtests) -> None:
    assert len(KNOWN_WORDS) > 20
    for table, column, constraint in KNOWN_WORDS:
        where = WHERE.get(constraint, DRAFT if table == "products_criterion" else "true")
        with subtests.test(constraint), pytest.raises(IntegrityError, match=constraint):
            copy_row(table, {column: "yes, all fine"}, where)


CONTRADICTIONS: list[tuple[str, str, dict[str, Any], str]] = [
    ("person_has_a_name", "person", {"printed_name": ""}, "true"),
    ("signature_is_complete", "signature", {"meaning": ""}, "true"),
    ("signature_is_complete", "signature", {"printed_name": ""}, "true"),
    ("signature_is_complete", "signature", {"zone": ""}, "true"),
    ("donor_code_is_upper_case", "donor", {"code": "d-0042"}, "true"),
    ("donor_code_is_upper_case", "donor", {"code": "JANE DOE"}, "true"),
    ("source_bank_names", "tissuesource", {"form": "master_cell_bank"}, "true"),
    ("source_bank_names", "tissuesource", {"made_from_id": "{id}"}, "true"),
    ("product_basis_is_named", "product", {"basis_reference": ""}, "true"),
    ("replicates_at_least_one", "methodversion", {"replicates": 0}, "true"),
    ("methodversion_approved_under", "methodversion", {"approval_id": None}, "true"),
    ("methodversion_approved_under", "methodversion", {"state": "draft"}, "true"),
    ("methodversion_retired_under", "methodversion", {"state": "retired"}, "true"),
    (
        "specification_approved",
        "specificationversion",
        {"state": "approved"},
        "state = 'draft'",
    ),
    ("criterion_strict_says", "criterion", {"compare_on": ""}, DRAFT),
    ("lot_number_is_trimmed", "lot", {"number": " EV-26-009"}, "true"),
    ("lot_number_is_trimmed", "lot", {"number": ""}, "true"),
    ("lot_expiry_has_a_precision", "lot", {"expires_precision": ""}, "true"),
    ("lot_expires_after_made", "lot", {"expires_on": "2000-01-01"}, "true"),
    ("lot_without_expiry_is_signed_for", "lot", {"stability_study": "ST-1"}, "true"),
    ("lotparent_is_another", "lotparent", {"parent_id": "{lot_id}"}, "true"),
    ("not_performed_in_the_future", "run", {"performed_at": "2999-01-01T00:00Z"}, "true"),
    ("names_its_criterion", "run", {"criterion_id": None}, "purpose = 'release'"),
    ("repeat_names_what", "run", {"purpose": "repeat"}, "purpose = 'release'"),
    ("names_who_performed_it", "run", {"performed_by_id": None}, "state = 'submitted'"),
    ("discarded_with_a_reason", "run", {"discard_reason": ""}, "state = 'discarded'"),
    ("discarded_with_a_reason", "run", {"discard_reason": "x"}, "state = 'submitted'"),
    ("disposition_has_a_reason", "disposition", {"reason": ""}, "true"),
    ("hold_is_signed_or_names", "hold", {"disposition_id": None}, "true"),
    ("hold_is_signed_or_names", "hold", {"rule": "R03", "caused_by": "x"}, "true"),
    ("conclusion_invalidated_names", "conclusion", {"cause": ""}, "true"),
    ("conclusion_invalidated_names", "conclusion", {"evidence": ""}, "true"),
]


def test_a_row_that_contradicts_itself_is_refused(subtests: pytest.Subtests) -> None:
    for constraint, table, changes, where in CONTRADICTIONS:
        with subtests.test(constraint), pytest.raises(IntegrityError, match=constraint):
            copy_row(f"products_{table}", changes, where)


ONLY_ONCE: list[tuple[str, str, dict[str, Any]]] = [
    ("lot_number_never_reused", "lot", {"number": "ev-26-001"}),
    ("user_name_never_reused", "user", {"username": "ANALYST"}),
    ("product_code_never_reused", "product", {"code": "exo-1"}),
    ("method_code_never_reused", "method", {"code": "via-01"}),
    ("source_number_never_reused", "tissuesource", {"number": "uc-0042"}),
    ("instrument_code_never_reused", "instrument", {"code": "nta-7"}),
    ("medialot_once", "medialot", {"number": "m-1"}),
    ("determination_version_once", "determination", {"signature_id": uuid7()}),
    ("methodversion_once", "methodversion", {"approval_id": uuid7()}),
    ("specification_once", "specificationversion", {}),
    ("reading_sequence_once", "reading", {}),
    ("runsupport_sequence_once", "runsupport", {}),
    ("result_version_once", "result", {}),
    ("disposition_number_once", "disposition", {"signature_id": uuid7()}),
    ("hold_number_once", "hold", {"disposition_id": uuid7()}),
    ("lotsource_once", "lotsource", {}),
    ("lotparent_once", "lotparent", {}),
    ("runmedia_once", "runmedia", {}),
    ("signature_once_per_meaning", "signature", {}),
]


def test_what_exists_once_is_not_written_twice(subtests: pytest.Subtests) -> None:
    for constraint, table, changes in ONLY_ONCE:
        where = WHERE.get(constraint, "true")
        with subtests.test(constraint), pytest.raises(IntegrityError, match=constraint):
            copy_row(f"products_{table}", changes, where)


@transaction.atomic
def _link(table: str, changes: dict[str, Any], where: str) -> None:
    copy_row(table, changes, where)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_run_keeps_to_the_lot_of_its_sample() -> None:
    other = Lot.objects.get(number="EV-26-002")
    free = Run.objects.get(state="discarded")

    changes = {
        "lot_id": other.pk,
        "number": "X-1",
        "criterion_id": None,
        "purpose": "information",
    }
    with pytest.raises(IntegrityError, match="run_of_its_samples_lot"):
        _link("products_run", changes, f"id = '{free.pk}'")


def test_an_investigation_keeps_to_the_lot_of_its_run() -> None:
    other = Lot.objects.get(number="EV-26-002")
    unexamined = Run.objects.get(criterion__code="sterility").results.get()

    changes = {"lot_id": other.pk, "number": "INV-X", "result_id": unexamined.pk}
    with pytest.raises(IntegrityError, match="investigation_of_its"):
        _link("products_investigation", changes, "true")
