"""Judging over time: what a stored status says when nobody judges it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from products.actions.dispositions import release_lot
from products.actions.holds import place_hold
from products.actions.naming import begin, end
from products.actions.reviews import review_results
from products.domain.errors import ReleaseBlockedError
from products.models import Hold, Lot
from products.queries.checking import stored_differences
from products.queries.lots import lots_at
from tests.records import (
    VIABILITY,
    context,
    lot,
    now,
    people,
    submitted_run,
    time_is,
)

MADE = datetime(2026, 1, 5, 12, tzinfo=UTC)
NUMBER = "EV-26-001"


def make(expires: str) -> Lot:
    """A lot that nothing speaks against, made and reviewed in January."""
    made = lot(NUMBER, criteria=[VIABILITY], expires=expires)
    result = submitted_run()
    review_results(context(people().reviewer), lot=NUMBER, runs=[result.run.number])
    return made


def status(at: datetime, number: str = NUMBER) -> str:
    found: str = lots_at(at).values_list("status", flat=True).get(number=number)
    return found


def codes(number: str) -> set[str]:
    return {block["code"] for block in Lot.objects.get(number=number).blocks}


def released(number: str) -> None:
    """Release a lot on one reviewed result."""
    result = submitted_run(lot=number)
    review_results(context(people().reviewer), lot=number, runs=[result.run.number])
    release_lot(context(people().quality), lot=number)


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


@pytest.mark.django_db
def test_what_stands_against_a_lot_is_told_of_all_that_was_made_from_it() -> None:
    lot("BANK", criteria=[VIABILITY])
    lot("HARVEST", parents=["BANK"], sources=[])
    lot(NUMBER, parents=["HARVEST"], sources=[])

    place_hold(context(people().quality), lot="BANK")

    assert "parent_not_usable" in codes(NUMBER)


@pytest.mark.django_db
def test_a_hold_forces_one_on_every_released_lot_made_from_the_lot() -> None:
    lot("BANK", criteria=[VIABILITY])
    lot("HARVEST", parents=["BANK"], sources=[])
    released("HARVEST")
    lot(NUMBER, parents=["HARVEST"], sources=[])
    released(NUMBER)

    place_hold(context(people().quality), lot="BANK")

    forced = Hold.objects.exclude(rule="").values_list("lot__number", "rule", "caused_by")
    assert set(forced) == {("HARVEST", "R13", "hold.place"), (NUMBER, "R13", "hold.place")}
    assert status(now()) == "on_hold"


@pytest.mark.django_db
def test_judging_stores_the_next_version_of_each_lot_at_once() -> None:
    lot("BANK", criteria=[VIABILITY])
    lot(NUMBER, parents=["BANK"], sources=[])
    before = dict(Lot.objects.values_list("number", "version"))

    place_hold(context(people().quality), lot="BANK")

    assert dict(Lot.objects.values_list("number", "version")) == {
        number: version + 1 for number, version in before.items()
    }


@pytest.mark.django_db
def test_a_stored_answer_that_was_tampered_with_is_found() -> None:
    lot(NUMBER, criteria=[VIABILITY])
    with transaction.atomic():
        begin("system.test", context(people().admin))
        Lot.objects.filter(number=NUMBER).update(
            release_status="rejected", next_status="rejected", blocks=[]
        )
        end()

    assert {one.lot for one in stored_differences(now())} == {NUMBER}
