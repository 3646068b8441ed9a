"""Rules on the records behind a result. Each test changes one fact of a releasable lot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from products.domain.calibration import why_not_calibrated
from products.domain.criteria import Verdict
from products.domain.facts import CalibrationFacts, InstrumentFacts, LotFacts
from products.domain.laboratories import ControlsStatement
from products.domain.release import Outcome, evaluate
from products.domain.results import Purpose, RunState
from tests.domain.facts import (
    AEROBIC,
    ANAEROBIC,
    CALIBRATION,
    ENDOTOXIN_RUN,
    FROM_PAPER,
    INSTRUMENT,
    LABORATORY,
    NOW,
    OUTSIDE,
    PAPER,
    REPORT,
    SIZE_RUN,
    STERILITY_RUN,
    TRAINING,
    VIABILITY_RUN,
    codes,
    with_run,
)

DAY = date(2026, 11, 2)
BEFORE, AFTER = date(2026, 11, 1), date(2026, 11, 3)


def outside(run: Any = ENDOTOXIN_RUN, **changes: object) -> LotFacts:
    """The releasable lot with ``run`` made by an outside laboratory."""
    return with_run(run, **{**OUTSIDE, **changes})


def report(run: Any = ENDOTOXIN_RUN, **changes: object) -> LotFacts:
    return outside(run, report=replace(REPORT, **changes))  # type: ignore[arg-type]  # by name


def laboratory(**changes: object) -> LotFacts:
    return outside(laboratory=replace(LABORATORY, **changes))  # type: ignore[arg-type]  # by name


def paper(**changes: object) -> LotFacts:
    """The releasable lot with one run transcribed from paper."""
    scan = replace(PAPER, **changes)  # type: ignore[arg-type]  # fields by name
    return with_run(VIABILITY_RUN, **{**FROM_PAPER, "paper": scan})


def media(**changes: object) -> LotFacts:
    changed = replace(AEROBIC, **changes)  # type: ignore[arg-type]  # fields by name
    return with_run(STERILITY_RUN, media=(changed, ANAEROBIC))


def training(**changes: object) -> LotFacts:
    changed = replace(TRAINING, **changes)  # type: ignore[arg-type]  # fields by name
    return with_run(VIABILITY_RUN, training=(changed,))


CASES: list[tuple[str, LotFacts, list[str]]] = [
    ("endotoxin by no formula", with_run(ENDOTOXIN_RUN, formula="value"), ["endotoxin_unproven"]),
    ("formula unknown", with_run(ENDOTOXIN_RUN, formula=""), ["endotoxin_unproven"]),
    (
        "endotoxin in another test",
        with_run(SIZE_RUN, unit="[EU]/mL"),
        ["endotoxin_unproven"],
    ),
    (
        "outside endotoxin without report",
        outside(report=None),
        ["endotoxin_unproven", "transcription_unconfirmed"],
    ),
    # The formula checks readings, and of an outside run there are none.
    (
        "outside endotoxin by formula, controls not stated",
        outside(
            formula="endotoxin_kinetic",
            report=replace(REPORT, controls=ControlsStatement.NOT_STATED),
        ),
        ["endotoxin_unproven"],
    ),
    ("report without number", report(number=" "), ["endotoxin_unproven"]),
    ("report without signer", report(signed_by=""), ["endotoxin_unproven"]),
    (
        "report without file",
        report(evidence=""),
        ["endotoxin_unproven", "transcription_unconfirmed"],
    ),
    (
        "controls not acceptable",
        report(controls=ControlsStatement.NOT_ACCEPTABLE),
        ["result_invalid"],
    ),
    (
        "controls not acceptable, but it fails",
        outside(
            verdict=Verdict.FAIL,
            report=replace(REPORT, controls=ControlsStatement.NOT_ACCEPTABLE),
        ),
        ["endotoxin_unproven", "result_fails"],
    ),
    (
        "no instrument",
        with_run(VIABILITY_RUN, instrument=None),
        ["instrument_not_calibrated"],
    ),
    (
        "no calibration",
        with_run(VIABILITY_RUN, instrument=replace(INSTRUMENT, calibrations=())),
        ["instrument_not_calibrated"],
    ),
    ("expired medium", media(expires_on=BEFORE), ["reagent_expired"]),
    ("recalled medium", media(recalled="Contaminated."), ["reagent_recalled"]),
    ("one medium", with_run(STERILITY_RUN, media=(AEROBIC,)), ["reagent_unrecorded"]),
    ("no medium", with_run(STERILITY_RUN, media=()), ["reagent_unrecorded"]),
    ("nobody", with_run(VIABILITY_RUN, performed_by=""), ["analyst_untrained"]),
    ("not trained", with_run(VIABILITY_RUN, training=()), ["analyst_untrained"]),
    ("trained later", training(trained_on=AFTER), ["analyst_untrained"]),
    ("training over", training(valid_until=BEFORE), ["analyst_untrained"]),
    ("training without document", training(document=" "), ["analyst_untrained"]),
    ("training not signed", training(signed_by=""), ["analyst_untrained"]),
    ("qualified later", laboratory(qualified_from=AFTER), ["laboratory_not_qualified"]),
    ("qualified before", laboratory(qualified_until=BEFORE), ["laboratory_not_qualified"]),
    ("never qualified", laboratory(qualified_from=None), ["laboratory_not_qualified"]),
    ("no end", laboratory(qualified_until=None), ["laboratory_not_qualified"]),
    ("qualified by nothing", laboratory(document=""), ["laboratory_not_qualified"]),
    ("qualified by nobody", laboratory(signed_by=" "), ["laboratory_not_qualified"]),
    ("not compared", outside(compared_with=""), ["transcription_unconfirmed"]),
    (
        "compared with an earlier report",
        outside(compared_with="c" * 64),
        ["transcription_unconfirmed"],
    ),
    (
        "scan not compared",
        with_run(VIABILITY_RUN, **{**FROM_PAPER, "compared_with": ""}),
        ["transcription_unconfirmed"],
    ),
    (
        "no transcription",
        with_run(VIABILITY_RUN, **{**FROM_PAPER, "paper": None}),
        ["transcription_unconfirmed", "paper_unverified"],
    ),
    ("paper not verified", paper(verified_by=""), ["paper_unverified"]),
    ("verified by its recorder", paper(verified_by="person-ada"), ["paper_unverified"]),
    ("no go-live date", paper(go_live_on=None), ["paper_unverified"]),
    ("dated on the go-live date", paper(dated_on=date(2026, 11, 10)), ["paper_unverified"]),
    (
        "outside sterility without dates",
        report(STERILITY_RUN, started_on=None),
        ["incubation_incomplete"],
    ),
    (
        "outside sterility without end",
        report(STERILITY_RUN, ended_on=None),
        ["incubation_incomplete"],
    ),
    (
        "outside sterility of six days",
        report(STERILITY_RUN, ended_on=date(2026, 11, 9)),
        ["incubation_incomplete"],
    ),
    (
        "outside sterility without report",
        outside(STERILITY_RUN, report=None),
        ["incubation_incomplete", "transcription_unconfirmed"],
    ),
]

MET: list[tuple[str, LotFacts]] = [
    ("cartridge", with_run(ENDOTOXIN_RUN, formula="endotoxin_cartridge")),
    ("gel clot", with_run(ENDOTOXIN_RUN, formula="endotoxin_gel_clot")),
    ("outside", outside()),
    ("first day of the qualification", laboratory(qualified_from=DAY)),
    ("last day of the qualification", laboratory(qualified_until=DAY)),
    ("outside sterility of seven days", report(STERILITY_RUN, ended_on=date(2026, 11, 10))),
    ("outside, controls not stated", report(VIABILITY_RUN, controls=ControlsStatement.NOT_STATED)),
    ("paper", with_run(VIABILITY_RUN, **FROM_PAPER)),
    ("paper dated the day before", paper(dated_on=date(2026, 11, 9))),
    ("medium on its last day", media(expires_on=DAY)),
    ("medium in capitals", media(material="Aerobic Bottle")),
    ("trained that day", training(trained_on=DAY)),
    ("last day of the training", training(valid_until=DAY)),
    (
        "for information by an untrained analyst",
        with_run(SIZE_RUN, purpose=Purpose.INFORMATION, training=(), instrument=None),
    ),
    ("discarded run of an optional test", with_run(SIZE_RUN, state=RunState.DISCARDED)),
]


@pytest.mark.parametrize(
    ("lot", "expected"),
    [(lot, expected) for _, lot, expected in CASES],
    ids=[name for name, _, _ in CASES],
)
def test_one_missing_record_blocks_with_its_own_code(lot: LotFacts, expected: list[str]) -> None:
    assert codes(lot) == expected


@pytest.mark.parametrize("lot", [lot for _, lot in MET], ids=[name for name, _ in MET])
def test_another_good_record_blocks_nothing(lot: LotFacts) -> None:
    assert codes(lot) == []


@pytest.mark.parametrize("lot", [lot for _, lot, _ in CASES], ids=[name for name, _, _ in CASES])
def test_every_block_names_its_record_and_what_clears_it(lot: LotFacts) -> None:
    for block in evaluate(lot, NOW).blocks:
        assert block.message[0].isupper() or block.message.startswith("aerobic bottle")
        assert block.message.endswith(".")
        assert not {"..", "  ", "None"} & set(block.message.split())
        assert block.record.split()[0] in {"run", "reagent"}
        assert block.clears.endswith(".")


def test_growth_in_an_outside_test_needs_no_full_incubation() -> None:
    lot = outside(STERILITY_RUN, verdict=Verdict.FAIL, report=replace(REPORT, ended_on=AFTER))

    assert codes(lot) == ["result_fails"]


def test_an_untrained_analyst_is_named_with_the_method_and_the_day_of_the_site() -> None:
    lot = with_run(VIABILITY_RUN, training=(), performed_at=datetime(2026, 11, 3, 2, 0, tzinfo=UTC))

    (block,) = evaluate(lot, NOW).blocks

    assert block.message == (
        "Run UC-26-014-S1-R3 was performed on 2026-11-02 (America/New_York) by Ada Analyst, for "
        "whom no signed training on method TB-1 version 1 covers that day."
    )


def test_what_every_rule_on_records_looked_at_is_evidence() -> None:
    evidence = {found.rule: found.evidence for found in evaluate(RELEASABLE_OUTSIDE, NOW).outcomes}

    assert evidence["R07"] == ("result-1",)
    assert evidence["R14"] == ("calibration-1", "instrument-1", "media-1", "media-2")
    assert evidence["R15"] == ("laboratory-1", "training-1")


RELEASABLE_OUTSIDE = outside()


def calibration(key: int, on: date, outcome: str = "passed", **changes: Any) -> CalibrationFacts:
    facts = CalibrationFacts(f"calibration-{key}", on, date(2027, 2, 1), outcome, None)
    return replace(facts, **changes)


PASSED = calibration(1, date(2026, 2, 2))
FAILED = calibration(2, date(2026, 11, 16), "failed")


@pytest.mark.parametrize(
    ("calibrations", "day", "shown"),
    [
        ([PASSED], DAY, ""),
        ([PASSED], date(2026, 2, 2), ""),
        ([PASSED], date(2026, 2, 1), "no calibration on or before"),
        ([PASSED], date(2027, 2, 1), ""),
        ([PASSED], date(2027, 2, 2), "valid until 2027-02-01 only"),
        ([calibration(1, DAY, "failed")], DAY, "did not pass"),
        ([calibration(1, BEFORE, "yes, all fine")], DAY, "did not pass"),
        # A later failure reaches back to the day it names, or else to the last passed one.
        ([PASSED, FAILED], DAY, "not to be relied on from 2026-02-02"),
        ([PASSED, replace(FAILED, unreliable_since=AFTER)], DAY, ""),
        ([PASSED, replace(FAILED, unreliable_since=DAY)], DAY, "not to be relied on from"),
        ([PASSED, calibration(2, AFTER), calibration(3, date(2026, 11, 16), "failed")], DAY, ""),
        ([PASSED, calibration(2, DAY), FAILED], DAY, "not to be relied on from 2026-11-02"),
        # Adjusted and passed on the day of the failure: good from the next day on.
        ([PASSED, calibration(2, DAY, "failed"), calibration(3, DAY)], AFTER, ""),
        ([PASSED, calibration(2, DAY, "failed"), calibration(3, DAY)], DAY, "failed its"),
        ([calibration(2, DAY, "failed"), calibration(3, DAY)], DAY, "from the beginning on"),
        ([PASSED, calibration(2, DAY), calibration(3, DAY, "failed")], AFTER, "did not pass"),
        # A shorter calibration that came later governs.
        ([PASSED, calibration(2, BEFORE, valid_until=BEFORE)], DAY, "valid until 2026-11-01"),
    ],
)
def test_a_calibration_counts_for_the_days_it_covers(
    calibrations: list[CalibrationFacts], day: date, shown: str
) -> None:
    for order in (calibrations, calibrations[::-1]):
        why = why_not_calibrated(InstrumentFacts("i", "PR-7", tuple(order)), day)

        assert (shown in why) if shown else why == ""


def test_an_instrument_that_never_passed_was_never_to_be_relied_on() -> None:
    early = calibration(1, date(2026, 11, 1), valid_until=date(2026, 11, 30))
    instrument = replace(INSTRUMENT, calibrations=(early, FAILED))

    assert "from 2026-11-01 on" in why_not_calibrated(instrument, DAY)


def test_the_order_of_the_records_behind_a_run_changes_no_byte() -> None:
    later = replace(CALIBRATION, id="calibration-2", calibrated_on=BEFORE)
    first = with_run(
        STERILITY_RUN, instrument=replace(INSTRUMENT, calibrations=(CALIBRATION, later))
    )
    second = with_run(
        STERILITY_RUN,
        instrument=replace(INSTRUMENT, calibrations=(later, CALIBRATION)),
        media=STERILITY_RUN.media[::-1],
    )

    assert evaluate(first, NOW).to_bytes() == evaluate(second, NOW).to_bytes()
    assert evaluate(first, NOW).outcomes[-1].outcome is Outcome.DECIDED_AT_SIGNING
