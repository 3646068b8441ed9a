"""Judging over time: what a stored status says when nobody judges it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from products.actions.dispositions import release_lot
from products.actions.reviews import review_results
from products.domain.errors import ReleaseBlockedError
from products.models import Lot
from products.queries.lots import lots_at
from tests.records import VIABILITY, context, lot, people, submitted_run, time_is

MADE = datetime(2026, 1, 5, 12, tzinfo=UTC)
NUMBER = "EV-26-001"


def make(expires: str) -> Lot:
    """A lot that nothing speaks against, made and reviewed in January."""
    made = lot(NUMBER, criteria=[VIABILITY], expires=expires)
    result = submitted_run()
    review_results(context(people().reviewer), lot=NUMBER, runs=[result.run.number])
    return made


def status(at: datetime) -> str:
    found: str = lots_at(at).values_list("status", flat=True).get(number=NUMBER)
    return found


def test_edge_case_17_expiry_includes_its_whole_last_day_in_the_zone_of_the_site(
    demo_db: str,
) -> None:
    with time_is(MADE):
        make("2026-11")
        release_lot(context(people().quality), lot=NUMBER)
    last_second = datetime(2026, 12, 1, 4, 59, 59, tzinfo=UTC)  # 23:59:59 EST on 30 November

    assert status(last_second) == "released"
    assert status(last_second + timedelta(seconds=1)) == "expired"


def test_an_expired_lot_is_not_released(demo_db: str) -> None:
    with time_is(MADE):
        make("2026-02-01")

    with pytest.raises(ReleaseBlockedError) as refused:
        release_lot(context(people().quality), lot=NUMBER)

    assert [block.code for block in refused.value.blocks] == ["expired"]
