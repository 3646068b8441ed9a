"""What the records about signing itself state now, as their signatures showed it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from products.models import SignaturePolicy, TrailReview
from products.queries.signed_parts import Shown, Signed, over


def policies(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    for row in SignaturePolicy.objects.filter(pk__in=signed):
        yield row.pk, over(signed[row.pk], version=row.version, text=row.text)


def trail_reviews(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    for row in TrailReview.objects.filter(pk__in=signed):
        yield (
            row.pk,
            over(
                signed[row.pk],
                first_index=row.first_index,
                last_index=row.last_index,
                began_at=row.began_at,
                ended_at=row.ended_at,
                root=bytes(row.root).hex(),
                scope=row.scope,
                findings=row.findings,
            ),
        )
