"""All that the release of a lot may depend on, as plain data.

Persons are named by the id of the person, never of an account: separation of duties is judged on
people. Every tuple is a set in effect; `ordering.normalised` puts them into one order.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime

from products.domain.criteria import Category, Criterion, LabelClaim, Stage, Verdict
from products.domain.donors import SourceFacts
from products.domain.laboratories import ControlsStatement
from products.domain.lots import Decision, Expiry
from products.domain.results import Purpose, RunState, SupportFacts


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """That a person was trained for a method version; ``valid_until`` None has no end."""

    id: str
    trained_on: date
    valid_until: date | None
    document: str
    signed_by: str


@dataclass(frozen=True, slots=True)
class CalibrationFacts:
    """``outcome`` is passed or failed; of a failed one ``unreliable_since`` tells since when the
    instrument is not to be relied on, None when nobody could tell.
    """

    id: str
    calibrated_on: date
    valid_until: date
    outcome: str
    unreliable_since: date | None


@dataclass(frozen=True, slots=True)
class InstrumentFacts:
    id: str
    code: str
    calibrations: tuple[CalibrationFacts, ...]


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """A lot of medium or reagent that a run used; ``recalled`` is the reason, empty if not."""

    id: str
    material: str
    number: str
    expires_on: date
    recalled: str


@dataclass(frozen=True, slots=True)
class LaboratoryFacts:
    """An outside laboratory with its latest qualification; both days count as qualified."""

    id: str
    code: str
    name: str
    qualified_from: date | None
    qualified_until: date | None
    document: str
    signed_by: str


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """The signed report of an outside laboratory; ``evidence`` is the SHA-256 of its file."""

    number: str
    reported_on: date
    signed_by: str
    system: str
    controls: ControlsStatement
    started_on: date | None
    ended_on: date | None
    evidence: str


@dataclass(frozen=True, slots=True)
class PaperFacts:
    """A transcription from paper; ``verified_by`` is a person's id, empty until verified."""

    number: str
    signatory: str
    dated_on: date
    evidence: str
    verified_by: str
    verifier_name: str
    go_live_on: date | None


@dataclass(frozen=True, slots=True)
class SpecificationChangeFacts:
    """A lot bound to another specification version, under quality's signed justification."""

    from_version: int
    to_version: int
    justification: str
    signed_by: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class AncestorFacts:
    """A lot that this one was made from, however far back."""

    number: str
    decision: Decision
    has_open_hold: bool


@dataclass(frozen=True, slots=True)
class CriterionFacts:
    """``family`` is that of the criterion's method; empty when none is stated."""

    id: str
    criterion: Criterion
    family: str = ""


@dataclass(frozen=True, slots=True)
class SpecificationFacts:
    """The specification version that the lot pins."""

    id: str
    product: str
    version: int
    approved_at: datetime | None
    effective_from: date | None
    retired_at: datetime | None
    criteria: tuple[CriterionFacts, ...]
    original_approved_on: date | None = None
    changes: tuple[SpecificationChangeFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One run with its current result, the one of the highest version.

    ``first_submitted_at`` is when its first submission was recorded. ``recorders`` are the persons
    who recorded any of its data. ``result_id`` is None and ``verdict`` pending before the first
    submission. ``final_at`` is the earliest instant at which its incubation can be final.
    ``reviewed_by`` is the person who reviewed exactly this version of the result. ``invalidated``
    says that a signed conclusion of an investigation did so. ``repeats`` is the number of the run
    it repeats, or empty.
    """

    id: str
    number: str
    lot: str
    criterion_id: str | None
    criterion_code: str
    purpose: Purpose
    state: RunState
    sample_number: str
    sample_stage: Stage
    attribute: str
    category: Category
    method: str
    method_version: int
    method_approved_at: datetime | None
    method_retired_at: datetime | None
    incubation_hours: int | None
    performed_at: datetime
    first_submitted_at: datetime | None
    recorders: frozenset[str]
    recorder_names: tuple[str, ...]
    result_id: str | None
    result_version: int
    verdict: Verdict
    raw_text: str
    reported: str
    unit: str
    final: bool
    reason: str
    final_at: datetime | None
    reviewed_by: str | None
    reviewer_name: str
    reviewed_at: datetime | None
    invalidated: bool
    supports: tuple[SupportFacts, ...] = ()
    repeats: str = ""
    formula: str = ""
    details: tuple[tuple[str, str], ...] = ()
    method_media: tuple[str, ...] = ()
    family: str = ""
    performed_by: str = ""
    performed_by_name: str = ""
    pending_amendment: str = ""
    original_verdict: Verdict | None = None
    training: tuple[TrainingFacts, ...] = ()
    instrument: InstrumentFacts | None = None
    media: tuple[MediaFacts, ...] = ()
    laboratory: LaboratoryFacts | None = None
    report: ReportFacts | None = None
    from_paper: bool = False
    paper: PaperFacts | None = None
    compared_with: str = ""
    confirmers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class InvestigationFacts:
    """``kind`` is ``oos`` or ``invalid_assay``; ``outcome`` is empty until it is concluded."""

    id: str
    number: str
    kind: str
    run_number: str
    opened_at: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """``rule`` names the rule that forced the hold; empty when a person placed it."""

    id: str
    reason: str
    rule: str
    placed_by: str
    placed_at: datetime
    lifted: bool
    kind: str = "site"
    reference: str = ""


@dataclass(frozen=True, slots=True)
class LotFacts:
    """A lot as it stands.

    ``sources`` and ``investigations`` are those of its whole genealogy. ``runs`` are all that were
    not discarded. ``inherited`` are those of its ancestors, when a criterion is inherited;
    ``lines`` has of each direct parent its line, itself first and then what is nearer first.
    ``signed_results`` are the runs and results that the releaser signed, but for those of runs
    retracted by then; ``acknowledged`` the results and retractions that quality acknowledged since.
    """

    id: str
    number: str
    product: str
    basis: str
    profile: str
    decision: Decision
    decision_number: int
    made_by: str
    made_by_name: str
    made_on: date
    expiry: Expiry
    zone: str
    sources: tuple[SourceFacts, ...]
    parents: tuple[str, ...]
    specification: SpecificationFacts | None
    runs: tuple[RunFacts, ...]
    investigations: tuple[InvestigationFacts, ...]
    holds: tuple[HoldFacts, ...]
    claim: LabelClaim | None
    inherited: tuple[RunFacts, ...] = ()
    lines: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ancestors: tuple[AncestorFacts, ...] = ()
    profile_signed_by: str = ""
    profile_signed_at: datetime | None = None
    signed_results: tuple[tuple[str, str], ...] | None = None
    acknowledged: frozenset[str] = frozenset()

    @property
    def has_open_hold(self) -> bool:
        return any(not hold.lifted for hold in self.holds)

    @property
    def criteria(self) -> tuple[CriterionFacts, ...]:
        """The criteria of the pinned specification; none without one."""
        return self.specification.criteria if self.specification else ()


def plain(value: object) -> object:
    """``value`` as mappings, lists and what they hold: for showing it, and for storing it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return value
