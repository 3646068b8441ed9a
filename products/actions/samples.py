"""Actions on samples."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from products.actions.base import Context, action, lock_lot
from products.actions.checks import check_not_future, check_zone
from products.actions.lookups import find_lot, stage_of
from products.actions.people import person_or_own
from products.actions.records import insert
from products.domain.roles import Permission
from products.models import Sample


@action("sample.draw", permission=Permission.REGISTER)
def draw_sample(
    context: Context,
    *,
    lot: str,
    stage: str,
    container: str,
    drawn_at: datetime,
    drawn_zone: str,
    drawn_by: UUID | None = None,
) -> Sample:
    """Record a sample drawn from a lot; its number is the lot's, then -S1, -S2 ...

    ``drawn_by`` is a person, None the actor's own.

    Raises:
        UnknownReferenceError: there is no such lot or person.
        InvalidValueError: an unknown stage or zone, or a time in the future.
    """
    found = lock_lot(context, find_lot(lot))
    check_zone(drawn_zone, "drawn_zone")
    check_not_future(drawn_at, context.at, "The time drawn", drawn_zone, "drawn_at")
    sample = Sample(
        number=f"{found.number}-S{found.samples.count() + 1}",
        lot=found,
        stage=stage_of(stage),
        container=container.strip(),
        drawn_at=drawn_at,
        drawn_zone=drawn_zone,
        drawn_by=person_or_own(context, drawn_by, "drawn_by"),
        recorded_by=context.actor,
    )
    insert(sample)
    return sample
