"""Which rows are of some products: what a token that is bound to them reads, table by table.

A lot is of its product, and so is everything recorded on it. A source or donor is of every product
of a lot that has it in its genealogy. What is of no product, such as methods and people, has no
line here and is not narrowed: whoever asks for it so is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, CharField, F, Func, Model, Q, QuerySet, Value
from django.db.models.sql.compiler import SQLCompiler

from products.domain.errors import ConfigurationError
from products.models import (
    Amendment,
    AuditEntry,
    Determination,
    Disposition,
    Donor,
    Evidence,
    Hold,
    Investigation,
    Leaf,
    Lot,
    Note,
    Product,
    ProfileAssignment,
    Result,
    Review,
    Run,
    Sample,
    Signature,
    SpecificationVersion,
    TissueSource,
    Transcription,
    Verification,
)
from products.queries.lot_signatures import on_lots, one_of

Codes = Sequence[str]
Kind = TypeVar("Kind", bound=Model)
Row = TypeVar("Row")

# Downwards from one source or donor, so that a page stops after a few lots.
USED = """
EXISTS (
    WITH RECURSIVE kept (source) AS (
        SELECT used.id FROM products_tissuesource used WHERE used.{column} = {key}
        UNION
        SELECT bank.id FROM kept JOIN products_tissuesource bank ON bank.made_from_id = kept.source
    ), line (lot) AS (
        SELECT entry.lot_id FROM kept
        JOIN products_lotsource entry ON entry.source_id = kept.source
        UNION
        SELECT link.lot_id FROM line JOIN products_lotparent link ON link.parent_id = line.lot
    )
    SELECT 1 FROM line
    JOIN products_lot lot ON lot.id = line.lot
    JOIN products_product product ON product.id = lot.product_id
    WHERE product.code = ANY({codes}::varchar[])
)
"""


class IsUsed(Func):
    """Whether a lot of one of the products has the source (its key) anywhere in its genealogy."""

    output_field = BooleanField()
    column = "id"

    def __init__(self, key: F | Any, codes: Value | Any) -> None:
        super().__init__(key, codes)

    def as_sql(  # type: ignore[override]  # no template, so none of its options
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, list[Any]]:
        (key, of_key), (codes, of_codes) = (
            compiler.compile(source) for source in self.get_source_expressions()
        )
        return USED.format(column=self.column, key=key, codes=codes), [*of_key, *of_codes]


class HasUsed(IsUsed):
    """The same of any source of the donor (its key)."""

    column = "donor_id"


def of_products(rows: QuerySet[Kind, Row], codes: Codes) -> QuerySet[Kind, Row]:
    """Those of ``rows`` that are of one of the products.

    Raises:
        ConfigurationError: rows of this table are of no product.
    """
    condition = CONDITIONS.get(rows.model)
    if condition is None:
        raise ConfigurationError(
            f"What {rows.model._meta.verbose_name_plural} are of which product is not known."  # noqa: SLF001  # documented
        )
    return rows.filter(condition(codes))


def _by(path: str) -> Callable[[Codes], Q]:
    """``path`` leads to the product."""
    return lambda codes: Q(**{f"{path}__code__in": codes})


def _is_used(path: str, kind: type[IsUsed] = IsUsed) -> Callable[[Codes], Q]:
    def condition(codes: Codes) -> Q:
        stated = Value(list(codes), output_field=ArrayField(CharField(max_length=32)))
        return Q(kind(F(path), stated))

    return condition


def _any(*conditions: Callable[[Codes], Q]) -> Callable[[Codes], Q]:
    return lambda codes: Q(*(one(codes) for one in conditions), _connector=Q.OR)


def _entries(path: str = "") -> Callable[[Codes], Q]:
    """The lot that an entry is written about comes first; a lot that it is made from comes second,
    and is not read by it.
    """
    return lambda codes: Q(**{f"{path}lots__0__in": _lots(codes)})


def _lots(codes: Codes) -> QuerySet[Lot, Any]:
    return Lot.objects.filter(product__code__in=codes).values("pk")


def _signed(codes: Codes) -> Q:
    """On lots, on the products' own specifications and profiles, on eligibility of donors, and on
    what was transcribed from paper of any of these.
    """
    approved = SpecificationVersion.objects.filter(product__code__in=codes, approval__isnull=False)
    assigned = ProfileAssignment.objects.filter(product__code__in=codes)
    determined = Determination.objects.filter(_is_used("donor_id", HasUsed)(codes))
    transcribed = of_products(Transcription.objects.all(), codes)
    compared = Verification.objects.filter(transcription__in=transcribed.values("pk"))
    found = one_of(
        *on_lots(_lots(codes)),
        approved.values("approval"),
        *(rows.values("signature") for rows in (assigned, determined, compared)),
    )
    return Q(pk__in=found)


CONDITIONS: Mapping[type[Model], Callable[[Codes], Q]] = {
    Product: lambda codes: Q(code__in=codes),
    SpecificationVersion: _by("product"),
    Lot: _by("product"),
    Sample: _by("lot__product"),
    Run: _by("lot__product"),
    Result: _by("run__lot__product"),
    Review: _by("lot__product"),
    Disposition: _by("lot__product"),
    Hold: _by("lot__product"),
    Investigation: _by("lot__product"),
    Amendment: _by("lot__product"),
    Note: _by("lot__product"),
    TissueSource: _is_used("id"),
    Donor: _is_used("id", HasUsed),
    Evidence: _any(
        _by("lot__product"),
        _by("run__lot__product"),
        _by("specification__product"),
        _is_used("source_id"),
        _is_used("donor_id", HasUsed),
    ),
    Transcription: _any(
        _by("run__lot__product"),
        _by("specification__product"),
        _is_used("source_id"),
        _is_used("determination__donor_id", HasUsed),
    ),
    Signature: _signed,
    AuditEntry: _entries(),
    Leaf: _entries("entry__"),
}
