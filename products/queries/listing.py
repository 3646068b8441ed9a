"""Lots as rows for lists: a fixed number of queries, however many lots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Case, F, QuerySet, TextField, Value, When
from django.db.models.functions import Coalesce

from products.domain.errors import NotFoundError
from products.domain.lots import Expiry, Precision, ReleaseStatus
from products.domain.products import basis_text
from products.models import Lot
from products.queries.kinds import HasKinds
from products.queries.lots import Standing, lots_at

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

FIELDS = (
    "id",
    "number",
    "product__code",
    "product__basis",
    "product__basis_reference",
    "site__name",
    "site__zone",
    "specification__version",
    "made_on",
    "expires_on",
    "expires_precision",
    "stability_study",
    "stability_signature",
    "blocks",
    "version",
    "decision_number",
    "status",
    "is_due",
    "last_day",
)

CALLED = {
    "number": "lot",
    "samples": "sample",
    "runs": "run",
    "investigations": "investigation",
    "amendments": "amendment",
}

KINDS = """
WITH RECURSIVE line (lot, ancestor) AS (
    SELECT id, id FROM products_lot WHERE id = ANY(%s)
    UNION
    SELECT line.lot, link.parent_id FROM line
    JOIN products_lotparent link ON link.lot_id = line.ancestor
)
SELECT DISTINCT line.lot, source.kind FROM line
JOIN products_lotsource entry ON entry.lot_id = line.ancestor
JOIN products_tissuesource source ON source.id = entry.source_id
ORDER BY line.lot, source.kind
"""

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


def lots_listed(now: datetime) -> QuerySet[WithAnnotations[Lot, Standing]]:
    """`lots_at`, and whether what is stored of a lot ``is_due`` to be judged again, and its
    ``last_day`` of use, for those that never expire the last of all days.
    """
    return lots_at(now).annotate(
        is_due=Case(
            When(judged_until__gt=Value(now), then=Value(value=False)),
            default=Value(value=True),
            output_field=BooleanField(),
        ),
        last_day=Coalesce("expires_on", Value(date.max)),
    )


def lot_values(lots: QuerySet[Lot]) -> QuerySet[Lot, dict[str, Any]]:
    """The columns of `lot_rows`, without making objects of the rows."""
    values: QuerySet[Lot, dict[str, Any]] = lots.values(*FIELDS)
    return values


def lot_rows(values: Iterable[Mapping[str, Any]]) -> list[LotRow]:
    """Rows of a page; one more query brings the tissues of all of them."""
    found = list(values)
    tissues = tissues_of([value["id"] for value in found])
    return [_row(value, tissues[value["id"]]) for value in found]


def lot_row(number: str, now: datetime) -> LotRow:
    """Raises NotFoundError when there is no such lot."""
    rows = lot_rows(lot_values(lots_listed(now).filter(number__iexact=number)))
    if not rows:
        raise NotFoundError(f"There is no lot {number!r}.", field="lot")
    return rows[0]


def lot_stamp(now: datetime, **lot: object) -> LotStamp:
    """What the ETag of the one lot found by ``lot`` (look-ups) is made of.

    Raises:
        NotFoundError: there is no such lot.
    """
    row = (
        lots_listed(now)
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


def tissues_of(lots: Collection[UUID]) -> Mapping[UUID, list[str]]:
    """The kinds of tissue in the whole genealogy of each lot."""
    kinds: dict[UUID, list[str]] = defaultdict(list)
    if lots:
        with connection.cursor() as cursor:
            cursor.execute(KINDS, [list(lots)])
            for lot, kind in cursor.fetchall():
                kinds[lot].append(kind)
    return kinds


def with_tissue(lots: QuerySet[Lot], kind: str) -> QuerySet[Lot]:
    """Lots that have a source of this kind anywhere in their genealogy."""
    return lots.filter(HasKinds(F("pk"), Value(kind, output_field=TextField())))


def _row(value: Mapping[str, Any], tissues: Iterable[str]) -> LotRow:
    return LotRow(
        id=value["id"],
        number=value["number"],
        product=value["product__code"],
        basis=basis_text(value["product__basis"], value["product__basis_reference"]),
        site=value["site__name"],
        specification=value["specification__version"],
        made_on=value["made_on"],
        expiry=Expiry(
            on=value["expires_on"],
            precision=Precision(value["expires_precision"]) if value["expires_precision"] else None,
            stability_study=value["stability_study"],
            stability_signed=value["stability_signature"] is not None,
            zone=value["site__zone"],
        ),
        status=ReleaseStatus(value["status"]),
        blocks=value["blocks"],
        to_be_judged_again=value["is_due"],
        version=value["version"],
        decision_number=value["decision_number"],
        tissues=tuple(tissues),
    )
