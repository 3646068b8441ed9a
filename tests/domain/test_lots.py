"""Lot numbers, expiry and standing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.errors import ConfigurationError, InvalidValueError
from products.domain.lots import (
    FAR_FUTURE,
    STATUS_GLYPHS,
    STATUS_LABELS,
    TRANSITIONS,
    Decision,
    Expiry,
    Precision,
    ReleaseStatus,
    local_text,
    normalise_lot_number,
    parse_expiry,
    standing,
    zone_named,
)

ZONES = [
    "UTC",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Tokyo",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Europe/Berlin",
    "Africa/Cairo",
    "America/Santiago",
    "Australia/Lord_Howe",
]
NEW_YORK = "America/New_York"
TODAY = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
NEVER = Expiry(None, None, "SS-12", stability_signed=True)
PAST = Expiry(date(2026, 11, 21), Precision.DAY)
AHEAD = Expiry(date(2027, 4, 30), Precision.DAY)


@pytest.mark.parametrize(
    ("on", "zone", "ends_at"),
    [
        ("2026-11-30", "UTC", "2026-12-01T00:00Z"),
        ("2026-11-30", NEW_YORK, "2026-12-01T05:00Z"),
        ("2026-11-30", "Asia/Tokyo", "2026-11-30T15:00Z"),
        ("2026-11-30", "Pacific/Kiritimati", "2026-11-30T10:00Z"),
        ("2026-11-30", "Pacific/Pago_Pago", "2026-12-01T11:00Z"),
        # The night in which New York sets its clocks back, and the one in which it sets them on.
        ("2026-10-31", NEW_YORK, "2026-11-01T04:00Z"),
        ("2026-11-01", NEW_YORK, "2026-11-02T05:00Z"),
        ("2026-03-07", NEW_YORK, "2026-03-08T05:00Z"),
        ("2026-03-08", NEW_YORK, "2026-03-09T04:00Z"),
        # Summer time begins at midnight, which that day does not have.
        ("2024-04-25", "Africa/Cairo", "2024-04-25T22:00Z"),
        # Summer time ends at midnight: the last hour of the last day comes twice.
        ("2024-10-31", "Africa/Cairo", "2024-10-31T22:00Z"),
        # Midnight itself comes twice: the first one ends the day.
        ("2024-11-02", "America/Havana", "2024-11-03T04:00Z"),
        # A day that the calendar of the place left out.
        ("2011-12-29", "Pacific/Apia", "2011-12-30T10:00Z"),
    ],
)
def test_edge_case_17_expiry_ends_with_the_last_day_in_the_zone_of_the_site(
    on: str, zone: str, ends_at: str
) -> None:
    assert parse_expiry(on, zone).ends_at == datetime.fromisoformat(ends_at)


@pytest.mark.parametrize(
    ("month", "last_day"),
    [("2026-11", "2026-11-30"), ("2027-02", "2027-02-28"), ("2028-02", "2028-02-29")],
)
def test_edge_case_17_a_month_ends_with_its_last_day(month: str, last_day: str) -> None:
    expiry = parse_expiry(month, NEW_YORK)

    assert expiry.last_day == date.fromisoformat(last_day)
    assert expiry.ends_at == parse_expiry(last_day, NEW_YORK).ends_at


@given(
    st.dates(date(1990, 1, 1), date(2200, 12, 31)),
    st.sampled_from(list(Precision)),
    st.sampled_from(ZONES),
)
def test_the_last_day_is_usable_to_its_end_and_not_after(
    on: date, precision: Precision, zone: str
) -> None:
    expiry = Expiry(on, precision, zone=zone)
    ends_at, last_day = expiry.ends_at, expiry.last_day
    assert ends_at is not None
    assert last_day is not None

    before, after = ends_at - timedelta(microseconds=1), ends_at + timedelta(seconds=1)

    assert before.astimezone(zone_named(zone)).date() == last_day
    assert ends_at.astimezone(zone_named(zone)).date() > last_day
    released = Decision.RELEASED
    assert standing(released, has_open_hold=False, expiry=expiry, now=before) == "released"
    assert standing(released, has_open_hold=False, expiry=expiry, now=after) == "expired"


@pytest.mark.parametrize("last", [date(9999, 12, 31), date(9999, 12, 30)])
def test_the_last_days_of_the_calendar_do_not_overflow(last: date) -> None:
    assert Expiry(last, Precision.DAY, zone="Pacific/Pago_Pago").ends_at == FAR_FUTURE


def test_a_date_without_precision_is_read_as_a_day() -> None:
    assert Expiry(date(2026, 11, 1), None).last_day == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("expiry", "text", "is_known"),
    [
        (parse_expiry("2026-11-30", NEW_YORK), "2026-11-30 (America/New_York)", True),
        (
            parse_expiry("2026-11", NEW_YORK),
            "2026-11 (last day 2026-11-30, America/New_York)",
            True,
        ),
        (NEVER, "none: under stability study SS-12 (signed)", True),
        (Expiry(None, None, "SS-12"), "none: under stability study SS-12 (not signed)", False),
        (Expiry(None, None), "not recorded", False),
        (Expiry(None, None, stability_signed=True), "not recorded", False),
    ],
)
def test_an_expiry_reads_as_people_write_it(expiry: Expiry, text: str, is_known: bool) -> None:
    assert (expiry.text, expiry.is_known) == (text, is_known)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-13",
        "2026-11-31",
        "2026-1-1",
        "30.11.2026",
        "11/2026",
        "20261130",
        "0000-11",
        "2026-11-30T00:00",
        "２０２６-11-30",  # noqa: RUF001 - what is refused
        "2026-W48",
        "2026-W48-1",
    ],
)
def test_an_expiry_in_another_writing_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        parse_expiry(text, NEW_YORK)

    assert (refusal.value.code, refusal.value.field) == ("unreadable_value", "expiry")


@pytest.mark.parametrize(
    ("decision", "held", "expiry", "expected"),
    [
        (Decision.NONE, False, AHEAD, "quarantined"),
        (Decision.NONE, False, NEVER, "quarantined"),
        (Decision.NONE, False, PAST, "expired"),
        (Decision.NONE, True, AHEAD, "on_hold"),
        (Decision.RELEASED, False, AHEAD, "released"),
        (Decision.RELEASED, False, PAST, "expired"),
        (Decision.RELEASED, True, PAST, "on_hold"),
        (Decision.CONDITIONALLY_RELEASED, False, AHEAD, "conditionally_released"),
        (Decision.CONDITIONALLY_RELEASED, False, PAST, "expired"),
        (Decision.CONDITIONALLY_RELEASED, True, AHEAD, "on_hold"),
        (Decision.REJECTED, True, PAST, "rejected"),
        (Decision.RECALLED, True, PAST, "recalled"),
        (Decision.VOID, True, PAST, "void"),
    ],
)
def test_the_first_status_that_applies_is_shown(
    decision: Decision, held: bool, expiry: Expiry, expected: str
) -> None:
    assert standing(decision, has_open_hold=held, expiry=expiry, now=TODAY) == expected


def test_no_other_decision_ever_stands_as_released() -> None:
    for decision, held, expiry in product(Decision, [True, False], [PAST, AHEAD, NEVER]):
        status = standing(decision, has_open_hold=held, expiry=expiry, now=TODAY)

        assert status is not ReleaseStatus.RELEASED or decision is Decision.RELEASED


def test_every_status_has_a_label_a_glyph_of_its_own_and_its_transitions() -> None:
    assert set(STATUS_LABELS) == set(STATUS_GLYPHS) == set(TRANSITIONS) == set(ReleaseStatus)
    assert len(set(STATUS_GLYPHS.values())) == len(ReleaseStatus)
    assert len(set(STATUS_LABELS.values())) == len(ReleaseStatus)


def test_terminal_statuses_allow_no_decision_and_release_comes_from_quarantine_only() -> None:
    terminal = {status for status, kinds in TRANSITIONS.items() if not kinds}
    releasable = {status for status, kinds in TRANSITIONS.items() if "release" in kinds}

    assert terminal == {"void", "rejected", "recalled"}
    assert releasable == {"quarantined"}


@pytest.mark.parametrize(
    "number", ["UC-26-014", "a", "EV_1.2/B", "uc-26-014", "x" * 32, "  UC-26-014 "]
)
def test_a_lot_number_is_kept_as_typed_but_for_outer_spaces(number: str) -> None:
    assert normalise_lot_number(number) == number.strip()


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("", "needs a lot number"),
        ("   ", "needs a lot number"),
        ("x" * 33, "33 characters; 32 are allowed"),
        ("UC 26", "only the letters"),
        ("UC-26-014\n", "only the letters"),
        ("UC-26-０14", "only the letters"),  # noqa: RUF001 - what is refused
        ("UC-26\x00", "only the letters"),
        ("Ü-26", "only the letters"),
    ],
)
def test_a_lot_number_that_a_label_cannot_carry_is_refused(number: str, message: str) -> None:
    with pytest.raises(InvalidValueError, match=message) as refusal:
        normalise_lot_number(number)

    assert refusal.value.field == "number"


@pytest.mark.parametrize("name", ["Mars/Base", "", "../UTC", "America", "\x00"])
def test_an_unknown_zone_is_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match="no time zone called"):
        zone_named(name)


def test_an_instant_for_people_names_its_zone() -> None:
    at = datetime(2026, 11, 30, 19, 0, tzinfo=UTC)

    assert local_text(at, NEW_YORK) == "2026-11-30 14:00 EST (America/New_York)"
