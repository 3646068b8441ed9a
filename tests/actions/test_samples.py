"""Samples: drawn from a lot at a stage."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from products.actions.samples import draw_sample
from products.domain.errors import InvalidValueError, NotPermittedError, UnknownReferenceError
from tests.records import ZONE, context, lot, now, people, sample

pytestmark = pytest.mark.django_db

# In other zones the calendar has no such day.
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)


def test_samples_are_numbered_after_their_lot() -> None:
    lot("ev-26-001")

    assert [sample("EV-26-001").number, sample().number] == ["ev-26-001-S1", "ev-26-001-S2"]


def test_who_draws_is_the_actor_unless_another_person_is_named() -> None:
    lot()
    analyst, other = people().analyst, people().analyst2

    assert sample().drawn_by == analyst.person
    assert sample(drawn_by=other.person_id).drawn_by == other.person


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stage": "freezer"}, "stage"),
        ({"container": ""}, "container"),
        ({"drawn_zone": "EST5"}, "drawn_zone"),
        ({"drawn_at": now() + timedelta(days=1)}, "drawn_at"),
        ({"drawn_at": LAST, "drawn_zone": "Asia/Tokyo"}, "drawn_at"),
        ({"drawn_at": FIRST, "drawn_zone": "America/New_York"}, "drawn_at"),
    ],
)
def test_one_bad_input_is_refused_by_its_name(changes: dict[str, Any], field: str) -> None:
    lot()

    with pytest.raises(InvalidValueError) as refusal:
        sample(**changes)

    assert refusal.value.field == field


def test_an_unknown_person_is_refused() -> None:
    lot()

    with pytest.raises(UnknownReferenceError) as refusal:
        sample(drawn_by=uuid.uuid4())

    assert refusal.value.field == "drawn_by"


def test_an_unknown_lot_is_refused() -> None:
    with pytest.raises(UnknownReferenceError, match="EV-26-009"):
        sample("EV-26-009")


def test_a_reviewer_draws_no_samples() -> None:
    lot()

    with pytest.raises(NotPermittedError):
        draw_sample(
            context(people().reviewer),
            lot="EV-26-001",
            stage="bulk",
            container="Tube",
            drawn_at=now(),
            drawn_zone=ZONE,
        )
