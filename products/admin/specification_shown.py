"""A specification version as pages show it: its state, its criteria, and what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.safestring import SafeString

from products.admin.attachments import signed_by
from products.admin.parts import Table
from products.domain.comparison import SATISFIED_LABELS, ChangeKind, compare
from products.domain.criteria import (
    CATEGORY_LABELS,
    STAGE_LABELS,
    Criterion,
    Rounding,
    check_criterion,
    measured_values_that_fail,
)
from products.domain.methods import DocumentState
from products.models import SpecificationVersion
from products.queries.facts import criterion_of
from products.templatetags.exolot import badge, mark

HEADERS = (
    "Criterion",
    "Category",
    "Stage",
    "Limit",
    "Compared",
    "Method",
    "Result of",
    "Required",
)


def with_successor(rows: QuerySet[SpecificationVersion], today: date) -> QuerySet[Any]:
    """Each with the later version that is approved and in effect on ``today`` as ``successor``."""
    later = SpecificationVersion.objects.filter(
        product=OuterRef("product"),
        version__gt=OuterRef("version"),
        state=DocumentState.APPROVED,
        effective_from__lte=today,
    )
    return rows.annotate(successor=Subquery(later.order_by("-version").values("version")[:1]))


def state_mark(state: str, successor: int | None) -> SafeString:
    if state == DocumentState.APPROVED and successor is not None:
        return badge("retired", "∅", f"Superseded by version {successor}")
    return mark(state)


def criteria_of(record: SpecificationVersion) -> list[Criterion]:
    rows = record.criteria.select_related("method").order_by("position")
    return [criterion_of(row, row.method.code) for row in rows]


def criteria_table(criteria: Sequence[Criterion]) -> Table:
    return Table(
        "Criteria",
        HEADERS,
        [
            (
                f"{item.attribute} ({item.code})",
                CATEGORY_LABELS[item.category],
                STAGE_LABELS[item.stage],
                item.limit_text,
                compared_on(item),
                item.method,
                SATISFIED_LABELS[item.satisfied_by],
                "yes" if item.required else "no",
            )
            for item in criteria
        ],
    )


def compared_on(item: Criterion) -> str:
    if not item.is_numeric:
        return "as words"
    how = "USP" if item.rounding is Rounding.USP else "Ph. Eur."
    way = item.compared_on
    return f"{way.value if way else 'not chosen'}, {how} rounding"


def compared_versions(old: SpecificationVersion, new: SpecificationVersion) -> Mapping[str, object]:
    changes = compare(criteria_of(old), criteria_of(new))
    stated = (
        ("Document", old.document, new.document),
        ("Effective from", str(old.effective_from), str(new.effective_from)),
        ("Why this version", old.change_reason, new.change_reason),
        ("Approved", signed_by(old.approval), signed_by(new.approval)),
    )
    return {
        "old": old,
        "new": new,
        "stated": stated,
        "changes": changes,
        "count": sum(change.kind is not ChangeKind.SAME for change in changes),
    }


def notes_on(criteria: Sequence[Criterion]) -> list[str]:
    """What is still missing, and which measured values a strict limit fails."""
    found = []
    for item in criteria:
        found += [f"Criterion {item.code}: {defect}" for defect in check_criterion(item)]
        if item.is_strict:
            found.append(f"Criterion {item.code}: {measured_values_that_fail(item)}")
    return found
