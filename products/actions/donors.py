"""Actions on donors: a code, and the signed determinations of eligibility."""

from __future__ import annotations

from datetime import date

from products.actions.base import Context, action
from products.actions.checks import check_word
from products.actions.dates import check_day_not_future, today_in
from products.actions.locks import GENEALOGY, lock
from products.actions.lookups import find_donor
from products.actions.records import insert, insert_once
from products.actions.signing import sign
from products.actions.sites import home_zone
from products.domain.donors import OUTCOME_LABELS, DeterminationOutcome
from products.domain.identifiers import check_donor_code
from products.domain.roles import Permission
from products.models import Determination, Donor
from products.queries.facts import lots_from_donor


@action("donor.register", permission=Permission.REGISTER)
def register_donor(context: Context, *, code: str) -> Donor:
    """Register a donor by a code that names nobody.

    Raises:
        InvalidValueError: the code is none, or could name a person (``donor_code_refused``).
        DuplicateError: the code is taken.
    """
    donor = Donor(code=check_donor_code(code), recorded_by=context.actor)
    insert_once(
        donor,
        Donor.objects.filter(code=donor.code),
        lambda taken: f"Donor {taken.code} is registered already.",
        "code",
    )
    return donor


@action("donor.determine", permission=Permission.DETERMINE, signed=True)
def determine_donor(
    context: Context,
    *,
    donor: str,
    outcome: str,
    determined_on: date | None,
    establishment: str,
    summary_of_records: str,
) -> Determination:
    """Sign the next determination of a donor's eligibility (21 CFR 1271.50), in effect at once.

    ``determined_on``, ``establishment`` (who determined it) and ``summary_of_records`` (its
    document number, 21 CFR 1271.55(b)) may be missing, and then block every lot of the donor. All
    of those lots are judged again: one that is released and no longer may be is put on hold.

    Raises:
        UnknownReferenceError: there is no such donor.
        InvalidValueError: an unknown outcome, or a date in the future.
    """
    found = find_donor(donor)
    zone = _zone_of(found)
    if determined_on is not None:
        today = today_in(zone, context.at)
        check_day_not_future(determined_on, today, "The determination", "determined_on")
    finding = check_word(DeterminationOutcome, outcome, "outcome")
    lock(GENEALOGY)
    latest = found.determinations.order_by("-version").first()
    row = Determination(
        donor=found,
        version=latest.version + 1 if latest else 1,
        outcome=finding,
        determined_on=determined_on,
        establishment=establishment.strip(),
        summary_of_records=summary_of_records.strip(),
    )
    row.signature = sign(
        context,
        record_kind="determination",
        record_id=row.pk,
        meaning=f"Donor {OUTCOME_LABELS[finding].lower()}",
        zone=zone,
        content={
            "donor": found.code,
            "version": row.version,
            "outcome": row.outcome,
            "determined_on": row.determined_on,
            "establishment": row.establishment,
            "summary_of_records": row.summary_of_records,
        },
    )
    insert(row)
    context.touched.update(lots_from_donor(found.pk))
    return row


def _zone_of(donor: Donor) -> str:
    """Where the donor's latest donation was recovered, before that the house's."""
    source = donor.sources.order_by("-recovered_at").first()
    return source.recovery_zone if source else home_zone()
