"""All that the release of a lot may depend on, as plain data.

Persons are named by the id of the person, never of an account: separation of duties is judged on
people. Every tuple is a set in effect; `normalised` puts them into one order.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from products.domain.canonical import canonical_bytes
from products.domain.criteria import Category, Criterion, LabelClaim, Stage, Verdict
from products.domain.donors import SourceFacts
from products.domain.lots import FAR_FUTURE, Decision, Expiry
from products.domain.results import Purpose, RunState, SupportFacts


@dataclass(frozen=True, slots=True)
class CriterionFacts:
    id: str
    criterion: Criterion


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


@dataclass(frozen=True, slots=True)
class LotFacts:
    """A lot as it stands.

    ``sources`` and ``investigations`` are those of its whole genealogy. ``runs`` are all that were
    not discarded.
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

    @property
    def has_open_hold(self) -> bool:
        return any(not hold.lifted for hold in self.holds)

    @property
    def criteria(self) -> tuple[CriterionFacts, ...]:
        """The criteria of the pinned specification; none without one."""
        return self.specification.criteria if self.specification else ()


def normalised(lot: LotFacts) -> LotFacts:
    """The same facts with every tuple in one fixed order: runs oldest first, the rest by name.

    Criteria keep the order of their document, in which people read them.
    """
    runs = [
        replace(
            run,
            recorder_names=tuple(sorted(run.recorder_names)),
            supports=_in_order(run.supports),
        )
        for run in lot.runs
    ]
    return replace(
        lot,
        sources=_in_order(lot.sources),
        parents=tuple(sorted(lot.parents)),
        runs=tuple(sorted(runs, key=_age)),
        investigations=_in_order(lot.investigations),
        holds=_in_order(lot.holds),
    )


def plain(value: object) -> object:
    """``value`` as canonical bytes take it: dataclasses as mappings, sets as sorted lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return value


Facts = TypeVar("Facts")


def _in_order(items: tuple[Facts, ...]) -> tuple[Facts, ...]:
    return tuple(sorted(items, key=lambda item: canonical_bytes(plain(item))))


def _age(run: RunFacts) -> tuple[datetime, datetime, bytes]:
    return run.first_submitted_at or FAR_FUTURE, run.performed_at, canonical_bytes(plain(run))
