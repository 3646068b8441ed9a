"""Lean lists of lots, for pages of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Upper

from products.domain.lots import ReleaseStatus
from products.models import Lot
from products.queries.listing import KINDS_OF_ONE, is_due
from products.queries.lots import has_status, lots_at

IN_USE = (
    ReleaseStatus.QUARANTINED,
    ReleaseStatus.RELEASED,
    ReleaseStatus.CONDITIONALLY_RELEASED,
    ReleaseStatus.ON_HOLD,
)


def lot_list(now: datetime) -> QuerySet[Lot]:
    """Lots with ``status``, ``tissues`` and ``is_due`` (the stored reasons no longer hold).

    ``tissues`` are the kinds of the whole genealogy.
    """
    return (
        lots_at(now)
        .select_related("product", "site")
        .annotate(
            tissues=RawSQL(KINDS_OF_ONE, [], output_field=ArrayField(CharField())),  # noqa: S611  # constant
            is_due=is_due(now),
        )
    )


def lots_by_number(lots: QuerySet[Lot], typed: str) -> QuerySet[Lot]:
    """The lot of that number and those whose number begins with it, in whatever case."""
    return lots.alias(upper_number=Upper("number")).filter(
        upper_number__startswith=typed.strip().upper()
    )


def lots_expiring(lots: QuerySet[Lot], now: datetime, days: int) -> QuerySet[Lot]:
    """Lots in use whose last day of use is near: not yet over, at most ``days`` ahead."""
    today = now.date()
    near = lots.filter(expires_on__gte=today, expires_on__lte=today + timedelta(days=days))
    return near.filter(Q(status__in=IN_USE))


def lots_of_status(lots: QuerySet[Lot], status: str, now: datetime) -> QuerySet[Lot]:
    """Of ``lots`` those that have the status at ``now``."""
    return lots.filter(has_status([status], now))
