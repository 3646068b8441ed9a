"""Rules on the lot itself: its donors, its specification, its time, what is open on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from products.domain.blocks import Block, make_block, sentence
from products.domain.donors import DeterminationOutcome, DonorFacts
from products.domain.facts import LotFacts
from products.domain.investigations import InvestigationOutcome
from products.domain.lots import local_text, zone_named


def block_donors(lot: LotFacts, now: datetime) -> Iterator[Block]:
    """21 CFR 1271.45(c): every donor of the genealogy, the worst governs."""
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


def block_specification(lot: LotFacts, now: datetime) -> Iterator[Block]:
    """The pinned version was approved and in effect before the first result was submitted."""
    specification = lot.specification
    if specification is None:
        message = f"Lot {lot.number} is bound to no specification version."
        yield make_block(lot, "specification_not_in_force", message, f"lot {lot.number}")
        return
    which = f"{specification.product} version {specification.version}"
    record, name = f"specification {which}", f"Specification {which}"
    submitted = [run.first_submitted_at for run in lot.runs if run.first_submitted_at]
    first_day = min(submitted, default=now).astimezone(zone_named(lot.zone)).date()
    if specification.approved_at is None:
        message = f"{name} was never approved."
        yield make_block(lot, "specification_not_in_force", message, record)
    elif submitted and specification.approved_at > min(submitted):
        message = (
            f"{name} was approved on {local_text(specification.approved_at, lot.zone)}, after the "
            f"first result of lot {lot.number} on {local_text(min(submitted), lot.zone)}."
        )
        yield make_block(lot, "specification_after_data", message, record)
    if specification.effective_from is None:
        message = f"{name} has no date from which it is in effect."
        yield make_block(lot, "specification_not_in_force", message, record)
    elif specification.effective_from > first_day:
        message = f"{name} is in effect only from {specification.effective_from} ({lot.zone})."
        yield make_block(lot, "specification_not_in_force", message, record)


def block_expiry(lot: LotFacts, now: datetime) -> Iterator[Block]:
    """The whole last day of use, in the site's zone, still counts."""
    record, ends_at = f"lot {lot.number}", lot.expiry.ends_at
    if not lot.expiry.is_known:
        study = lot.expiry.stability_study
        unsigned = f", and stability study {study} in its place is not signed" if study else ""
        message = f"Lot {lot.number} has no expiry on record{unsigned}."
        yield make_block(lot, "expiry_unknown", message, record)
    if ends_at is not None and now >= ends_at:
        message = f"Lot {lot.number} expired: its last day of use was {lot.expiry.text}."
        yield make_block(lot, "expired", message, record)


def block_open_investigations(lot: LotFacts, now: datetime) -> Iterator[Block]:
    """21 CFR 211.192: a discrepancy is investigated before the lot is released."""
    for investigation in lot.investigations:
        if investigation.outcome not in set(InvestigationOutcome):
            message = (
                f"Investigation {investigation.number} of run {investigation.run_number}, opened "
                f"on {local_text(investigation.opened_at, lot.zone)}, is not concluded."
            )
            record = f"investigation {investigation.number}"
            yield make_block(lot, "investigation_open", message, record)


def block_open_holds(lot: LotFacts, now: datetime) -> Iterator[Block]:
    for hold in lot.holds:
        if not hold.lifted:
            by = f"by rule {hold.rule}" if hold.rule else f"by {hold.placed_by}"
            placed = local_text(hold.placed_at, lot.zone)
            message = (
                f"Lot {lot.number} was put on hold {by} on {placed}. {sentence(hold.reason)}"
            ).rstrip()
            yield make_block(lot, "hold_open", message, f"lot {lot.number}")


def decided_at_signing(lot: LotFacts, now: datetime) -> Iterator[Block]:
    """Independence depends on who signs; see `products.domain.release.signer_blocks`."""
    return iter(())
