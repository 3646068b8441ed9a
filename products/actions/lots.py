"""Actions on lots: registered once, with all that they are made from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from products.actions.base import Context, action, lock_lot
from products.actions.dates import check_day_not_future, today_in
from products.actions.locks import GENEALOGY, lock_shared
from products.actions.lookups import (
    find_lot,
    find_product,
    find_site,
    find_source,
    find_specification,
)
from products.actions.people import person_or_own
from products.actions.records import check_printable, insert_once
from products.actions.signing import sign
from products.domain.errors import InvalidValueError, WrongStatusError
from products.domain.lots import (
    Decision,
    Expiry,
    ReleaseStatus,
    normalise_lot_number,
    parse_expiry,
)
from products.domain.methods import DocumentState
from products.domain.roles import Permission
from products.models import (
    Lot,
    LotParent,
    LotSource,
    Product,
    SpecificationVersion,
    TissueSource,
)


@action("lot.register", permission=Permission.REGISTER)
def register_lot(
    context: Context,
    *,
    number: str,
    product: str,
    made_on: date,
    vials: int,
    sources: Sequence[str],
    specification: int | None = None,
    site: str = "",
    made_by: UUID | None = None,
    expires: str = "",
    parents: Sequence[str] = (),
) -> Lot:
    """Register a lot, in quarantine, under one version of its product's specification.

    ``specification`` None is the latest version in force today; ``site`` empty the only one;
    ``made_by`` a person, None the actor's own; ``expires`` "2026-11-30", "2026-11" or empty while
    unknown; ``sources`` and ``parents`` are numbers. Without a source or an expiry the lot is
    registered, and blocked.

    Raises:
        UnknownReferenceError: a record named here does not exist.
        InvalidValueError: a date in the future, an expiry before the making, no vials, a source
            named twice, a specification version not in force (``specification_not_in_force``) or
            followed by one that is (``specification_superseded``).
        DuplicateError: the lot number was used already, in whatever case.
    """
    lock_shared(GENEALOGY)
    where = find_site(site)
    today = today_in(where.zone, context.at)
    check_day_not_future(made_on, today, "The day the lot was made", "made_on")
    what = find_product(product)
    expiry = _expiry(expires, where.zone, made_on)
    if vials < 1:
        raise InvalidValueError("A lot has at least one vial.", field="vials")
    lot = Lot(
        number=normalise_lot_number(number),
        product=what,
        specification=_in_force(what, specification, today),
        site=where,
        made_on=made_on,
        made_by=person_or_own(context, made_by, "made_by"),
        vials=vials,
        expires_on=expiry.last_day if expiry else None,
        expires_precision=expiry.precision if expiry and expiry.precision else "",
        recorded_by=context.actor,
        decision=Decision.NONE,
        release_status=ReleaseStatus.QUARANTINED,
        next_status=ReleaseStatus.QUARANTINED,
    )
    origins = _sources(sources)
    mothers = _parents(lot, parents)
    _lock_line(mothers)
    insert_once(
        lot,
        Lot.objects.filter(number__iexact=lot.number),
        lambda taken: (
            f"Lot number {lot.number} was used already (as {taken.number}) and is never reused."
        ),
        "number",
    )
    LotSource.objects.bulk_create(LotSource(lot=lot, source=source) for source in origins)
    LotParent.objects.bulk_create(LotParent(lot=lot, parent=mother) for mother in mothers)
    context.touched.add(lot.pk)
    return lot


@action("lot.declare_stability_study", permission=Permission.APPROVE, signed=True)
def declare_stability_study(context: Context, *, lot: str, study: str) -> Lot:
    """Sign that a lot without expiry is under the stability study with that reference.

    Raises:
        UnknownReferenceError: there is no such lot.
        WrongStatusError: the lot has an expiry, or names a study already.
        InvalidValueError: no study.
    """
    found = lock_lot(context, find_lot(lot))
    reference = study.strip()
    check_printable(reference, "The study", "study")
    longest = Lot._meta.get_field("stability_study").max_length  # noqa: SLF001  # documented
    if not reference or len(reference) > (longest or 0):
        raise InvalidValueError(
            f"Name the stability study, in at most {longest} characters.", field="study"
        )
    if found.expires_on is not None or found.stability_study:
        stands = found.stability_study or f"the expiry {found.expires_on}"
        raise WrongStatusError(
            f"Lot {found.number} already has {stands} on record, which a study does not replace."
        )
    found.stability_signature = sign(
        context,
        record_kind="lot",
        record_id=found.pk,
        meaning="No expiry: under stability study",
        zone=found.site.zone,
        content={"lot": found.number, "product": found.product.code, "study": reference},
    )
    found.stability_study = reference
    found.save(update_fields=["stability_study", "stability_signature"])
    return found


def _expiry(text: str, zone: str, made_on: date) -> Expiry | None:
    if not text.strip():
        return None
    try:
        expiry = parse_expiry(text, zone)
    except InvalidValueError as error:
        raise InvalidValueError(error.message, code=error.code, field="expires") from error
    if expiry.last_day is not None and expiry.last_day < made_on:
        raise InvalidValueError(
            f"The lot would expire ({expiry.text}) before it was made ({made_on}).", field="expires"
        )
    return expiry


def _in_force(product: Product, version: int | None, today: date) -> SpecificationVersion:
    """The latest version that is approved and effective on ``today``; ``version`` names it."""
    in_effect = product.specifications.filter(
        state=DocumentState.APPROVED, effective_from__lte=today
    )
    latest = in_effect.order_by("-version").first()
    if version is None:
        if latest is None:
            raise InvalidValueError(
                f"Product {product.code} has no specification version in force on {today}. Quality "
                "approves one that is effective, then the lot is registered.",
                field="specification",
                code="specification_not_in_force",
            )
        return latest
    found = find_specification(product, version)
    name = f"Specification {product.code} version {found.version}"
    if latest is not None and found.version < latest.version:
        raise InvalidValueError(
            f"{name} was superseded: version {latest.version} is in effect since "
            f"{latest.effective_from}. A new lot is made under that one.",
            field="specification",
            code="specification_superseded",
        )
    if found.state != DocumentState.APPROVED:
        why = f"{name} is {found.state}: quality approves it first."
    elif found.effective_from > today:
        why = f"{name} is effective only from {found.effective_from}; today is {today}."
    else:
        return found
    raise InvalidValueError(
        f"{why} Or name a version that is in force.",
        field="specification",
        code="specification_not_in_force",
    )


def _sources(numbers: Sequence[str]) -> list[TissueSource]:
    found = [find_source(number, "sources") for number in numbers]
    _refuse_repeated([source.number for source in found], "Tissue source", "sources")
    return found


def _parents(lot: Lot, numbers: Sequence[str]) -> list[Lot]:
    if any(number.strip().casefold() == lot.number.casefold() for number in numbers):
        raise InvalidValueError(f"Lot {lot.number} is not made from itself.", field="parents")
    found = [find_lot(number, "parents") for number in numbers]
    _refuse_repeated([parent.number for parent in found], "Lot", "parents")
    return found


def _lock_line(parents: list[Lot]) -> None:
    """Whatever is recorded of a lot that this one is made from happens before it, or sees it."""
    line = {parent.pk for parent in parents}
    found = line
    while found:
        links = LotParent.objects.filter(lot__in=found)
        found = set(links.values_list("parent", flat=True)) - line
        line |= found
    list(Lot.objects.select_for_update(no_key=True).filter(pk__in=line).order_by("pk"))


def _refuse_repeated(numbers: list[str], what: str, field: str) -> None:
    for number in numbers:
        if numbers.count(number) > 1:
            raise InvalidValueError(f"{what} {number} is named twice.", field=field)
