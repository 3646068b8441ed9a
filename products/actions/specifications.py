"""Actions on specifications: drafted with all their criteria, approved under signature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from products import models
from products.actions.base import Context, action
from products.actions.locks import lock
from products.actions.lookups import find_method, find_product, find_specification
from products.actions.records import check_printable, insert
from products.actions.signing import sign
from products.actions.sites import home_zone
from products.domain.calculations import Formula
from products.domain.criteria import Criterion, check_criterion
from products.domain.errors import DuplicateError, InvalidValueError, WrongStatusError
from products.domain.methods import DocumentState
from products.domain.panels import family_defects
from products.domain.roles import Permission
from products.domain.units import require_unit
from products.models import MethodVersion, SpecificationVersion
from products.queries.facts import criterion_of


@action("specification.draft", permission=Permission.DRAFT)
def draft_specification(
    context: Context,
    *,
    product: str,
    document: str,
    effective_from: date,
    criteria: Sequence[Criterion],
    change_reason: str = "",
) -> SpecificationVersion:
    """Draft the next specification version of a product, its criteria in this order.

    ``change_reason`` says why it follows the version before it; the first version needs none. What
    a draft may still lack (a limit, an approved method) is refused at approval only.

    Raises:
        UnknownReferenceError: there is no such product or method.
        InvalidValueError: a criterion that cannot be kept: no code, an unknown unit, a strict
            limit that does not say what it compares; or no reason for a later version
            (``change_reason_missing``).
        DuplicateError: two criteria have the same code.
    """
    found = find_product(product)
    _refuse_repeated_codes(criteria)
    lock(f"specifications of product {found.pk}")
    latest = found.specifications.order_by("-version").first()
    if latest and not change_reason.strip():
        raise InvalidValueError(
            f"State why product {found.code} gets a specification after version {latest.version}.",
            field="change_reason",
            code="change_reason_missing",
        )
    version = SpecificationVersion(
        product=found,
        version=latest.version + 1 if latest else 1,
        state=DocumentState.DRAFT,
        document=document.strip(),
        effective_from=effective_from,
        change_reason=change_reason.strip(),
        recorded_by=context.actor,
    )
    insert(version)
    for position, criterion in enumerate(criteria, 1):
        try:
            _insert_criterion(version, position, criterion)
        except InvalidValueError as error:
            message = f"Criterion {criterion.code or position}: {error.message}"
            raise InvalidValueError(message, field="criteria", code=error.code) from error
    return version


@action("specification.approve", permission=Permission.APPROVE, signed=True)
def approve_specification(context: Context, *, product: str, version: int) -> SpecificationVersion:
    """Approve a drafted version under signature; from then on it never changes.

    It is in effect from its ``effective_from``, and for lots whose first result comes after it.

    Raises:
        UnknownReferenceError: there is no such product or version.
        WrongStatusError: it is no draft.
        InvalidValueError: what it lacks or contradicts, all of it (``specification_incomplete``).
    """
    found = find_specification(find_product(product), version)
    found = (
        SpecificationVersion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("product")
        .get(pk=found.pk)
    )
    name = f"Specification {found.product.code} version {found.version}"
    if found.state != DocumentState.DRAFT:
        raise WrongStatusError(f"{name} is {found.state}; only a draft is approved.")
    criteria = [
        criterion_of(row, row.method.code)
        for row in found.criteria.select_related("method").order_by("position")
    ]
    if defects := list(_defects(criteria)):
        raise InvalidValueError(
            f"{name} cannot be approved. {' '.join(defects)}",
            field="version",
            code="specification_incomplete",
        )
    signature = sign(
        context,
        record_kind="specification_version",
        record_id=found.pk,
        meaning="Approved",
        zone=home_zone(),
        content={
            "product": found.product.code,
            "version": found.version,
            "document": found.document,
            "effective_from": found.effective_from,
            "change_reason": found.change_reason,
            "criteria": [_shown(criterion) for criterion in criteria],
        },
    )
    found.state = DocumentState.APPROVED
    found.approved_at = signature.signed_at
    found.approval = signature
    found.save(update_fields=["state", "approved_at", "approval"])
    return found


def _refuse_repeated_codes(criteria: Sequence[Criterion]) -> None:
    seen: set[str] = set()
    for criterion in criteria:
        code = criterion.code.strip().casefold()
        if code in seen:
            raise DuplicateError(
                f"Two criteria have the code {criterion.code}. Give each its own.", field="criteria"
            )
        seen.add(code)


def _insert_criterion(version: SpecificationVersion, position: int, criterion: Criterion) -> None:
    if criterion.unit:
        require_unit(criterion.unit)
    if (criterion.lower_strict or criterion.upper_strict) and criterion.compare_on is None:
        raise InvalidValueError(
            "A strict limit (< or >) needs the choice whether rounded or unrounded values count."
        )
    for word in criterion.allowed_words:
        check_printable(word, "Allowed word", "criteria")
    insert(
        models.Criterion(
            specification=version,
            position=position,
            code=criterion.code.strip(),
            attribute=criterion.attribute.strip(),
            category=criterion.category,
            stage=criterion.stage,
            method=find_method(criterion.method, "criteria"),
            kind=criterion.kind,
            lower=criterion.lower,
            upper=criterion.upper,
            lower_strict=criterion.lower_strict,
            upper_strict=criterion.upper_strict,
            unit=criterion.unit,
            rounding=criterion.rounding,
            compare_on=criterion.compare_on or "",
            allowed_words=list(criterion.allowed_words),
            required=criterion.required,
            satisfied_by=criterion.satisfied_by,
        )
    )


def _defects(criteria: Sequence[Criterion]) -> Iterator[str]:
    if not criteria:
        yield "It has no criterion; a specification without criteria would pass every lot."
    approved = {
        version.method.code: version
        for version in MethodVersion.objects.filter(
            state=DocumentState.APPROVED,
            method__code__in={criterion.method for criterion in criteria},
        )
        .select_related("method")
        .order_by("version")
    }
    for criterion in criteria:
        for defect in check_criterion(criterion):
            yield f"Criterion {criterion.code}: {defect}"
        if criterion.method not in approved:
            yield (
                f"Criterion {criterion.code}: method {criterion.method} has no approved version. "
                "Quality approves one first."
            )
    yield from family_defects(
        criteria,
        {code: version.method.family for code, version in approved.items()},
        {code: Formula(version.formula) for code, version in approved.items()},
    )


def _shown(criterion: Criterion) -> dict[str, object]:
    return {
        "code": criterion.code,
        "attribute": criterion.attribute,
        "category": criterion.category,
        "stage": criterion.stage,
        "method": criterion.method,
        "kind": criterion.kind,
        "lower": criterion.lower,
        "upper": criterion.upper,
        "lower_strict": criterion.lower_strict,
        "upper_strict": criterion.upper_strict,
        "unit": criterion.unit,
        "rounding": criterion.rounding,
        "compare_on": criterion.compare_on,
        "allowed_words": criterion.allowed_words,
        "required": criterion.required,
        "satisfied_by": criterion.satisfied_by,
        "limit": criterion.limit_text,
    }
