"""Lots for lists, filters and counts: the one place that says how a stored status is read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When

from products.domain.lots import ReleaseStatus
from products.models import Lot

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

STATUS_AT = """
CASE WHEN lot.judged_until > %(now)s THEN lot.release_status ELSE lot.next_status END
"""
"""`effective_status` of a ``lot``, for statements of our own."""


class Standing(TypedDict):
    """What `lots_at` adds to a lot."""

    status: str


def effective_status(now: datetime) -> Case:
    """The status at ``now``: what was judged, until the instant at which time changes it."""
    return Case(
        When(judged_until__gt=Value(now), then=F("release_status")),
        default=F("next_status"),
        output_field=CharField(),
    )


def has_status(statuses: Collection[str], now: datetime, lot: str = "") -> Q:
    """Whether the status at ``now`` is one of these, in a form that an index answers.

    ``lot`` is the way to the lot from the rows that are asked, such as ``run__lot__``.
    """
    stands, due = Q(**{f"{lot}judged_until__gt": now}), Q(**{f"{lot}judged_until__lte": now})
    return stands & Q(**{f"{lot}release_status__in": statuses}) | due & Q(
        **{f"{lot}next_status__in": statuses}
    )


def lots_at(now: datetime) -> QuerySet[WithAnnotations[Lot, Standing]]:
    """Every lot with its ``status`` at ``now``."""
    return Lot.objects.annotate(status=effective_status(now))


def lots_standing(status: ReleaseStatus, now: datetime) -> tuple[QuerySet[Lot], QuerySet[Lot]]:
    """Lots of one status at ``now``, each part by an index: judged so, and become so by time."""
    return (
        Lot.objects.filter(release_status=status, judged_until__gt=now),
        Lot.objects.filter(next_status=status, judged_until__lte=now),
    )


def lots_due(now: datetime) -> QuerySet[Lot]:
    """Lots whose stored judgement no longer holds, the longest overdue first."""
    return Lot.objects.filter(judged_until__lte=now).order_by("judged_until", "id")
