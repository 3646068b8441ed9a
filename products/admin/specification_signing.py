"""The page that approves a specification version: every criterion, and how it differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from products.actions.specifications import approve_specification
from products.admin.confirming import ConfirmingForm, Item
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.specification_shown import compared_on, criteria_of, notes_on
from products.domain.comparison import SATISFIED_LABELS, ChangeKind, CriterionChange, compare
from products.domain.criteria import CATEGORY_LABELS, STAGE_LABELS, Criterion
from products.domain.methods import DocumentState
from products.models import SpecificationVersion


def approving(record: SpecificationVersion, back: str, crumbs: tuple[Crumb, ...]) -> ActionPage:
    def perform(context: Any, typed: dict[str, Any]) -> Done:
        approve_specification(context, product=record.product.code, version=record.version)
        return Done(back, f"Specification {record} is approved.")

    criteria = criteria_of(record)
    return ActionPage(
        action="specification.approve",
        title=f"Approve specification {record}",
        form_class=ConfirmingForm,
        perform=perform,
        submit="Sign and approve",
        meaning="Approved",
        intro="An approved version never changes.",
        template="admin/exolot/sign_records.html",
        back=back,
        arguments={"items": [*items_of_specification(record, criteria)]},
        shown=lambda: {"notes": notes_on(criteria)},
        crumbs=crumbs,
        is_wide=True,
    )


def items_of_specification(
    record: SpecificationVersion, criteria: list[Criterion]
) -> Iterator[Item]:
    """The document, each criterion, and each that the version before has and this one has not."""
    before = (
        SpecificationVersion.objects.filter(
            product=record.product_id, version__lt=record.version, state=DocumentState.APPROVED
        )
        .order_by("-version")
        .first()
    )
    yield Item("the document", _document(record, before))
    known = {one.code: one for one in criteria}
    since = "" if before is None else f"since version {before.version}"
    for change in compare(criteria_of(before) if before else [], criteria):
        yield _item(change, known.get(change.code), since)


def items_of_differences(
    before: list[Criterion], after: list[Criterion], since: str
) -> Iterator[Item]:
    """The criteria that are not the same in both versions; ``since``: ``against version 1``."""
    known = {one.code: one for one in after}
    for change in compare(before, after):
        if change.kind is not ChangeKind.SAME:
            yield _item(change, known.get(change.code), since)


def _item(change: CriterionChange, criterion: Criterion | None, since: str) -> Item:
    if criterion is None:
        told = f"This version asks for it no longer. {change.effect}".strip()
        return Item(f"{change.code}, removed", told, flag=f"Removed {since}")
    label, told = f"{criterion.attribute} ({criterion.code})", _stated(criterion)
    if not since or change.kind is ChangeKind.SAME:
        return Item(label, told)
    if change.kind is ChangeKind.ADDED:
        return Item(label, f"{told}. {change.effect}".strip(), flag=f"Added {since}")
    return Item(
        label,
        f"{told}. {change.effect}".strip(),
        flag=f"Changed {since}",
        changes=change.fields,
    )


def _stated(item: Criterion) -> str:
    return "; ".join(
        (
            item.limit_text,
            f"compared {compared_on(item)}",
            CATEGORY_LABELS[item.category],
            STAGE_LABELS[item.stage],
            f"method {item.method}",
            f"result of {SATISFIED_LABELS[item.satisfied_by]}",
            "required" if item.required else "not required",
        )
    )


def _document(record: SpecificationVersion, before: SpecificationVersion | None) -> str:
    what = f"it follows version {before.version}" if before else "it was drafted"
    why = f" Why {what}: {record.change_reason}." if record.change_reason else ""
    return f"{record.document}, effective from {record.effective_from}.{why}"
