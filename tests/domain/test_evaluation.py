"""Evaluations: reproducible to the byte, and right past the instant they were made for."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.canonical import canonical_bytes
from products.domain.criteria import Category, Stage, Verdict
from products.domain.facts import AncestorFacts, plain
from products.domain.lots import FAR_FUTURE, Decision, Expiry, Precision, ReleaseStatus
from products.domain.products import Basis, RuleProfile
from products.domain.release import Evaluation, LotFacts, Outcome, RunFacts, evaluate, judge
from products.domain.results import Purpose, RunState
from tests.domain.facts import (
    AEROBIC,
    ANAEROBIC,
    ENDOTOXIN_RUN,
    GROWTH_PROMOTION,
    HOLD,
    INSTRUMENT,
    INVESTIGATION,
    LABORATORY,
    NEW_YORK,
    NOW,
    PAPER,
    RELEASABLE,
    REPORT,
    SOURCE,
    SPECIFICATION,
    STERILITY_RUN,
    SUITABILITY,
    TRAINING,
    with_run,
)

Facts = TypeVar("Facts")

EXPIRES_AT = datetime(2027, 5, 1, 4, 0, tzinfo=UTC)
SIGNED = (("UC-26-014-S1-R1", "result-1"), ("UC-26-014-S1-R2", "result-2"))
FINAL_AT = datetime(2026, 11, 30, 19, 0, tzinfo=UTC)
INTERIM = with_run(STERILITY_RUN, verdict=Verdict.INTERIM, final=False, final_at=FINAL_AT)

INSTANTS = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2028, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC),
)
PERSONS = st.sampled_from(["person-ada", "person-rob", "person-max", "person-quinn"])
RUNS = st.builds(
    RunFacts,
    id=st.just("run"),
    number=st.just("UC-26-014-S1-R"),
    lot=st.sampled_from(["UC-26-014", "UC-26-013"]),
    criterion_id=st.sampled_from([None, "other", *(item.id for item in SPECIFICATION.criteria)]),
    criterion_code=st.just("code"),
    purpose=st.sampled_from(Purpose),
    state=st.sampled_from(RunState),
    sample_number=st.just("UC-26-014-S1"),
    sample_stage=st.sampled_from(Stage),
    attribute=st.text(max_size=5),
    category=st.sampled_from(Category),
    method=st.sampled_from([item.criterion.method for item in SPECIFICATION.criteria]),
    method_version=st.integers(1, 3),
    method_approved_at=st.none() | INSTANTS,
    method_retired_at=st.none() | INSTANTS,
    incubation_hours=st.none() | st.integers(1, 400),
    performed_at=INSTANTS,
    first_submitted_at=st.none() | INSTANTS,
    recorders=st.frozensets(PERSONS),
    recorder_names=st.just(("Ada Analyst",)),
    result_id=st.none() | st.just("result"),
    result_version=st.integers(1, 3),
    verdict=st.sampled_from(Verdict),
    raw_text=st.text(),
    reported=st.text(),
    unit=st.sampled_from(["%", "[EU]/mL", "{word}", "furlong", ""]),
    final=st.booleans(),
    reason=st.text(),
    final_at=st.none() | INSTANTS,
    reviewed_by=st.none() | PERSONS,
    reviewer_name=st.just("Rob Reviewer"),
    reviewed_at=st.none() | INSTANTS,
    invalidated=st.booleans(),
    supports=st.lists(st.sampled_from([GROWTH_PROMOTION, SUITABILITY])).map(tuple),
    repeats=st.just(""),
    original_verdict=st.none() | st.sampled_from(Verdict),
    pending_amendment=st.sampled_from(["", "AM-UC-26-014-1"]),
    formula=st.sampled_from(["", "value", "endotoxin_kinetic"]),
    method_media=st.sampled_from([(), ("aerobic bottle",)]),
    media=st.lists(st.sampled_from([AEROBIC, ANAEROBIC]), unique=True).map(tuple),
    performed_by=st.just("") | PERSONS,
    training=st.sampled_from([(), (TRAINING,)]),
    instrument=st.none() | st.just(INSTRUMENT),
    laboratory=st.none() | st.just(LABORATORY),
    report=st.none() | st.just(REPORT),
    from_paper=st.booleans(),
    paper=st.none() | st.just(PAPER),
    compared_with=st.sampled_from(["", REPORT.evidence, PAPER.evidence]),
    confirmers=st.frozensets(PERSONS),
)


def each_itself(runs: list[RunFacts], letter: str) -> tuple[RunFacts, ...]:
    """No two runs are one record."""
    return tuple(
        replace(run, id=f"run-{letter}{place}", number=f"UC-26-014-S1-{letter}{place}")
        for place, run in enumerate(runs)
    )


LOTS = st.builds(
    replace,
    st.just(RELEASABLE),
    decision=st.sampled_from(Decision),
    expiry=st.builds(
        Expiry,
        st.none() | st.dates(date(2026, 1, 1), date(2028, 1, 1)),
        st.none() | st.sampled_from(Precision),
        st.sampled_from(["", "SS-12"]),
        st.booleans(),
        st.sampled_from([NEW_YORK, "Asia/Tokyo", "UTC"]),
    ),
    specification=st.sampled_from([None, SPECIFICATION, replace(SPECIFICATION, criteria=())]),
    runs=st.lists(RUNS, max_size=6).map(lambda runs: (*RELEASABLE.runs, *each_itself(runs, "D"))),
    holds=st.sampled_from(
        [(), (HOLD,), (replace(HOLD, lifted=False),), (replace(HOLD, kind="official"),)]
    ),
    inherited=st.lists(RUNS, max_size=2).map(lambda runs: each_itself(runs, "P")),
    profile=st.sampled_from(["strict", "phase_1_ind"]),
    profile_signed_by=st.sampled_from(["", "Quinn Quality"]),
    profile_signed_at=st.none() | st.just(NOW),
    signed_results=st.none() | st.just((("UC-26-014-S1-R1", "result-1"),)),
)


def status_read(evaluation: Evaluation, at: datetime) -> ReleaseStatus:
    """What every surface reads from the stored evaluation, without judging again."""
    before = at < evaluation.judged_until
    return evaluation.status if before else evaluation.next_status


@given(LOTS, INSTANTS)
def test_evaluating_any_lot_twice_gives_the_same_bytes(lot: LotFacts, now: datetime) -> None:
    assert evaluate(lot, now).to_bytes() == evaluate(lot, now).to_bytes()


def test_reasons_follow_the_order_of_the_specification() -> None:
    assert RELEASABLE.specification
    untested = replace(RELEASABLE, runs=())
    turned = replace(
        untested,
        specification=replace(
            RELEASABLE.specification, criteria=RELEASABLE.specification.criteria[::-1]
        ),
    )

    records = [block.record for block in evaluate(untested, NOW).blocks]

    assert len(set(records)) > 1
    assert [block.record for block in evaluate(turned, NOW).blocks] == records[::-1]


@given(LOTS, INSTANTS, st.randoms(use_true_random=False))
def test_the_order_of_the_facts_changes_no_byte(
    lot: LotFacts, now: datetime, random: Random
) -> None:
    def shuffled(items: tuple[Facts, ...]) -> tuple[Facts, ...]:
        return tuple(random.sample(items, len(items)))

    other = replace(
        lot,
        sources=tuple(reversed((SOURCE, replace(SOURCE, id="source-2")))),
        parents=("UC-26-009", "UC-26-008"),
        runs=shuffled(tuple(replace(run, supports=run.supports[::-1]) for run in lot.runs)),
        investigations=(INVESTIGATION, replace(INVESTIGATION, id="investigation-2")),
        holds=lot.holds[::-1],
        signed_results=SIGNED[::-1],
    )
    lot = replace(
        lot,
        signed_results=SIGNED,
        sources=(SOURCE, replace(SOURCE, id="source-2")),
        parents=("UC-26-008", "UC-26-009"),
        investigations=(replace(INVESTIGATION, id="investigation-2"), INVESTIGATION),
    )

    assert evaluate(other, now).to_bytes() == evaluate(lot, now).to_bytes()


@given(LOTS, INSTANTS)
def test_what_is_stored_is_what_an_evaluation_shows(lot: LotFacts, now: datetime) -> None:
    stored, shown = judge(lot, now), evaluate(lot, now)

    assert [getattr(shown, field.name) for field in fields(stored)] == [
        getattr(stored, field.name) for field in fields(stored)
    ]


def test_nothing_is_stored_of_a_rule_that_the_profile_leaves_out() -> None:
    lot = replace(
        with_run(ENDOTOXIN_RUN, training=()),
        basis=Basis.RESEARCH_USE_ONLY,
        profile=RuleProfile.RESEARCH_USE_ONLY,
        profile_signed_by="Quinn Quality",
        profile_signed_at=NOW,
    )

    assert judge(lot, NOW).blocks == ()


@given(LOTS, INSTANTS)
def test_a_failing_run_that_was_not_invalidated_always_blocks(lot: LotFacts, now: datetime) -> None:
    fails = {
        run.number
        for run in lot.runs
        if Verdict.FAIL in {run.verdict, run.original_verdict}
        and not run.invalidated
        and run.state is not RunState.RETRACTED
    }

    named = {block.record.removeprefix("run ") for block in evaluate(lot, now).blocks}

    assert fails <= named


@given(LOTS, INSTANTS, INSTANTS)
def test_the_stored_status_stays_right_however_late_it_is_read(
    lot: LotFacts, now: datetime, later: datetime
) -> None:
    now, later = min(now, later), max(now, later)

    assert status_read(evaluate(lot, now), later) is evaluate(lot, later).status


@given(LOTS, INSTANTS)
def test_no_lot_stands_as_released_without_that_decision(lot: LotFacts, now: datetime) -> None:
    evaluation = evaluate(lot, now)

    released = ReleaseStatus.RELEASED in {evaluation.status, evaluation.next_status}

    assert not released or lot.decision is Decision.RELEASED


RUN_CHANGES: dict[str, object] = {
    "original_verdict": Verdict.PASS,
    "pending_amendment": "AM-1",
    "instrument": replace(INSTRUMENT, calibrations=()),
    "media": (AEROBIC,),
    "training": (),
    "laboratory": LABORATORY,
    "report": REPORT,
    "paper": PAPER,
    "confirmers": frozenset({"person-vera"}),
    "details": (("mean", "0.05"),),
}


@pytest.mark.parametrize("field", list(RUN_CHANGES))
def test_the_hash_of_the_inputs_covers_the_records_behind_a_run(field: str) -> None:
    changed = with_run(ENDOTOXIN_RUN, **{field: RUN_CHANGES[field]})

    assert evaluate(changed, NOW).inputs_sha256 != evaluate(RELEASABLE, NOW).inputs_sha256


@given(LOTS, INSTANTS)
def test_a_lot_as_it_is_and_as_plain_data_has_the_same_bytes(lot: LotFacts, now: datetime) -> None:
    evaluation = evaluate(lot, now)

    assert canonical_bytes(lot) == canonical_bytes(plain(lot))
    assert evaluation.to_bytes() == canonical_bytes(evaluation.as_data())


@given(LOTS, INSTANTS)
def test_a_rule_is_broken_exactly_when_it_has_blocks(lot: LotFacts, now: datetime) -> None:
    for outcome in evaluate(lot, now).outcomes:
        assert bool(outcome.blocks) == (outcome.outcome is Outcome.BROKEN)
        assert {block.rule for block in outcome.blocks} <= {outcome.rule}


@pytest.mark.parametrize("decision", [Decision.NONE, Decision.RELEASED])
def test_past_expiry_the_stored_status_says_expired(decision: Decision) -> None:
    evaluation = evaluate(replace(INTERIM, decision=decision), NOW)

    assert evaluation.judged_until == EXPIRES_AT
    assert status_read(evaluation, EXPIRES_AT - timedelta(seconds=1)) is evaluation.status
    assert status_read(evaluation, EXPIRES_AT + timedelta(seconds=1)) is ReleaseStatus.EXPIRED


def test_an_expired_lot_is_never_due_again() -> None:
    evaluation = evaluate(RELEASABLE, EXPIRES_AT)

    assert evaluation.judged_until == FAR_FUTURE
    assert evaluation.status is evaluation.next_status is ReleaseStatus.EXPIRED


def test_without_expiry_a_lot_is_judged_again_at_the_end_of_its_incubation() -> None:
    unlimited = Expiry(None, None, "SS-12", stability_signed=True, zone=NEW_YORK)

    evaluation = evaluate(replace(INTERIM, expiry=unlimited), NOW)

    assert evaluation.judged_until == FINAL_AT
    assert evaluation.next_status is ReleaseStatus.QUARANTINED


def test_a_final_run_asks_for_no_further_judging() -> None:
    unlimited = Expiry(None, None, "SS-12", stability_signed=True, zone=NEW_YORK)
    lot = replace(with_run(STERILITY_RUN, final_at=FINAL_AT), expiry=unlimited)

    assert evaluate(lot, NOW).judged_until == FAR_FUTURE


def test_a_lot_on_hold_stays_on_hold_past_its_expiry() -> None:
    lot = replace(RELEASABLE, holds=(replace(HOLD, lifted=False),), decision=Decision.RELEASED)

    evaluation = evaluate(lot, NOW)

    assert evaluation.judged_until == EXPIRES_AT
    assert evaluation.next_status is ReleaseStatus.ON_HOLD


CHANGES = {
    "id": "other",
    "number": "UC-26-015",
    "product": "other",
    "basis": "other",
    "profile": "other",
    "decision": Decision.REJECTED,
    "decision_number": 3,
    "made_by": "person-other",
    "made_by_name": "Other",
    "made_on": date(2026, 1, 1),
    "expiry": Expiry(date(2027, 4, 29), Precision.DAY, zone=NEW_YORK),
    "zone": "UTC",
    "sources": (),
    "parents": ("UC-26-001",),
    "specification": replace(SPECIFICATION, version=3),
    "runs": with_run(ENDOTOXIN_RUN, recorders=frozenset({"person-zoe"})).runs,
    "investigations": (),
    "holds": (),
    "claim": None,
    "inherited": (ENDOTOXIN_RUN,),
    "lines": (("UC-26-001", ("UC-26-001",)),),
    "ancestors": (AncestorFacts("UC-26-001", Decision.NONE, has_open_hold=False),),
    "profile_signed_by": "Quinn Quality",
    "profile_signed_at": NOW,
    "signed_results": (),
    "acknowledged": frozenset({"result-1"}),
}


@pytest.mark.parametrize("field", [field.name for field in fields(LotFacts)])
def test_the_hash_of_the_inputs_covers_every_fact(field: str) -> None:
    changed = replace(RELEASABLE, **{field: CHANGES[field]})  # type: ignore[arg-type]  # by name

    assert evaluate(changed, NOW).inputs_sha256 != evaluate(RELEASABLE, NOW).inputs_sha256


def test_the_hash_of_the_inputs_does_not_depend_on_the_instant() -> None:
    later = evaluate(RELEASABLE, NOW + timedelta(days=1))

    assert later.inputs_sha256 == evaluate(RELEASABLE, NOW).inputs_sha256


def test_an_evaluation_as_data_holds_rules_blocks_and_instants() -> None:
    data = json.loads(evaluate(with_run(ENDOTOXIN_RUN, reviewed_by=None), NOW).to_bytes())

    broken = [rule for rule in data["outcomes"] if rule["outcome"] == "broken"]

    assert (data["lot"], data["at"]) == ("UC-26-014", "2026-11-22T15:00:00.000000Z")
    assert data["judged_until"] == "2027-05-01T04:00:00.000000Z"
    assert [rule["rule"] for rule in broken] == ["R16"]
    assert set(broken[0]["blocks"][0]) == {
        "rule",
        "code",
        "message",
        "record",
        "source",
        "clears",
    }
