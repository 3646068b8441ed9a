"""When all credentials and the audit trail were reviewed last, and when that is due again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Q, QuerySet

from products.domain.accounts import SYSTEM_ACCOUNT
from products.models import AuditEntry, CredentialReview, Installation, Leaf, TrailReview, User


@dataclass(frozen=True, slots=True)
class Due:
    """``last`` is None before the first review; the first is due from the installation on."""

    last: datetime | None
    due: datetime
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Unreviewed:
    """Sealed entries after the last review, by index, both ends included; none: count 0."""

    first_index: int
    last_index: int

    @property
    def count(self) -> int:
        return self.last_index - self.first_index + 1


def credential_reviews() -> QuerySet[CredentialReview]:
    return CredentialReview.objects.select_related("recorded_by__person")


def trail_reviews() -> QuerySet[TrailReview]:
    return TrailReview.objects.select_related("signature")


def credential_review_due(now: datetime) -> Due:
    last = CredentialReview.objects.aggregate(at=Max("recorded_at"))["at"]
    return _due(last, timedelta(days=settings.CREDENTIAL_REVIEW_DAYS), now)


def trail_review_due(now: datetime) -> Due:
    last = TrailReview.objects.aggregate(at=Max("recorded_at"))["at"]
    return _due(last, timedelta(days=settings.TRAIL_REVIEW_DAYS), now)


def open_accounts() -> QuerySet[User]:
    """What a review of credentials goes through: each with ``last_proved``, its last success."""
    return (
        User.objects.filter(is_active=True)
        .exclude(username=SYSTEM_ACCOUNT)
        .select_related("person")
        .annotate(
            last_proved=Max("sign_ins__recorded_at", filter=Q(sign_ins__succeeded=True)),
        )
        .order_by("username")
    )


def last_proved(account: User) -> datetime | None:
    """Of an account from `open_accounts`: when it last proved itself."""
    found: datetime | None = vars(account)["last_proved"]
    return found


def unreviewed() -> Unreviewed:
    last = TrailReview.objects.aggregate(last=Max("last_index"))["last"]
    size = Leaf.objects.aggregate(last=Max("index"))["last"]
    return Unreviewed(0 if last is None else last + 1, -1 if size is None else size)


def actions_between(first_index: int, last_index: int) -> list[tuple[str, int]]:
    """How many entries each action wrote, most first."""
    rows = (
        AuditEntry.objects.filter(leaf__index__gte=first_index, leaf__index__lte=last_index)
        .values_list("action")
        .annotate(entries=Count("pk"))
        .order_by("-entries", "action")
    )
    return list(rows)


def root_of(size: int) -> bytes:
    """The root of the tree over the first ``size`` entries (RFC 6962, 2.1)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT products_root(%s)", [size])
        return bytes(cursor.fetchone()[0])


def _due(last: datetime | None, every: timedelta, now: datetime) -> Due:
    start = last or Installation.objects.values_list("recorded_at", flat=True).first() or now
    return Due(last, start + every, start + every < now)
