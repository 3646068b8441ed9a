"""One lot that may be released; a test changes one fact of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from products.domain.criteria import (
    Category,
    CompareOn,
    Criterion,
    LabelClaim,
    LimitKind,
    SatisfiedBy,
    Stage,
    Verdict,
)
from products.domain.donors import (
    DeterminationFacts,
    DeterminationOutcome,
    DonorFacts,
    SourceFacts,
)
from products.domain.facts import (
    AncestorFacts,
    CalibrationFacts,
    InstrumentFacts,
    LaboratoryFacts,
    MediaFacts,
    PaperFacts,
    ReportFacts,
    TrainingFacts,
)
from products.domain.laboratories import ControlsStatement
from products.domain.lots import Decision, Expiry, Precision
from products.domain.release import (
    CriterionFacts,
    HoldFacts,
    InvestigationFacts,
    LotFacts,
    RunFacts,
    SpecificationFacts,
    evaluate,
)
from products.domain.results import Purpose, RunState, SupportFacts, SupportKind

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
NEW_YORK = "America/New_York"

ENDOTOXIN = CriterionFacts(
    "criterion-endotoxin",
    Criterion(
        code="endotoxin-final",
        attribute="endotoxin",
        category=Category.SAFETY,
        stage=Stage.FINAL_CONTAINER,
        method="LAL-1",
        kind=LimitKind.UPPER,
        upper="0.25",
        upper_strict=True,
        unit="[EU]/mL",
        compare_on=CompareOn.ROUNDED,
    ),
)
STERILITY = CriterionFacts(
    "criterion-sterility",
    Criterion(
        code="sterility-final",
        attribute="sterility",
        category=Category.STERILITY,
        stage=Stage.FINAL_CONTAINER,
        method="BACT-1",
        kind=LimitKind.ABSENCE,
        unit="{word}",
    ),
)
VIABILITY = CriterionFacts(
    "criterion-viability",
    Criterion(
        code="viability-cells",
        attribute="viability",
        category=Category.VIABILITY,
        stage=Stage.PARENT_CELLS,
        method="TB-1",
        kind=LimitKind.LOWER,
        lower="90",
        unit="%",
    ),
)
SIZE = CriterionFacts(
    "criterion-size",
    Criterion(
        code="size-final",
        attribute="mean size",
        category=Category.GENERAL,
        stage=Stage.FINAL_CONTAINER,
        method="NTA-1",
        kind=LimitKind.REPORT_ONLY,
        unit="nm",
        required=False,
    ),
)
SPECIFICATION = SpecificationFacts(
    id="specification-2",
    product="UC-EV",
    version=2,
    approved_at=datetime(2026, 9, 1, 14, 0, tzinfo=UTC),
    effective_from=date(2026, 9, 15),
    retired_at=None,
    criteria=(ENDOTOXIN, STERILITY, VIABILITY, SIZE),
)
GROWTH_PROMOTION = SupportFacts(
    SupportKind.GROWTH_PROMOTION, "GP-118", date(2026, 9, 20), "passed", "Mia Media"
)
SUITABILITY = SupportFacts(
    SupportKind.SUITABILITY, "MS-007", date(2026, 5, 4), "passed", "Mia Media"
)
CALIBRATION = CalibrationFacts(
    "calibration-1", date(2026, 2, 2), date(2027, 2, 1), "passed", unreliable_since=None
)
INSTRUMENT = InstrumentFacts("instrument-1", "PR-7", (CALIBRATION,))
TRAINING = TrainingFacts("training-1", date(2026, 8, 3), None, "TR-0031", "Quinn Quality")
AEROBIC = MediaFacts("media-1", "aerobic bottle", "AB-4471", date(2027, 3, 31), "")
ANAEROBIC = MediaFacts("media-2", "anaerobic bottle", "NB-2206", date(2027, 3, 31), "")
LABORATORY = LaboratoryFacts(
    id="laboratory-1",
    code="EXT-1",
    name="Example Micro",
    qualified_from=date(2026, 1, 1),
    qualified_until=date(2026, 12, 31),
    document="QA-114",
    signed_by="Quinn Quality",
)
REPORT = ReportFacts(
    number="R-5521",
    reported_on=date(2026, 11, 18),
    signed_by="Dr. Lee",
    system="plate reader",
    controls=ControlsStatement.ACCEPTABLE,
    started_on=date(2026, 11, 3),
    ended_on=date(2026, 11, 17),
    evidence="a" * 64,
)
PAPER = PaperFacts(
    number="TR-0007",
    signatory="Ada Analyst",
    dated_on=date(2026, 11, 2),
    evidence="b" * 64,
    verified_by="person-vera",
    verifier_name="Vera Verifier",
    go_live_on=date(2026, 11, 10),
)


def run_for(item: CriterionFacts, number: int, **changes: object) -> RunFacts:
    """A reviewed run that satisfies ``item``; ``changes`` are fields of `RunFacts`."""
    criterion = item.criterion
    performed_at = datetime(2026, 11, 2, 15, 0, tzinfo=UTC) + timedelta(hours=number)
    run = RunFacts(
        id=f"run-{number}",
        number=f"UC-26-014-S1-R{number}",
        lot="UC-26-014",
        criterion_id=item.id,
        criterion_code=criterion.code,
        purpose=Purpose.RELEASE,
        state=RunState.SUBMITTED,
        sample_number="UC-26-014-S1",
        sample_stage=criterion.stage,
        attribute=criterion.attribute,
        category=criterion.category,
        method=criterion.method,
        method_version=1,
        method_approved_at=datetime(2026, 8, 1, 12, 0, tzinfo=UTC),
        method_retired_at=None,
        incubation_hours=None,
        performed_at=performed_at,
        first_submitted_at=performed_at + timedelta(hours=2),
        recorders=frozenset({"person-ada"}),
        recorder_names=("Ada Analyst",),
        result_id=f"result-{number}",
        result_version=1,
        verdict=Verdict.PASS,
        raw_text="95.25",
        reported="95",
        unit=criterion.unit,
        final=True,
        reason="95 is within its limit.",
        final_at=None,
        reviewed_by="person-rob",
        reviewer_name="Rob Reviewer",
        reviewed_at=performed_at + timedelta(days=9),
        invalidated=False,
        performed_by="person-ada",
        performed_by_name="Ada Analyst",
        training=(TRAINING,),
        instrument=INSTRUMENT,
    )
    return replace(run, **changes)  # type: ignore[arg-type]  # the caller names the fields


ENDOTOXIN_RUN = run_for(
    ENDOTOXIN, 1, raw_text="<0.05", reported="<0.05", formula="endotoxin_kinetic"
)
STERILITY_RUN = run_for(
    STERILITY,
    2,
    raw_text="no growth",
    reported="no growth",
    incubation_hours=168,
    supports=(GROWTH_PROMOTION, SUITABILITY),
    method_media=("aerobic bottle", "anaerobic bottle"),
    media=(AEROBIC, ANAEROBIC),
)
VIABILITY_RUN = run_for(VIABILITY, 3)
SIZE_RUN = run_for(
    SIZE, 4, raw_text="121.4", reported="121.4", verdict=Verdict.REPORT_ONLY, reason="Reported."
)

DETERMINATION = DeterminationFacts(
    id="determination-1",
    version=1,
    outcome=DeterminationOutcome.ELIGIBLE,
    determined_on=date(2026, 6, 3),
    establishment="Harbor Cord Bank, Boston",
    summary_of_records="SR-2026-0042",
    signed_by="Quinn Quality",
    signed_at=datetime(2026, 6, 3, 18, 0, tzinfo=UTC),
)
DONOR = DonorFacts("D-0042", DETERMINATION)
SOURCE = SourceFacts("source-1", "TS-0042", "umbilical_cord", DONOR, "UC-26-014")
INVESTIGATION = InvestigationFacts(
    id="investigation-1",
    number="INV-0001",
    kind="oos",
    run_number="UC-26-014-S1-R1",
    opened_at=datetime(2026, 11, 3, 15, 0, tzinfo=UTC),
    outcome="confirmed",
)
HOLD = HoldFacts(
    id="hold-1",
    reason="freezer alarm",
    rule="",
    placed_by="Quinn Quality",
    placed_at=datetime(2026, 11, 4, 15, 0, tzinfo=UTC),
    lifted=True,
)

RELEASABLE = LotFacts(
    id="lot-14",
    number="UC-26-014",
    product="UC-EV",
    basis="us_ind",
    profile="strict",
    decision=Decision.NONE,
    decision_number=0,
    made_by="person-max",
    made_by_name="Max Maker",
    made_on=date(2026, 10, 30),
    expiry=Expiry(date(2027, 4, 30), Precision.DAY, zone=NEW_YORK),
    zone=NEW_YORK,
    sources=(SOURCE,),
    parents=(),
    specification=SPECIFICATION,
    runs=(ENDOTOXIN_RUN, STERILITY_RUN, VIABILITY_RUN, SIZE_RUN),
    investigations=(INVESTIGATION,),
    holds=(HOLD,),
    claim=LabelClaim("5E10", "{particles}/{vial}", "1.0"),
)


def with_run(run: RunFacts, **changes: object) -> LotFacts:
    """The releasable lot with ``changes`` made to the one of its runs."""
    changed = replace(run, **changes)  # type: ignore[arg-type]  # the caller names the fields
    others = tuple(other for other in RELEASABLE.runs if other.id != run.id)
    return replace(RELEASABLE, runs=(*others, changed))


def and_run(run: RunFacts) -> LotFacts:
    """The releasable lot with one more run."""
    return replace(RELEASABLE, runs=(*RELEASABLE.runs, run))


OUTSIDE: dict[str, object] = {
    "instrument": None,
    "laboratory": LABORATORY,
    "report": REPORT,
    "compared_with": REPORT.evidence,
    "performed_by": "",
    "performed_by_name": "",
    "training": (),
    "formula": "value",
}
"""What changes in a good run when an outside laboratory made it."""
FROM_PAPER: dict[str, object] = {
    "instrument": None,
    "from_paper": True,
    "paper": PAPER,
    "compared_with": PAPER.evidence,
    "training": (),
}
"""What changes in a good run when it was transcribed from paper."""


def inherited(item: CriterionFacts, *, lines: Mapping[str, tuple[str, ...]]) -> LotFacts:
    """The releasable lot with ``item`` satisfied by its parents, of which each has its line.

    Its own run of the criterion is left out; the caller adds the runs of the ancestors.
    """
    asked = replace(item, criterion=replace(item.criterion, satisfied_by=SatisfiedBy.PARENT))
    criteria = tuple(asked if other == item else other for other in SPECIFICATION.criteria)
    numbers = {number for line in lines.values() for number in line}
    return replace(
        RELEASABLE,
        specification=replace(SPECIFICATION, criteria=criteria),
        runs=tuple(run for run in RELEASABLE.runs if run.criterion_id != item.id),
        parents=tuple(lines),
        lines=tuple(lines.items()),
        ancestors=tuple(AncestorFacts(n, Decision.RELEASED, False) for n in numbers),  # noqa: FBT003
    )


def on_parent(run: RunFacts, lot: str, **changes: object) -> RunFacts:
    """``run`` as made on the ancestor ``lot``, for a criterion of that lot's specification."""
    own = replace(
        run,
        id=f"{run.id}-of-{lot}",
        number=f"{lot}-S1-R1",
        lot=lot,
        criterion_id=f"criterion-of-{lot}",
        result_id=f"{run.result_id}-of-{lot}",
    )
    return replace(own, **changes)  # type: ignore[arg-type]  # the caller names the fields


def codes(lot: LotFacts, now: datetime = NOW) -> list[str]:
    """The codes of everything that blocks ``lot``, in the order of the rules."""
    return [block.code for block in evaluate(lot, now).blocks]
