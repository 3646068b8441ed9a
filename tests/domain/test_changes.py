"""What changed since a release, in sentences for people."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from products.domain.canonical import canonical_bytes
from products.domain.changes import Change, changes_between
from products.domain.criteria import Stage, Verdict
from products.domain.donors import DeterminationOutcome, DonorFacts
from products.domain.facts import (
    AncestorFacts,
    LotFacts,
    RunFacts,
    SpecificationChangeFacts,
    plain,
)
from products.domain.lots import Decision, Expiry, Precision
from products.domain.results import Purpose, RunState
from tests.domain.facts import (
    AEROBIC,
    DETERMINATION,
    DONOR,
    ENDOTOXIN,
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
    SIZE_RUN,
    SOURCE,
    SPECIFICATION,
    STERILITY_RUN,
    SUITABILITY,
    TRAINING,
    and_run,
    run_for,
    with_run,
)

R1 = "Run UC-26-014-S1-R1"
SET_ASIDE = "The result of run UC-26-014-S1-R1 was {} by the signed conclusion of an investigation."
MEDIA_RECALLED = (
    "Run UC-26-014-S1-R2: media, aerobic bottle lot AB-4471, recalled is contaminated, and was "
    "nothing."
)
NOT_COMPARABLE = (
    "The result of run UC-26-014-S1-R1 was corrected: pass, <0.05 EU/mL became not comparable."
)
JUDGED_AGAIN = (
    "The result of run UC-26-014-S1-R1 was judged again: pass, <0.05 EU/mL became fail, <0.05 "
    "EU/mL."
)
UNDETERMINED = (
    "Donor D-0042 has no determination of eligibility in place of determination 1 (eligible)."
)
LIMIT = (
    "Specification UC-EV version 2: criteria, endotoxin-final, criterion, upper is 0.5, and was "
    "0.25."
)


def stored(lot: LotFacts) -> dict[str, object]:
    """The facts as the database keeps them with the release."""
    facts: dict[str, object] = json.loads(canonical_bytes(lot))
    return facts


def now(lot: LotFacts) -> dict[str, object]:
    facts = plain(lot)
    assert isinstance(facts, dict)
    return facts


def since(lot: LotFacts, before: LotFacts = RELEASABLE) -> tuple[Change, ...]:
    return changes_between(stored(before), now(lot))


def said(lot: LotFacts, before: LotFacts = RELEASABLE) -> list[str]:
    return [change.message for change in since(lot, before)]


def with_specification(**changes: Any) -> LotFacts:
    return replace(RELEASABLE, specification=replace(SPECIFICATION, **changes))


def test_the_same_facts_have_no_changes() -> None:
    assert since(RELEASABLE) == ()


def test_the_order_of_the_facts_is_no_change() -> None:
    turned = replace(RELEASABLE, runs=RELEASABLE.runs[::-1])

    assert since(turned) == ()


def test_what_the_release_itself_writes_is_no_change() -> None:
    released = replace(
        RELEASABLE,
        decision=Decision.RELEASED,
        decision_number=1,
        signed_results=(("UC-26-014-S1-R1", "result-1"),),
        acknowledged=frozenset({"result-1"}),
        holds=(HOLD, replace(HOLD, id="hold-2", lifted=False)),
    )

    assert since(released) == ()


def test_a_key_that_only_one_side_has_is_not_compared() -> None:
    earlier = stored(RELEASABLE)
    runs = earlier["runs"]
    assert isinstance(runs, list)
    del earlier["profile_signed_by"], earlier["inherited"], runs[0]["compared_with"]
    del earlier["investigations"]

    assert changes_between(earlier, now(RELEASABLE)) == ()
    assert changes_between(now(RELEASABLE), earlier) == ()


CASES: list[tuple[str, LotFacts, list[str]]] = [
    (
        "run added",
        and_run(run_for(ENDOTOXIN, 9, reported="<0.05")),
        ["Run UC-26-014-S1-R9 of endotoxin was added: pass, <0.05 EU/mL."],
    ),
    (
        "saved run added",
        and_run(run_for(ENDOTOXIN, 9, result_id=None, state=RunState.SAVED)),
        ["Run UC-26-014-S1-R9 of endotoxin was added: no result."],
    ),
    (
        "run gone",
        replace(RELEASABLE, runs=RELEASABLE.runs[1:]),
        [f"{R1} is not among the records any more."],
    ),
    (
        "result corrected and reviewed",
        with_run(
            ENDOTOXIN_RUN,
            result_id="result-1-v2",
            result_version=2,
            verdict=Verdict.NOT_COMPARABLE,
            reported="",
            raw_text="",
            unit="",
            reviewed_at=NOW,
        ),
        [
            NOT_COMPARABLE,
            "Version 2 of the result of run UC-26-014-S1-R1 was reviewed by Rob Reviewer.",
        ],
    ),
    (
        "judged again",
        with_run(ENDOTOXIN_RUN, verdict=Verdict.FAIL, original_verdict=Verdict.PASS),
        [JUDGED_AGAIN],
    ),
    ("retracted", with_run(ENDOTOXIN_RUN, state=RunState.RETRACTED), [f"{R1} was retracted."]),
    (
        "returned",
        with_run(ENDOTOXIN_RUN, state=RunState.RETURNED),
        [f"{R1} was returned to the analyst."],
    ),
    ("saved", with_run(ENDOTOXIN_RUN, state=RunState.SAVED), [f"{R1} is saved."]),
    (
        "review gone",
        with_run(ENDOTOXIN_RUN, reviewed_by=None, reviewer_name="", reviewed_at=None),
        ["Version 1 of the result of run UC-26-014-S1-R1 is not reviewed."],
    ),
    (
        "recorder",
        with_run(
            ENDOTOXIN_RUN,
            recorders=frozenset({"person-ada", "person-bo"}),
            recorder_names=("Ada Analyst", "Bo"),
        ),
        ["Data of run UC-26-014-S1-R1 were recorded by Ada Analyst, Bo."],
    ),
    (
        "recorder renamed",
        with_run(ENDOTOXIN_RUN, recorder_names=("Ada Other",)),
        ["Data of run UC-26-014-S1-R1 were recorded by Ada Other."],
    ),
    (
        "performed by",
        with_run(ENDOTOXIN_RUN, performed_by="person-bo", performed_by_name="Bo"),
        [f"{R1} was performed by Bo."],
    ),
    (
        "second signature",
        with_run(ENDOTOXIN_RUN, confirmers=frozenset({"person-cleo"})),
        ["An amendment of run UC-26-014-S1-R1 has a second signature."],
    ),
    (
        "amendment waits",
        with_run(ENDOTOXIN_RUN, pending_amendment="AM-UC-26-014-1"),
        ["Amendment AM-UC-26-014-1 waits for its second signature."],
    ),
    (
        "set aside",
        with_run(ENDOTOXIN_RUN, invalidated=True),
        [SET_ASIDE.format("set aside")],
    ),
    (
        "medium recalled",
        with_run(STERILITY_RUN, media=(replace(AEROBIC, recalled="contaminated"),)),
        [
            MEDIA_RECALLED,
            "Run UC-26-014-S1-R2: media, anaerobic bottle lot NB-2206 was removed.",
        ],
    ),
    (
        "laboratory",
        with_run(ENDOTOXIN_RUN, laboratory=LABORATORY),
        [f"{R1}: laboratory is EXT-1, and was nothing."],
    ),
    (
        "report",
        with_run(ENDOTOXIN_RUN, report=REPORT),
        [f"{R1}: report is R-5521, and was nothing."],
    ),
    (
        "document added",
        with_run(STERILITY_RUN, supports=(GROWTH_PROMOTION, SUITABILITY, GROWTH_PROMOTION)),
        ["Run UC-26-014-S1-R2: supports, GP-118 was added."],
    ),
    (
        "training withdrawn",
        with_run(ENDOTOXIN_RUN, training=()),
        [f"{R1}: training, TR-0031 was removed."],
    ),
    (
        "inherited run",
        replace(RELEASABLE, inherited=(replace(SIZE_RUN, number="BANK-1-S1-R1"),)),
        ["Run BANK-1-S1-R1 of mean size was added: report only, 121.4 nm."],
    ),
    (
        "determination",
        replace(
            RELEASABLE,
            sources=(
                replace(
                    SOURCE,
                    donor=DonorFacts(
                        "D-0042",
                        replace(DETERMINATION, version=2, outcome=DeterminationOutcome.INELIGIBLE),
                    ),
                ),
            ),
        ),
        ["Donor D-0042 has determination 2 (ineligible) in place of determination 1 (eligible)."],
    ),
    (
        "investigation opened",
        replace(
            RELEASABLE,
            investigations=(INVESTIGATION, replace(INVESTIGATION, id="i-2", number="INV-0002")),
        ),
        ["Investigation INV-0002 of run UC-26-014-S1-R1 was opened."],
    ),
    (
        "investigation concluded",
        replace(RELEASABLE, investigations=(replace(INVESTIGATION, outcome="recording_error"),)),
        ["Investigation INV-0001 is concluded: recording error."],
    ),
    (
        "investigation open again",
        replace(RELEASABLE, investigations=(replace(INVESTIGATION, outcome=""),)),
        ["Investigation INV-0001 is open again."],
    ),
    (
        "investigation of another kind",
        replace(RELEASABLE, investigations=(replace(INVESTIGATION, kind="deviation"),)),
        ["Investigation INV-0001: kind is deviation, and was oos."],
    ),
    (
        "investigation gone",
        replace(RELEASABLE, investigations=()),
        ["Investigation INV-0001 is not among the records any more."],
    ),
    (
        "another version of the specification",
        with_specification(version=3, id="specification-3", criteria=(ENDOTOXIN,)),
        ["The lot was bound to specification UC-EV version 3; it was bound to version 2."],
    ),
    (
        "a limit",
        with_specification(
            criteria=(
                replace(ENDOTOXIN, criterion=replace(ENDOTOXIN.criterion, upper="0.5")),
                *SPECIFICATION.criteria[1:],
            )
        ),
        [LIMIT],
    ),
    (
        "a signed change",
        with_specification(
            changes=(SpecificationChangeFacts(1, 2, "revised", "Quinn Quality", NOW),)
        ),
        ["Specification UC-EV version 2: changes, the change to version 2 was added."],
    ),
    (
        "no specification",
        replace(RELEASABLE, specification=None),
        ["The lot was taken from its specification."],
    ),
    (
        "profile",
        replace(
            RELEASABLE,
            profile="phase_1_ind",
            profile_signed_by="Quinn Quality",
            profile_signed_at=NOW,
        ),
        ["The rule profile is Phase 1 IND, signed by Quinn Quality; it was strict."],
    ),
    (
        "expiry",
        replace(RELEASABLE, expiry=Expiry(date(2027, 3, 31), Precision.MONTH, zone=NEW_YORK)),
        [
            "Expiry, on is 2027-03-31, and was 2027-04-30.",
            "Expiry, precision is month, and was day.",
        ],
    ),
    (
        "parent",
        replace(
            RELEASABLE,
            parents=("BANK-1",),
            ancestors=(AncestorFacts("BANK-1", Decision.NONE, has_open_hold=False),),
        ),
        ["Ancestor lot BANK-1 is not decided on.", "Parents is BANK-1, and was nothing."],
    ),
    (
        "no determination",
        replace(RELEASABLE, sources=(replace(SOURCE, donor=DonorFacts("D-0042", None)),)),
        [
            UNDETERMINED,
        ],
    ),
    (
        "another donor",
        replace(RELEASABLE, sources=(replace(SOURCE, donor=replace(DONOR, code="D-0043")),)),
        ["Source TS-0042: donor, code is D-0043, and was D-0042."],
    ),
    (
        "source added",
        replace(RELEASABLE, sources=(SOURCE, replace(SOURCE, id="source-2", number="TS-0043"))),
        ["Source TS-0043 was added to the genealogy."],
    ),
    (
        "source gone",
        replace(RELEASABLE, sources=()),
        ["Source TS-0042 was taken from the genealogy."],
    ),
]


@pytest.mark.parametrize(
    ("lot", "expected"), [(lot, words) for _, lot, words in CASES], ids=[name for name, *_ in CASES]
)
def test_a_change_is_said_in_a_sentence(lot: LotFacts, expected: list[str]) -> None:
    assert said(lot) == expected


def test_an_ancestor_that_went_on_hold_is_named() -> None:
    free = AncestorFacts("BANK-1", Decision.RELEASED, has_open_hold=False)
    before = replace(RELEASABLE, ancestors=(free,))

    assert said(replace(before, ancestors=(replace(free, has_open_hold=True),)), before) == [
        "Ancestor lot BANK-1 is released and on hold."
    ]
    assert said(before, before) == []
    assert said(replace(before, ancestors=()), before) == [
        "Ancestor lot BANK-1 is not among the ancestors any more."
    ]


def test_an_amendment_that_waits_no_more_and_a_result_put_back_are_said() -> None:
    before = with_run(ENDOTOXIN_RUN, pending_amendment="AM-UC-26-014-1", invalidated=True)

    assert said(RELEASABLE, before) == [
        "Amendment AM-UC-26-014-1 waits no more.",
        SET_ASIDE.format("put back"),
    ]


def test_a_specification_that_was_bound_is_said() -> None:
    assert said(RELEASABLE, replace(RELEASABLE, specification=None)) == [
        "The lot was bound to its specification."
    ]


def test_a_lot_that_never_had_a_specification_has_no_change_of_it() -> None:
    without = replace(RELEASABLE, specification=None)

    assert said(without, without) == []


def test_a_profile_whose_signature_is_gone_is_said() -> None:
    before = replace(RELEASABLE, profile="phase_1_ind", profile_signed_by="Quinn Quality")

    assert said(RELEASABLE, before) == ["The rule profile is strict; it was Phase 1 IND."]


def test_each_change_names_its_record() -> None:
    lot = replace(
        with_run(ENDOTOXIN_RUN, state=RunState.RETRACTED),
        investigations=(replace(INVESTIGATION, outcome="invalidated"),),
        made_by_name="Other",
    )

    assert [change.record for change in since(lot)] == [
        "run UC-26-014-S1-R1",
        "investigation INV-0001",
        "lot UC-26-014",
    ]


OTHER: dict[str, object] = {
    "id": "other",
    "lot": "UC-26-013",
    "criterion_code": "other",
    "purpose": Purpose.INFORMATION,
    "state": RunState.RETRACTED,
    "sample_number": "S2",
    "sample_stage": Stage.BULK,
    "attribute": "other",
    "category": "purity",
    "method": "LAL-2",
    "method_version": 2,
    "method_approved_at": None,
    "method_retired_at": NOW,
    "incubation_hours": 24,
    "performed_at": NOW,
    "first_submitted_at": NOW,
    "recorders": frozenset({"person-bo"}),
    "recorder_names": ("Bo",),
    "result_id": "other",
    "result_version": 2,
    "verdict": Verdict.FAIL,
    "raw_text": "0.1",
    "reported": "0.1",
    "unit": "[EU]",
    "final": False,
    "reason": "other",
    "final_at": NOW,
    "reviewed_by": "person-bo",
    "reviewer_name": "Bo",
    "reviewed_at": NOW,
    "invalidated": True,
    "supports": (GROWTH_PROMOTION,),
    "repeats": "R0",
    "formula": "value",
    "details": (("a", "b"),),
    "method_media": ("other",),
    "family": "elisa",
    "performed_by": "person-bo",
    "performed_by_name": "Bo",
    "pending_amendment": "AM-1",
    "original_verdict": Verdict.FAIL,
    "training": (replace(TRAINING, trained_on=date(2026, 8, 4)),),
    "instrument": replace(INSTRUMENT, code="PR-8"),
    "media": (AEROBIC,),
    "laboratory": LABORATORY,
    "report": REPORT,
    "from_paper": True,
    "paper": PAPER,
    "compared_with": "c" * 64,
    "confirmers": frozenset({"person-bo"}),
}
TOLD_OTHERWISE = {"number", "criterion_id"}


@pytest.mark.parametrize(
    "field", [field.name for field in fields(RunFacts) if field.name not in TOLD_OTHERWISE]
)
def test_no_change_of_a_run_is_left_out(field: str) -> None:
    (change, *_) = since(with_run(ENDOTOXIN_RUN, **{field: OTHER[field]}))

    assert change.record == "run UC-26-014-S1-R1"
    assert change.message.endswith(".")


def test_a_result_of_another_criterion_is_said_with_the_version_that_has_it() -> None:
    lot = replace(
        with_run(ENDOTOXIN_RUN, criterion_id="criterion-of-3"),
        specification=replace(SPECIFICATION, version=3),
    )

    assert len(said(lot)) == 1


def test_instants_are_compared_and_not_their_spelling() -> None:
    elsewhere = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    before = with_run(ENDOTOXIN_RUN, final_at=elsewhere)
    after = with_run(ENDOTOXIN_RUN, final_at=elsewhere.astimezone())

    assert said(after, before) == []
    assert said(with_run(ENDOTOXIN_RUN, final_at=elsewhere + timedelta(seconds=1)), before) != []
