"""Approved specification and method versions, read once per process.

The database refuses every change of an approved version but its retirement, which is not kept
here: what was read once holds for as long as the process lives. Drafts are read each time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from products import models
from products.domain.criteria import (
    Category,
    CompareOn,
    Criterion,
    LimitKind,
    Rounding,
    SatisfiedBy,
    Stage,
)
from products.domain.facts import CriterionFacts, SpecificationFacts
from products.domain.methods import DocumentState
from products.models import MethodVersion, SpecificationVersion
from products.queries.past import is_past

MOST_KEPT = 5000

Document = TypeVar("Document")


@dataclass(frozen=True, slots=True)
class MethodDocument:
    """What a method version states for as long as it lives; its retirement is not here."""

    code: str
    version: int
    attribute: str
    category: Category
    family: str
    formula: str
    media: tuple[str, ...]
    incubation_hours: int | None
    approved_at: datetime | None


def specifications(ids: Collection[str]) -> Mapping[str, SpecificationFacts]:
    """The versions with their criteria, without what is known of the lot that pins them."""
    return _known(ids, _specifications_kept, _read_specifications)


def methods(ids: Collection[str]) -> Mapping[str, MethodDocument]:
    return _known(ids, _methods_kept, _read_methods)


def forget_documents() -> None:
    """For who measures, or tests, what reading them costs."""
    _specifications_kept.clear()
    _methods_kept.clear()


def criterion_of(row: models.Criterion, method: str) -> Criterion:
    """The criterion as the judgement takes it; ``method`` is the method's code."""
    return Criterion(
        code=row.code,
        attribute=row.attribute,
        category=Category(row.category),
        stage=Stage(row.stage),
        method=method,
        kind=LimitKind(row.kind),
        lower=row.lower,
        upper=row.upper,
        lower_strict=row.lower_strict,
        upper_strict=row.upper_strict,
        unit=row.unit,
        rounding=Rounding(row.rounding),
        compare_on=CompareOn(row.compare_on) if row.compare_on else None,
        allowed_words=tuple(row.allowed_words),
        required=row.required,
        # An image from before there was another way does not say.
        satisfied_by=SatisfiedBy(row.satisfied_by or SatisfiedBy.THIS_LOT),
    )


_specifications_kept: dict[str, SpecificationFacts] = {}
_methods_kept: dict[str, MethodDocument] = {}


def _known(
    ids: Collection[str],
    kept: dict[str, Document],
    read: Callable[[Collection[str]], Mapping[str, tuple[Document, bool]]],
) -> Mapping[str, Document]:
    """``read`` tells of each document whether it can never change.

    What is read of the past may lack what the present judges by, or be a draft still: it is neither
    kept nor taken from what is kept.
    """
    if is_past():
        return {key: document for key, (document, _) in read(ids).items()}
    found = {key: kept[key] for key in ids if key in kept}
    missing = [key for key in ids if key not in found]
    if not missing:
        return found
    fresh = read(missing)
    if len(kept) > MOST_KEPT:
        kept.clear()
    kept |= {key: document for key, (document, is_frozen) in fresh.items() if is_frozen}
    return found | {key: document for key, (document, _) in fresh.items()}


def _read_specifications(
    ids: Collection[str],
) -> Mapping[str, tuple[SpecificationFacts, bool]]:
    criteria: dict[UUID, list[CriterionFacts]] = defaultdict(list)
    keys = [UUID(key) for key in ids]
    rows = models.Criterion.objects.filter(specification__in=keys).select_related("method")
    for row in rows.order_by("position"):
        criteria[row.specification_id].append(
            CriterionFacts(str(row.pk), criterion_of(row, row.method.code), row.method.family)
        )
    return {
        str(version.pk): (
            SpecificationFacts(
                id=str(version.pk),
                product=version.product.code,
                version=version.version,
                approved_at=version.approved_at,
                effective_from=version.effective_from,
                retired_at=None,
                criteria=tuple(criteria[version.pk]),
            ),
            version.state != DocumentState.DRAFT,
        )
        for version in SpecificationVersion.objects.filter(pk__in=ids).select_related("product")
    }


def _read_methods(ids: Collection[str]) -> Mapping[str, tuple[MethodDocument, bool]]:
    return {
        str(version.pk): (
            MethodDocument(
                code=version.method.code,
                version=version.version,
                attribute=version.method.attribute,
                category=Category(version.method.category),
                family=version.method.family,
                formula=version.formula,
                media=tuple(version.media),
                incubation_hours=version.incubation_hours,
                approved_at=version.approved_at,
            ),
            version.state != DocumentState.DRAFT,
        )
        for version in MethodVersion.objects.filter(pk__in=ids).select_related("method")
    }
