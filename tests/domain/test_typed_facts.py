"""A fact typed as "yes, all fine" in place of its record satisfies no rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from products.domain.criteria import Stage, Verdict
from products.domain.facts import LotFacts
from products.domain.lots import Decision, Expiry
from products.domain.release import Outcome, evaluate, signer_blocks
from products.domain.rules import RULES
from tests.domain.facts import (
    AEROBIC,
    CALIBRATION,
    DETERMINATION,
    DONOR,
    ENDOTOXIN_RUN,
    FROM_PAPER,
    GROWTH_PROMOTION,
    HOLD,
    INSTRUMENT,
    INVESTIGATION,
    LABORATORY,
    NEW_YORK,
    NOW,
    OUTSIDE,
    PAPER,
    RELEASABLE,
    REPORT,
    SOURCE,
    SPECIFICATION,
    STERILITY_RUN,
    SUITABILITY,
    TRAINING,
    VIABILITY_RUN,
    with_run,
)

FINE: Any = "yes, all fine"


def donor(**changes: object) -> LotFacts:
    determination = replace(DETERMINATION, **changes)  # type: ignore[arg-type]  # fields by name
    return replace(
        RELEASABLE, sources=(replace(SOURCE, donor=replace(DONOR, determination=determination)),)
    )


def specification(**changes: object) -> LotFacts:
    return replace(RELEASABLE, specification=replace(SPECIFICATION, **changes))  # type: ignore[arg-type]  # by name


def outside(**changes: object) -> LotFacts:
    return with_run(ENDOTOXIN_RUN, **{**OUTSIDE, **changes})


TYPED: list[tuple[str, LotFacts]] = [
    ("R09", replace(RELEASABLE, sources=())),
    ("R09", donor(summary_of_records="", establishment=FINE)),
    ("R09", donor(signed_at=None, signed_by=FINE)),
    ("R13", replace(RELEASABLE, parents=(FINE,))),
    ("R01", with_run(ENDOTOXIN_RUN, result_id=None, reported=FINE)),
    ("R01", with_run(ENDOTOXIN_RUN, criterion_id=None, criterion_code=FINE)),
    ("R04", with_run(ENDOTOXIN_RUN, sample_stage=Stage.BULK, sample_number=FINE, reason=FINE)),
    ("R05", with_run(STERILITY_RUN, supports=(SUITABILITY,), raw_text=FINE)),
    (
        "R05",
        with_run(STERILITY_RUN, supports=(SUITABILITY, replace(GROWTH_PROMOTION, outcome=FINE))),
    ),
    ("R07", with_run(ENDOTOXIN_RUN, formula=FINE)),
    ("R07", outside(report=replace(REPORT, controls=FINE))),
    ("R07", outside(report=None)),
    ("R14", with_run(VIABILITY_RUN, instrument=replace(INSTRUMENT, code=FINE, calibrations=()))),
    (
        "R14",
        with_run(
            VIABILITY_RUN,
            instrument=replace(INSTRUMENT, calibrations=(replace(CALIBRATION, outcome=FINE),)),
        ),
    ),
    ("R14", with_run(STERILITY_RUN, media=(AEROBIC, replace(AEROBIC, material=FINE)))),
    ("R15", with_run(VIABILITY_RUN, training=(), performed_by=FINE, performed_by_name=FINE)),
    ("R15", with_run(VIABILITY_RUN, training=(replace(TRAINING, signed_by="", document=FINE),))),
    ("R15", outside(laboratory=replace(LABORATORY, signed_by="", document=FINE))),
    ("R15", outside(laboratory=replace(LABORATORY, qualified_until=None, name=FINE))),
    ("R02", with_run(ENDOTOXIN_RUN, verdict=Verdict.INDETERMINATE, reported=FINE, raw_text=FINE)),
    ("R02", with_run(ENDOTOXIN_RUN, verdict=Verdict.FAIL, reason=FINE)),
    ("R19", replace(RELEASABLE, specification=None, product=FINE)),
    ("R19", specification(approved_at=None, product=FINE)),
    (
        "R03",
        replace(
            with_run(VIABILITY_RUN, verdict=Verdict.FAIL, criterion_id=None),
            investigations=(replace(INVESTIGATION, outcome="invalidated", number=FINE),),
        ),
    ),
    (
        "R03",
        with_run(VIABILITY_RUN, verdict=Verdict.FAIL, criterion_id=None, reason=FINE),
    ),
    ("R16", with_run(VIABILITY_RUN, reviewed_by=None, reviewer_name=FINE, reviewed_at=NOW)),
    ("R16", outside(compared_with=FINE)),
    ("R16", with_run(VIABILITY_RUN, **{**FROM_PAPER, "compared_with": FINE})),
    ("R16", with_run(VIABILITY_RUN, **{**FROM_PAPER, "paper": None, "compared_with": FINE})),
    (
        "R16",
        with_run(
            VIABILITY_RUN,
            **{**FROM_PAPER, "paper": replace(PAPER, verified_by="", verifier_name=FINE)},
        ),
    ),
    ("R20", replace(RELEASABLE, expiry=Expiry(None, None, FINE, zone=NEW_YORK))),
    ("R18", replace(RELEASABLE, investigations=(replace(INVESTIGATION, outcome=FINE),))),
    ("HOLD", replace(RELEASABLE, holds=(replace(HOLD, lifted=False, reason=FINE),))),
    ("HOLD", replace(RELEASABLE, holds=(replace(HOLD, lifted=False, kind=FINE),))),
    (
        "R25",
        replace(
            RELEASABLE,
            holds=(replace(HOLD, lifted=False, kind="official", reference=FINE, reason=FINE),),
        ),
    ),
    (
        "R25",
        replace(
            RELEASABLE,
            holds=(replace(HOLD, lifted=False, kind="official"),),
            profile=FINE,
            profile_signed_by=FINE,
            profile_signed_at=NOW,
        ),
    ),
    (
        "R29",
        replace(
            RELEASABLE,
            decision=Decision.RELEASED,
            signed_results=((ENDOTOXIN_RUN.number, "result-0"),),
            acknowledged=frozenset({FINE}),
        ),
    ),
]


@pytest.mark.parametrize(("rule", "lot"), TYPED)
def test_a_typed_fact_satisfies_no_rule(rule: str, lot: LotFacts) -> None:
    broken = {
        found.rule for found in evaluate(lot, NOW).outcomes if found.outcome is Outcome.BROKEN
    }

    assert rule in broken


def test_a_typed_name_makes_no_signer_independent() -> None:
    assert signer_blocks(RELEASABLE, "person-ada", FINE) != ()


def test_every_rule_is_tried() -> None:
    assert {rule for rule, _ in TYPED} | {"R26"} == {rule.id for rule in RULES}


def test_the_lot_that_the_facts_are_taken_from_meets_every_rule() -> None:
    assert evaluate(RELEASABLE, NOW).blocks == ()
