"""Actions on tissue sources."""

from __future__ import annotations

from datetime import datetime

from products.actions.base import Context, action
from products.actions.checks import check_not_future, check_word, check_zone
from products.actions.lookups import find_donor, find_source
from products.actions.records import insert_once
from products.domain.errors import InvalidValueError
from products.domain.roles import Permission
from products.domain.sources import SourceForm, TissueKind
from products.models import Donor, TissueSource


@action("source.register", permission=Permission.REGISTER)
def register_source(
    context: Context,
    *,
    number: str,
    donor: str,
    kind: str,
    recovered_at: datetime,
    recovery_zone: str,
    form: str = "tissue",
    made_from: str = "",
) -> TissueSource:
    """Register one donation, or a cell bank ``made_from`` one (a number) of the same donor.

    Raises:
        UnknownReferenceError: there is no such donor or source.
        InvalidValueError: an unknown kind or zone, a recovery in the future, or a bank that does
            not name the tissue of its own donor.
        DuplicateError: the number was used already.
    """
    found = find_donor(donor)
    check_zone(recovery_zone, "recovery_zone")
    check_not_future(recovered_at, context.at, "The recovery", recovery_zone, "recovered_at")
    what = check_word(SourceForm, form, "form")
    source = TissueSource(
        number=number.strip(),
        donor=found,
        kind=check_word(TissueKind, kind, "kind"),
        form=what,
        made_from=_origin(found, what, made_from),
        recovered_at=recovered_at,
        recovery_zone=recovery_zone,
        recorded_by=context.actor,
    )
    insert_once(
        source,
        TissueSource.objects.filter(number__iexact=source.number),
        lambda taken: (
            f"Tissue source number {source.number} was used already (as {taken.number}) and is "
            "never reused."
        ),
        "number",
    )
    return source


def _origin(donor: Donor, form: SourceForm, made_from: str) -> TissueSource | None:
    if form is SourceForm.TISSUE:
        if made_from.strip():
            raise InvalidValueError(
                "Only a cell bank is made from another source; tissue comes from the donor.",
                field="made_from",
            )
        return None
    if not made_from.strip():
        raise InvalidValueError(
            "A cell bank names the source that it was made from.", field="made_from"
        )
    origin = find_source(made_from, "made_from")
    if origin.donor_id != donor.pk:
        raise InvalidValueError(
            f"Tissue source {origin.number} is of donor {origin.donor.code}, not of {donor.code}. "
            "A bank is of the donor whose tissue it was made from.",
            field="made_from",
        )
    return origin
