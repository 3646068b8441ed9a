"""Where an instrument, a media lot or a laboratory was used, and what its recall would change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import QuerySet

from products.domain.facts import LotFacts, MediaFacts, RunFacts
from products.domain.lots import Decision
from products.domain.release import judge
from products.domain.results import RunState
from products.models import Lot, MediaLot, Run
from products.queries.facts import lot_facts
from products.queries.lots import Standing, lots_at

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

LATEST = 50
RELEASED = frozenset({Decision.RELEASED, Decision.CONDITIONALLY_RELEASED})

DESCENDANTS = """
WITH RECURSIVE line (lot) AS (
    SELECT run.lot_id FROM products_run run
    JOIN products_runmedia used ON used.run_id = run.id
    WHERE used.media_lot_id = %s AND run.state <> %s
    UNION
    SELECT link.lot_id FROM line JOIN products_lotparent link ON link.parent_id = line.lot
)
SELECT lot FROM line
"""


@dataclass(frozen=True, slots=True)
class Use:
    """A run that used it, with its lot as it stands now."""

    run: Run
    lot: WithAnnotations[Lot, Standing]


def latest_uses(runs: QuerySet[Run], now: datetime) -> tuple[Use, ...]:
    """The latest of the runs that were not discarded, the latest first."""
    found = list(
        runs.exclude(state=RunState.DISCARDED)
        .select_related("method_version__method", "performed_by")
        .order_by("-performed_at", "-id")[:LATEST]
    )
    lots = lots_at(now).select_related("product").filter(pk__in={run.lot_id for run in found})
    standing = {lot.pk: lot for lot in lots}
    return tuple(Use(run, standing[run.lot_id]) for run in found)


def lots_held_by_recall(media_lot: MediaLot, now: datetime) -> tuple[str, ...]:
    """Numbers of the released lots that go on hold when the media lot is recalled now.

    Those with a counted run that used it, and those that were made from them.
    """
    with connection.cursor() as cursor:
        cursor.execute(DESCENDANTS, [media_lot.pk, RunState.DISCARDED])
        concerned = [row[0] for row in cursor.fetchall()]
    facts = lot_facts(concerned)
    held: set[str] = set()
    while found := {
        lot.number
        for lot in facts.values()
        if lot.number not in held
        and _would_be_held(lot, _as_recalled(lot, str(media_lot.pk), held), now)
    }:
        held |= found
    return tuple(sorted(held))


def _would_be_held(lot: LotFacts, then: LotFacts, now: datetime) -> bool:
    """A lot in use against which a reason speaks that did not before."""
    if lot.decision not in RELEASED or lot.has_open_hold:
        return False
    before = {block.message for block in judge(lot, now).blocks}
    return any(block.message not in before for block in judge(then, now).blocks)


def _as_recalled(lot: LotFacts, media_lot: str, held: Collection[str]) -> LotFacts:
    return replace(
        lot,
        runs=tuple(_recalled_in(run, media_lot) for run in lot.runs),
        inherited=tuple(_recalled_in(run, media_lot) for run in lot.inherited),
        ancestors=tuple(
            replace(one, has_open_hold=one.has_open_hold or one.number in held)
            for one in lot.ancestors
        ),
    )


def _recalled_in(run: RunFacts, media_lot: str) -> RunFacts:
    return replace(run, media=tuple(_recalled(media, media_lot) for media in run.media))


def _recalled(media: MediaFacts, media_lot: str) -> MediaFacts:
    return replace(media, recalled="recalled") if media.id == media_lot else media


def lots_named(numbers: Collection[str], now: datetime) -> Sequence[WithAnnotations[Lot, Standing]]:
    """Those lots with their ``status`` at ``now``, by number."""
    return list(
        lots_at(now).select_related("product").filter(number__in=numbers).order_by("number")
    )
