"""Outside laboratories: registered, qualified under signature, and their signed reports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from products.actions.laboratories import qualify_laboratory, register_laboratory
from products.actions.reviews import review_results
from products.actions.runs import discard_run
from products.domain.canonical import sha256_hex
from products.domain.errors import (
    DomainError,
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    SeparationOfDutiesError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.domain.roles import Role
from products.models import Laboratory, Lot, OutsideReport
from tests.outside import (
    SCAN,
    laboratory,
    outside_result,
    outside_run,
    qualified,
    reported,
    scan,
)
from tests.records import context, lot, opened_run, people, second_account, today

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def register(**changes: Any) -> Laboratory:
    described = {"code": "CTL-1", "name": "Contract Test Lab", "address": "Basel"} | changes
    return register_laboratory(context(people().analyst), **described)


def test_a_laboratory_is_kept_with_its_address() -> None:
    found = register(code=" CTL-1 ")

    found.refresh_from_db()
    assert (found.code, found.name, found.address) == ("CTL-1", "Contract Test Lab", "Basel")


def test_a_laboratory_code_is_never_reused() -> None:
    register()

    with pytest.raises(DuplicateError, match=r"ctl-1 was used already \(as CTL-1\)"):
        register(code="ctl-1")


@pytest.mark.parametrize("missing", ["code", "name", "address"])
def test_a_laboratory_has_a_code_a_name_and_an_address(missing: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        register(**{missing: " "})

    assert refusal.value.field == missing


def test_a_qualification_is_signed_and_keeps_what_was_signed() -> None:
    register()

    found = qualified()

    assert (found.version, found.signature.meaning) == (1, "Qualified as outside laboratory")
    assert found.signature.signed_at is not None
    assert b'"document":"QAG-003"' in bytes(found.signature.content)


def test_the_next_qualification_is_the_next_version() -> None:
    laboratory()

    assert qualified(qualified_until=today()).version == 2


def test_a_qualification_of_one_day_is_possible_and_of_less_is_refused() -> None:
    register()

    assert qualified(qualified_from=today(), qualified_until=today()).version == 1
    with pytest.raises(InvalidValueError, match="would end before it begins") as refusal:
        qualified(qualified_from=today(), qualified_until=today() - DAY)

    assert refusal.value.field == "qualified_until"


def test_a_qualification_names_its_document() -> None:
    register()

    with pytest.raises(InvalidValueError) as refusal:
        qualified(document=" ")

    assert refusal.value.field == "document"


def test_an_unknown_laboratory_is_not_qualified() -> None:
    with pytest.raises(UnknownReferenceError, match="no outside laboratory 'CTL-9'"):
        qualified("CTL-9")


def test_an_analyst_does_not_qualify_a_laboratory() -> None:
    register()

    with pytest.raises(NotPermittedError):
        qualify_laboratory(
            context(people().analyst),
            laboratory="CTL-1",
            qualified_from=today(),
            qualified_until=today(),
            document="QAG-003",
        )


def test_a_new_qualification_judges_the_lots_of_the_laboratory_again() -> None:
    made = lot()
    outside_result()
    before = Lot.objects.get(pk=made.pk).version

    qualified(qualified_until=today() - DAY)

    assert Lot.objects.get(pk=made.pk).version == before + 1


def test_a_report_is_kept_as_it_states() -> None:
    lot()
    run = outside_run()

    made = reported(
        run,
        controls="not_stated",
        controls_text=" See annex ",
        started_on=today() - DAY,
        ended_on=today(),
    )

    kept = OutsideReport.objects.get(pk=made.pk)
    assert (kept.run, kept.sequence, kept.report_number) == (run, 1, "R-2026-118")
    assert (kept.controls, kept.controls_text) == ("not_stated", "See annex")
    assert (kept.started_on, kept.ended_on) == (today() - DAY, today())
    assert kept.evidence.sha256 == sha256_hex(SCAN)


def test_an_amended_report_takes_the_next_number_and_the_first_stays() -> None:
    lot()
    run = outside_run()
    reported(run)

    reported(run, report_number="R-2026-118/A", evidence=scan("run", run.number, b"%PDF-1.7 A"))

    kept = OutsideReport.objects.filter(run=run).values_list("sequence", "report_number")
    assert list(kept) == [(1, "R-2026-118"), (2, "R-2026-118/A")]


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"evidence": uuid4()}, UnknownReferenceError, "evidence"),
        ({"controls": "fine"}, InvalidValueError, "controls"),
        ({"report_number": " "}, InvalidValueError, "report_number"),
        ({"signed_by": ""}, InvalidValueError, "signed_by"),
        ({"system": ""}, InvalidValueError, "system"),
        ({"reported_on": DAY}, InvalidValueError, "reported_on"),
        ({"ended_on": DAY}, InvalidValueError, "reported_on"),
        ({"started_on": DAY}, InvalidValueError, "ended_on"),
        ({"started_on": 0 * DAY, "ended_on": -DAY}, InvalidValueError, "ended_on"),
    ],
)
def test_a_report_that_contradicts_itself_or_lacks_a_part_is_refused(
    changes: dict[str, Any], error: type[DomainError], field: str
) -> None:
    lot()
    run = outside_run()
    stated: dict[str, Any] = {
        name: today() + value if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }

    with pytest.raises(error) as refusal:
        reported(run, **stated)

    assert refusal.value.field == field
    assert not OutsideReport.objects.exists()


def test_the_file_of_a_report_is_attached_to_its_own_run() -> None:
    lot()
    run = outside_run()
    elsewhere = scan("lot", "EV-26-001")

    with pytest.raises(InvalidValueError, match="is not attached to run EV-26-001-S1-R1"):
        reported(run, evidence=elsewhere)


def test_a_run_of_the_house_has_no_report() -> None:
    lot()

    with pytest.raises(InvalidValueError, match="was performed in this house"):
        reported(opened_run())


def test_a_discarded_run_takes_no_report() -> None:
    lot()
    run = outside_run()
    file = scan("run", run.number)
    discard_run(context(people().analyst, "Wrong vial"), run=run.number)

    with pytest.raises(WrongStatusError, match="was discarded"):
        reported(run, evidence=file)


def test_after_the_final_result_a_report_needs_a_reason() -> None:
    lot()
    run = outside_result().run
    file = scan("run", run.number, b"%PDF-1.7 amended")

    with pytest.raises(InvalidValueError, match="State why its report is recorded now") as refusal:
        reported(run, evidence=file, reason="")

    assert (refusal.value.code, refusal.value.field) == ("reason_missing", "reason")
    assert reported(run, evidence=file, reason="Amended by the laboratory").sequence == 2


def test_who_reviewed_a_result_records_no_report_of_it() -> None:
    lot()
    run = outside_result().run
    report = run.reports.get()
    review_results(
        context(people().reviewer),
        lot="EV-26-001",
        runs=[run.number],
        compared={run.number: report.evidence_id},
    )
    own = second_account(people().reviewer, "rita-analyst", Role.ANALYST)
    file = scan("run", run.number, b"%PDF-1.7 amended")

    with pytest.raises(SeparationOfDutiesError, match="Rita Romero reviewed run"):
        reported(run, evidence=file, by=own)


def test_a_report_judges_the_lot_again() -> None:
    made = lot()
    run = outside_run()
    before = Lot.objects.get(pk=made.pk).version

    reported(run)

    assert Lot.objects.get(pk=made.pk).version == before + 1


def test_quality_records_no_report() -> None:
    lot()
    run = outside_run()

    with pytest.raises(NotPermittedError):
        reported(run, by=people().quality)


def codes() -> set[str]:
    return {block["code"] for block in Lot.objects.get(number="EV-26-001").blocks}


def test_a_qualified_laboratory_needs_no_instrument_or_training_of_the_house() -> None:
    lot()

    outside_result()

    assert codes() == {"review_missing"}


def test_a_laboratory_that_nobody_qualified_blocks_what_it_tested() -> None:
    lot()
    register()

    outside_result()

    assert "laboratory_not_qualified" in codes()


def test_a_qualification_signed_later_counts_for_the_days_that_it_names() -> None:
    lot()
    register()
    outside_result()

    qualified()

    assert "laboratory_not_qualified" not in codes()


def test_an_amended_report_is_compared_again_before_the_result_counts() -> None:
    lot()
    run = outside_result().run
    review_results(
        context(people().reviewer),
        lot="EV-26-001",
        runs=[run.number],
        compared={run.number: run.reports.get().evidence_id},
    )
    assert codes() == set()

    reported(run, evidence=scan("run", run.number, b"%PDF-1.7 amended"))

    assert "transcription_unconfirmed" in codes()
