"""Conditions on the lot of a record, by which lists are chosen.

``lot`` is the way to the lot from the rows that are asked (``lot__``, ``run__lot__``, empty for
lots themselves); what people name is looked up first, so that the database knows how much it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import reduce
from operator import or_

from django.db.models import F, Q, TextField, Value
from django.db.models.expressions import RawSQL

from products.models import Donor, Lot, Product, Site
from products.queries.facts import lots_from_donor
from products.queries.kinds import HasKinds
from products.queries.lots import has_status
from products.queries.selecting import any_of, keys_named

# The trail names the lots that an entry concerns, two at most; each place has an index.
CHANGED = """
SELECT entry.lots[1] FROM products_auditentry entry
WHERE entry.recorded_at >= %s AND entry.recorded_at < %s AND entry.lots[1] IS NOT NULL
UNION
SELECT entry.lots[2] FROM products_auditentry entry
WHERE entry.recorded_at >= %s AND entry.recorded_at < %s AND entry.lots[2] IS NOT NULL
"""
EVER = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


def with_status(statuses: Sequence[str], lot: str, now: datetime) -> Q:
    return has_status(statuses, now, lot)


def numbered(numbers: Sequence[str], lot: str, now: datetime) -> Q:
    return Q(**{f"{lot}pk__in": keys_named(Lot, "number", numbers)})


def of_product(codes: Sequence[str], lot: str, now: datetime) -> Q:
    return Q(**{f"{lot}product__in": keys_named(Product, "code", codes)})


def of_site(names: Sequence[str], lot: str, now: datetime) -> Q:
    return Q(**{f"{lot}site__in": keys_named(Site, "name", names)})


def with_block(codes: Sequence[str], lot: str, now: datetime) -> Q:
    return reduce(or_, (Q(**{f"{lot}blocks__contains": [{"code": code}]}) for code in codes))


def with_rule(rules: Sequence[str], lot: str, now: datetime) -> Q:
    return reduce(or_, (Q(**{f"{lot}blocks__contains": [{"rule": rule}]}) for rule in rules))


def with_tissue(kinds: Sequence[str], lot: str, now: datetime) -> Q:
    return Q(HasKinds(F(f"{lot}pk"), Value(",".join(kinds), output_field=TextField())))


def with_donor(codes: Sequence[str], lot: str, now: datetime) -> Q:
    """The donor anywhere in the genealogy."""
    donors = keys_named(Donor, "code", codes)
    return any_of(f"{lot}pk", {found for donor in donors for found in lots_from_donor(donor)})


def changed(since: datetime | None, until: datetime | None) -> Q:
    """Lots that an entry of the trail from ``since`` on and before ``until`` concerns."""
    times = [since or EVER[0], until or EVER[1]]
    return Q(pk__in=RawSQL(CHANGED, [*times, *times]))  # noqa: S611  # constant
