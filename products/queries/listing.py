"""Lots as rows for lists: a fixed number of queries, however many lots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, F, QuerySet, TextField, Value, When
from django.db.models.functions import Coalesce

from products.domain.errors import NotFoundError
from products.domain.lots import Expiry, Precision, ReleaseStatus
from products.domain.products import basis_text
from products.models import Lot
from products.queries.kinds import HasKinds
from products.queries.lot_rows import day, rows_of
from products.queries.lots import STATUS_AT, lots_at

CALLED = {
    "number": "lot",
    "samples": "sample",
    "runs": "run",
    "investigations": "investigation",
    "amendments": "amendment",
}

# Of each lot one list, as `_row` takes it apart.
ROWS = f"""
WITH RECURSIVE line (lot, ancestor) AS (
    SELECT id, id FROM products_lot WHERE id = ANY(%(lots)s::uuid[])
    UNION
    SELECT line.lot, link.parent_id FROM line
    JOIN products_lotparent link ON link.lot_id = line.ancestor
),
tissue (lot, kinds) AS (
    SELECT lot, json_agg(kind ORDER BY kind) FROM (
        SELECT DISTINCT line.lot, source.kind FROM line
        JOIN products_lotsource entry ON entry.lot_id = line.ancestor
        JOIN products_tissuesource source ON source.id = entry.source_id
    ) found GROUP BY lot
)
SELECT json_build_array(lot.id, lot.number, product.code, product.basis, product.basis_reference,
    site.name, specification.version, lot.made_on, lot.expires_on, lot.expires_precision,
    lot.stability_study, lot.stability_signature_id IS NOT NULL, site.zone, {STATUS_AT},
    lot.blocks, lot.judged_until <= %(now)s, lot.version, lot.decision_number,
    coalesce(tissue.kinds, '[]'))::text
FROM products_lot lot
JOIN products_product product ON product.id = lot.product_id
JOIN products_site site ON site.id = lot.site_id
JOIN products_specificationversion specification ON specification.id = lot.specification_id
LEFT JOIN tissue ON tissue.lot = lot.id
WHERE lot.id = ANY(%(lots)s::uuid[])
"""  # noqa: S608  # our own words

# The kinds of one lot of a list, for lists that are no longer than a page.
KINDS_OF_ONE = """
ARRAY(
    WITH RECURSIVE line (lot) AS (
        SELECT "products_lot"."id"
        UNION
        SELECT link.parent_id FROM line JOIN products_lotparent link ON link.lot_id = line.lot
    )
    SELECT DISTINCT source.kind FROM line
    JOIN products_lotsource entry ON entry.lot_id = line.lot
    JOIN products_tissuesource source ON source.id = entry.source_id
    ORDER BY source.kind
)
"""


@dataclass(frozen=True, slots=True)
class LotStamp:
    """What a lot's ETag is made of. ``decision`` is the number of the last decision on it, 0 before
    the first; ``is_due``: what is stored is past its instant.
    """

    number: str
    version: int
    decision: int
    status: str
    specification: int
    is_due: bool


@dataclass(frozen=True, slots=True)
class LotRow:
    """One lot of a list. ``status`` is the one in effect; ``basis`` is always shown beside it.

    ``blocks`` are as last judged; ``to_be_judged_again`` says that time has passed since in a way
    that may change them. ``tissues`` are the kinds of the whole genealogy.
    """

    id: UUID
    number: str
    product: str
    basis: str
    site: str
    specification: int
    made_on: date
    expiry: Expiry
    status: ReleaseStatus
    blocks: list[dict[str, str]]
    to_be_judged_again: bool
    version: int
    decision_number: int
    tissues: tuple[str, ...]

    @property
    def stamp(self) -> LotStamp:
        return LotStamp(
            self.number,
            self.version,
            self.decision_number,
            self.status,
            self.specification,
            self.to_be_judged_again,
        )


def lot_places(*, by_last_day: bool) -> QuerySet[Lot, dict[str, Any]]:
    """Of all lots what orders lists of them, and their keys for `lot_rows`.

    ``by_last_day``: also the ``last_day`` of use, for those that never expire the last of all days.
    """
    places: QuerySet[Lot, Any] = Lot.objects.values("id", "made_on", "number")
    return (
        places.annotate(last_day=Coalesce("expires_on", Value(date.max))) if by_last_day else places
    )


def lot_rows(lots: Sequence[UUID], now: datetime) -> list[LotRow]:
    """In the order of ``lots``, by one query; keys that are no lot are left out."""
    if not lots:
        return []
    # As one text: the driver takes longer over a list of keys than the database over reading them.
    keys = [str(lot) for lot in lots]
    asked = {"lots": f"{{{','.join(keys)}}}", "now": now}
    rows: Iterator[Any] = rows_of(ROWS, asked)
    found = {row[0]: row for row in rows}
    return [_row(*row) for row in map(found.get, keys) if row]


def lot_row(number: str, now: datetime) -> LotRow:
    """Raises NotFoundError when there is no such lot."""
    rows = lot_rows(
        list(Lot.objects.filter(number__iexact=number).values_list("pk", flat=True)), now
    )
    if not rows:
        raise NotFoundError(f"There is no lot {number!r}.", field="lot")
    return rows[0]


def lot_stamp(now: datetime, **lot: object) -> LotStamp:
    """What the ETag of the one lot found by ``lot`` (look-ups) is made of.

    Raises:
        NotFoundError: there is no such lot.
    """
    row = (
        lots_at(now)
        .annotate(is_due=is_due(now))
        .filter(**lot)
        .values_list(
            "number", "version", "decision_number", "status", "specification__version", "is_due"
        )
        .first()
    )
    if row is None:
        path, name = next(iter(lot.items()))
        raise NotFoundError(f"There is no {CALLED[path.split('__')[0]]} {name!r}.")
    return LotStamp(*row)


def with_tissue(lots: QuerySet[Lot], kind: str) -> QuerySet[Lot]:
    """Lots that have a source of this kind anywhere in their genealogy."""
    return lots.filter(HasKinds(F("pk"), Value(kind, output_field=TextField())))


def is_due(now: datetime) -> Case:
    """Whether what is stored of a lot no longer holds."""
    return Case(
        When(judged_until__gt=Value(now), then=Value(value=False)),
        default=Value(value=True),
        output_field=BooleanField(),
    )


def _row(  # noqa: PLR0917  # the columns of ROWS
    key: str,
    number: str,
    product: str,
    basis: str,
    reference: str,
    site: str,
    specification: int,
    made_on: str,
    expires_on: str | None,
    precision: str,
    study: str,
    signed: bool,  # a column like the others
    zone: str,
    status: str,
    blocks: list[dict[str, str]],
    is_due: bool,  # likewise
    version: int,
    decision_number: int,
    tissues: list[str],
) -> LotRow:
    return LotRow(
        id=UUID(key),
        number=number,
        product=product,
        basis=basis_text(basis, reference),
        site=site,
        specification=specification,
        made_on=date.fromisoformat(made_on),
        expiry=_expiry(expires_on, precision, study, zone, signed=signed),
        status=ReleaseStatus(status),
        blocks=blocks,
        to_be_judged_again=is_due,
        version=version,
        decision_number=decision_number,
        tissues=tuple(tissues),
    )


@lru_cache(maxsize=512)
def _expiry(on: str | None, precision: str, study: str, zone: str, *, signed: bool) -> Expiry:
    """Lots of a list expire on few days."""
    return Expiry(
        on=day(on),
        precision=Precision(precision) if precision else None,
        stability_study=study,
        stability_signed=signed,
        zone=zone,
    )
