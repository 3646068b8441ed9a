"""Whether a lot may be released, and why not.

Pure functions of plain facts: no database, no clock, no settings. The admin, the API and every
print show exactly what `evaluate` returns, in its order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from products.domain.blocks import BLOCK_CODES, FAIL_CLOSED_CODES, Block, BlockCode, make_block
from products.domain.canonical import canonical_bytes, sha256_hex
from products.domain.criteria import Verdict
from products.domain.donors import (
    DeterminationFacts,
    DeterminationOutcome,
    DonorFacts,
    SourceFacts,
)
from products.domain.facts import (
    CriterionFacts,
    HoldFacts,
    InvestigationFacts,
    LotFacts,
    RunFacts,
    SpecificationFacts,
    plain,
)
from products.domain.lots import FAR_FUTURE, ReleaseStatus, standing
from products.domain.ordering import normalised
from products.domain.profiles import Profile, note_on_profile, profile_in_force
from products.domain.results import Purpose, RunState, SupportFacts, SupportKind
from products.domain.rules import RULES, Rule
from products.domain.selection import Selection, effective_verdict

__all__ = [
    "BLOCK_CODES",
    "FAIL_CLOSED_CODES",
    "RULES",
    "Block",
    "BlockCode",
    "CriterionFacts",
    "DeterminationFacts",
    "DeterminationOutcome",
    "DonorFacts",
    "Evaluation",
    "HoldFacts",
    "InvestigationFacts",
    "Judgement",
    "LotFacts",
    "Outcome",
    "Purpose",
    "Rule",
    "RuleOutcome",
    "RunFacts",
    "RunState",
    "SourceFacts",
    "SpecificationFacts",
    "SupportFacts",
    "SupportKind",
    "evaluate",
    "judge",
    "signer_blocks",
]

_AT_SIGNING = "R26"


class Outcome(StrEnum):
    """``NOT_REQUIRED``: the product's rule profile leaves the rule out; strict leaves none out."""

    MET = "met"
    BROKEN = "broken"
    DECIDED_AT_SIGNING = "decided_at_signing"
    NOT_REQUIRED = "not_required"


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What one rule found. ``evidence`` are the ids of the records it looked at, sorted.

    ``note`` is what a reader has to know beside the outcome: who signed that the rule is not
    required, or why it is met all the same.
    """

    rule: str
    title: str
    outcome: Outcome
    blocks: tuple[Block, ...]
    evidence: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is stored of a lot: the reasons against release, in the order of the rules.

    The status is ``status`` before ``judged_until`` and ``next_status`` from then on, for as long
    as nothing is recorded.
    """

    at: datetime
    blocks: tuple[Block, ...]
    status: ReleaseStatus
    next_status: ReleaseStatus
    judged_until: datetime


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A judgement as it is shown and signed: the outcome of every rule for ``lot`` (its number).

    ``inputs_sha256`` is the hash of the facts; the rest is as of a `Judgement`.
    """

    lot: str
    at: datetime
    outcomes: tuple[RuleOutcome, ...]
    inputs_sha256: str
    status: ReleaseStatus
    next_status: ReleaseStatus
    judged_until: datetime

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every reason against release, in the order of the rules."""
        return tuple(block for outcome in self.outcomes for block in outcome.blocks)

    def as_data(self) -> dict[str, object]:
        data = plain(self)
        assert isinstance(data, dict)
        return data

    def to_bytes(self) -> bytes:
        return canonical_bytes(self)


def judge(lot: LotFacts, now: datetime) -> Judgement:
    """`evaluate` without what only readers need: the reasons and the status are the same."""
    lot = normalised(lot)
    judged_until = _judged_until(lot, now)
    selection, profile = Selection(lot), profile_in_force(lot)
    return Judgement(
        at=now,
        blocks=tuple(
            block
            for rule in RULES
            if rule.id not in profile.left_out
            for block in rule.find(selection, now)
        ),
        status=_standing(lot, now),
        next_status=_standing(lot, judged_until),
        judged_until=judged_until,
    )


def evaluate(lot: LotFacts, now: datetime) -> Evaluation:
    """Every rule applied to ``lot`` at ``now``; the same facts give the same bytes."""
    lot = normalised(lot)
    judged_until = _judged_until(lot, now)
    selection, profile = Selection(lot), profile_in_force(lot)
    return Evaluation(
        lot=lot.number,
        at=now,
        outcomes=tuple(_apply(rule, profile, selection, now) for rule in RULES),
        inputs_sha256=sha256_hex(canonical_bytes(lot)),
        status=_standing(lot, now),
        next_status=_standing(lot, judged_until),
        judged_until=judged_until,
    )


def signer_blocks(lot: LotFacts, signer: str, signer_name: str) -> tuple[Block, ...]:
    """What keeps the person ``signer`` (id) from signing the release of ``lot`` (rule R26).

    A second signature on a run is a review of it. The product's profile may let a reviewer release.
    """
    return tuple(_find_signer_blocks(normalised(lot), signer, signer_name))


def _find_signer_blocks(lot: LotFacts, signer: str, name: str) -> Iterator[Block]:
    runs = (*lot.runs, *Selection(lot).inherited)
    recorded = ", ".join(run.number for run in runs if signer in run.recorders)
    reviewed = ", ".join(
        run.number for run in runs if signer == run.reviewed_by or signer in run.confirmers
    )
    if recorded:
        message = f"{name} recorded data that lot {lot.number} rests on, in {recorded}."
        yield make_block(lot, "signer_recorded", message, f"lot {lot.number}")
    if reviewed and not profile_in_force(lot).reviewer_may_release:
        message = f"{name} reviewed results that lot {lot.number} rests on: {reviewed}."
        yield make_block(lot, "signer_reviewed", message, f"lot {lot.number}")
    if lot.made_by == signer:
        message = f"{name} made lot {lot.number}."
        yield make_block(lot, "signer_made_lot", message, f"lot {lot.number}")


def _apply(rule: Rule, profile: Profile, selection: Selection, now: datetime) -> RuleOutcome:
    if rule.id in profile.left_out:
        note = note_on_profile(selection.lot)
        return RuleOutcome(rule.id, rule.title, Outcome.NOT_REQUIRED, (), (), note)
    blocks = tuple(rule.find(selection, now))
    outcome = Outcome.BROKEN if blocks else Outcome.MET
    if rule.id == _AT_SIGNING:
        outcome = Outcome.DECIDED_AT_SIGNING
    evidence = tuple(sorted({key for key in rule.evidence(selection) if key}))
    return RuleOutcome(rule.id, rule.title, outcome, blocks, evidence, rule.note(selection.lot))


def _standing(lot: LotFacts, at: datetime) -> ReleaseStatus:
    return standing(lot.decision, has_open_hold=lot.has_open_hold, expiry=lot.expiry, now=at)


def _judged_until(lot: LotFacts, now: datetime) -> datetime:
    """The next instant at which time alone changes the answer.

    An end of incubation changes no status. It is passed over when the status still changes after
    it: the one `next_status` has to stay right however late the lot is judged again.
    """
    ends = [lot.expiry.ends_at] if lot.expiry.ends_at else []
    incubations = [
        run.final_at
        for run in lot.runs
        if run.final_at and effective_verdict(run) is Verdict.INTERIM
    ]
    ahead = sorted(instant for instant in (*ends, *incubations) if instant > now)
    last = _standing(lot, FAR_FUTURE)
    return next((instant for instant in ahead if _standing(lot, instant) is last), FAR_FUTURE)
