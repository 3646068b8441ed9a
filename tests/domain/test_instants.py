"""Instants are read as RFC 3339 writes them, and only with their offset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.errors import InvalidInstantError
from products.domain.instants import parse_instant

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-30T12:00:00Z",
        "2026-11-30T12:00Z",
        " 2026-11-30T12:00:00.000Z ",
        "2026-11-30T07:00:00-05:00",
        "2026-11-30T14:00:00+02:00",
        "2026-11-30T14:00:00 02:00",
        "2026-11-30T14:00 02:00",
    ],
)
def test_an_instant_is_read_in_utc(text: str) -> None:
    assert parse_instant(text) == NOON


@given(at=st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=ZONES))  # noqa: DTZ001  # bounds
def test_every_instant_is_read_back_as_it_was_written(at: datetime) -> None:
    assert parse_instant(at.isoformat()) == at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-11-30",
        "2026-11-30T12:00:00",
        "2026-11-30 12:00:00Z",
        "2026-11-30T12Z",
        "2026-11-30T12:00:00+0200",
        "20261130T120000Z",
        "2026-W49-1T12:00Z",
        "1764504000",
        "2026-11-30T12:00:00.0000001Z",
        "2026-11-30T12:00:00Z\n2026",
        "\uff12026-11-30T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-11-30T25:00:00Z",
        "2026-11-30T12:00:00+99:00",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_no_instant_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(InvalidInstantError, match="2026-11-30T14:00:00-05:00") as refused:
        parse_instant(text, field="as_of")

    assert (refused.value.code, refused.value.field) == ("invalid_instant", "as_of")
