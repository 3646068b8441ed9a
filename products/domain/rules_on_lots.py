"""Rules on the lot itself: donors, parents, specification, time, what is open on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from products.domain.blocks import Block, make_block, sentence
from products.domain.donors import DeterminationOutcome, DonorFacts
from products.domain.facts import (
    LotFacts,
    RunFacts,
    SpecificationChangeFacts,
    SpecificationFacts,
)
from products.domain.holds import HoldKind
from products.domain.investigations import InvestigationOutcome
from products.domain.lots import TERMINAL, local_text, zone_named
from products.domain.profiles import profile_in_force
from products.domain.results import RunState
from products.domain.selection import Selection


def block_donors(selection: Selection, now: datetime) -> Iterator[Block]:
    """21 CFR 1271.45(c): every donor of the genealogy, the worst governs."""
    lot = selection.lot
    if not lot.sources:
        message = f"Lot {lot.number} has no tissue source, so its donor is unknown."
        yield make_block(lot, "source_missing", message, f"lot {lot.number}")
    numbers: dict[DonorFacts, list[str]] = {}
    for source in lot.sources:
        entered = "" if source.lot == lot.number else f" of lot {source.lot}"
        numbers.setdefault(source.donor, []).append(f"{source.number}{entered}")
    for donor, sources in sorted(numbers.items(), key=lambda pair: pair[0].code):
        yield from _block_donor(lot, donor, ", ".join(sorted(sources)))


def _block_donor(lot: LotFacts, donor: DonorFacts, sources: str) -> Iterator[Block]:
    record, which = f"donor {donor.code}", f"Donor {donor.code} (source {sources})"
    determination = donor.determination
    if determination is None:
        message = f"{which} has no determination of eligibility."
        yield make_block(lot, "donor_undetermined", message, record)
        return
    if determination.outcome is DeterminationOutcome.INELIGIBLE:
        message = f"{which} was determined ineligible (determination {determination.version})."
        yield make_block(lot, "donor_ineligible", message, record)
        return
    missing = determination.missing_parts
    if determination.outcome is DeterminationOutcome.INCOMPLETE:
        missing = ("a decision: its outcome is incomplete", *missing)
    if missing:
        message = (
            f"{which}: determination {determination.version} cannot be relied on. "
            f"It lacks {'; '.join(missing)}."
        )
        yield make_block(lot, "determination_incomplete", message, record)


def block_parents(selection: Selection, now: datetime) -> Iterator[Block]:
    """What a lot was made from, however far back, is neither refused nor on hold."""
    lot = selection.lot
    known = {ancestor.number for ancestor in lot.ancestors}
    for number in lot.parents:
        if number not in known:
            message = f"Lot {number}, from which lot {lot.number} was made, has no known standing."
            yield make_block(lot, "parent_not_usable", message, f"lot {number}")
    for ancestor in lot.ancestors:
        why = "on hold" if ancestor.has_open_hold else ""
        if ancestor.decision in TERMINAL:
            why = ancestor.decision.value
        if why:
            message = f"Lot {ancestor.number}, from which lot {lot.number} was made, is {why}."
            yield make_block(lot, "parent_not_usable", message, f"lot {ancestor.number}")


def block_specification(selection: Selection, now: datetime) -> Iterator[Block]:
    """The pinned version was approved and in effect before the first result was submitted.

    Or quality bound the lot to it later under a signed justification, when it was in effect.
    """
    lot, specification = selection.lot, selection.lot.specification
    if specification is None:
        message = f"Lot {lot.number} is bound to no specification version."
        yield make_block(lot, "specification_not_in_force", message, f"lot {lot.number}")
        return
    which = f"{specification.product} version {specification.version}"
    record, name = f"specification {which}", f"Specification {which}"
    submitted = [run.first_submitted_at for run in lot.runs if run.first_submitted_at]
    change = justified_change(lot)
    needed = change.signed_at if change else min(submitted, default=now)
    approved = _approved_at(lot, specification)
    if approved is None:
        message = f"{name} was never approved."
        yield make_block(lot, "specification_not_in_force", message, record)
    elif approved > needed and (submitted or change):
        before = f"the first result of lot {lot.number} on {local_text(needed, lot.zone)}"
        if change:
            before = f"lot {lot.number} was bound to it on {local_text(needed, lot.zone)}"
        message = f"{name} was approved on {local_text(approved, lot.zone)}, after {before}."
        yield make_block(lot, "specification_after_data", message, record)
    needed_on = needed.astimezone(zone_named(lot.zone)).date()
    if specification.effective_from is None:
        message = f"{name} has no date from which it is in effect."
        yield make_block(lot, "specification_not_in_force", message, record)
    elif specification.effective_from > needed_on:
        message = f"{name} is in effect only from {specification.effective_from} ({lot.zone})."
        yield make_block(lot, "specification_not_in_force", message, record)


def justified_change(lot: LotFacts) -> SpecificationChangeFacts | None:
    """The latest signed change that bound the lot to its version, with a justification."""
    if lot.specification is None:
        return None
    changes = [
        change
        for change in lot.specification.changes
        if change.to_version == lot.specification.version
        and change.justification.strip()
        and change.signed_by.strip()
    ]
    return max(changes, key=lambda change: change.signed_at, default=None)


def note_on_specification(lot: LotFacts) -> str:
    """What a reader has to know of a version that was bound after the first results."""
    change = justified_change(lot)
    if change is None:
        return ""
    return (
        f"Changed after data from version {change.from_version} to {change.to_version}, justified "
        f"by {change.signed_by} on {local_text(change.signed_at, lot.zone)}: "
        f"{sentence(change.justification)}"
    )


def _approved_at(lot: LotFacts, specification: SpecificationFacts) -> datetime | None:
    """A version transcribed from paper was approved on the day its original says."""
    approved, original = specification.approved_at, specification.original_approved_on
    if approved is None or original is None:
        return approved
    return min(approved, datetime.combine(original, time(), tzinfo=zone_named(lot.zone)))


def block_expiry(selection: Selection, now: datetime) -> Iterator[Block]:
    """The whole last day of use, in the site's zone, still counts."""
    lot = selection.lot
    record, ends_at = f"lot {lot.number}", lot.expiry.ends_at
    if not lot.expiry.is_known:
        study = lot.expiry.stability_study
        unsigned = f", and stability study {study} in its place is not signed" if study else ""
        message = f"Lot {lot.number} has no expiry on record{unsigned}."
        yield make_block(lot, "expiry_unknown", message, record)
    if ends_at is not None and now >= ends_at:
        message = f"Lot {lot.number} expired: its last day of use was {lot.expiry.text}."
        yield make_block(lot, "expired", message, record)


def block_open_investigations(selection: Selection, now: datetime) -> Iterator[Block]:
    """21 CFR 211.192: a discrepancy is investigated before the lot is released."""
    lot = selection.lot
    for investigation in lot.investigations:
        if investigation.outcome not in set(InvestigationOutcome):
            message = (
                f"Investigation {investigation.number} of run {investigation.run_number}, opened "
                f"on {local_text(investigation.opened_at, lot.zone)}, is not concluded."
            )
            record = f"investigation {investigation.number}"
            yield make_block(lot, "investigation_open", message, record)


def block_open_holds(selection: Selection, now: datetime) -> Iterator[Block]:
    """Official holds too where the profile leaves out their own rule: a hold placed is a hold."""
    lot = selection.lot
    official = "R25" in profile_in_force(lot).left_out
    for hold in lot.holds:
        if not hold.lifted and (official or hold.kind != HoldKind.OFFICIAL):
            by = f"by rule {hold.rule}" if hold.rule else f"by {hold.placed_by}"
            placed = local_text(hold.placed_at, lot.zone)
            message = (
                f"Lot {lot.number} was put on hold {by} on {placed}. {sentence(hold.reason)}"
            ).rstrip()
            yield make_block(lot, "hold_open", message, f"lot {lot.number}")


def block_official_holds(selection: Selection, now: datetime) -> Iterator[Block]:
    """21 CFR 610.2: an authority may ask for samples or protocols before a lot moves."""
    lot = selection.lot
    for hold in lot.holds:
        if not hold.lifted and hold.kind == HoldKind.OFFICIAL:
            placed = local_text(hold.placed_at, lot.zone)
            reference = f" ({hold.reference})" if hold.reference else ""
            message = (
                f"Lot {lot.number} is held for an authority{reference} since {placed}. "
                f"{sentence(hold.reason)}"
            ).rstrip()
            yield make_block(lot, "official_hold_open", message, f"lot {lot.number}")


def changed_results(lot: LotFacts) -> Iterator[tuple[str, RunFacts | None]]:
    """The runs whose signed result is not the current one and whose change nobody acknowledged.

    Each with its facts of today, None when it is not among the records any more. The first result
    of a run that had none when the lot was released corrects nothing that was signed.
    """
    runs = {run.number: run for run in (*lot.inherited, *lot.runs)}
    for number, signed in lot.signed_results or ():
        if not signed:
            continue
        run = runs.get(number)
        if run is not None and acknowledged_as(run) == signed:
            continue
        if run is None or acknowledged_as(run) not in lot.acknowledged:
            yield number, run


def acknowledged_as(run: RunFacts) -> str | None:
    """What an acknowledgement names a run by: its result, or that it was retracted.

    Who acknowledged a run while it stood has not seen it retracted.
    """
    return f"retracted {run.number}" if run.state is RunState.RETRACTED else run.result_id


def block_changes(selection: Selection, now: datetime) -> Iterator[Block]:
    """21 CFR 211.192: what the releaser signed and somebody then corrected is looked at again."""
    lot = selection.lot
    for number, run in changed_results(lot):
        what = "is not among the records any more"
        if run is not None:
            what = f"has version {run.result_version} of its result"
            if run.state is RunState.RETRACTED:
                what = "was retracted"
        message = f"Run {number} {what} since lot {lot.number} was released on what it said before."
        yield make_block(lot, "changed_after_release", message, f"run {number}")


def decided_at_signing(selection: Selection, now: datetime) -> Iterator[Block]:
    """Independence depends on who signs; see `products.domain.release.signer_blocks`."""
    return iter(())
