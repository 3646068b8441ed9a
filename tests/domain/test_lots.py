"""Lot numbers, expiry and standing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.dispositions import DECIDES, DispositionKind
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
    decisions_possible,
    local_text,
    normalise_lot_number,
    parse_expiry,
    seconds_text,
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


# Design section 5, in the words of its table: one line for each status.
POSSIBLE = {
    "quarantined": "release conditional_release reject hold void",
    "released": "hold recall",
    "conditionally_released": "release hold recall",
    "on_hold": "lift_hold hold reject recall",
    "expired": "reject hold recall",
    "rejected": "",
    "recalled": "",
    "void": "",
}


@pytest.mark.parametrize("status", list(ReleaseStatus))
def test_each_status_allows_exactly_the_decisions_of_the_table(status: ReleaseStatus) -> None:
    assert set(TRANSITIONS[status]) == set(POSSIBLE[status].split())


def test_the_table_names_every_kind_of_decision_and_no_other() -> None:
    assert frozenset().union(*TRANSITIONS.values()) == set(DispositionKind)


@pytest.mark.parametrize("status", ["rejected", "recalled", "void"])
def test_edge_case_33_nothing_follows_a_terminal_decision(status: str) -> None:
    for decision in Decision:
        assert decisions_possible(ReleaseStatus(status), decision) == frozenset()


def test_edge_case_33_no_way_leads_from_rejected_to_released() -> None:
    reached, ahead = set(), {Decision.REJECTED}
    while ahead:
        decision = ahead.pop()
        reached.add(decision)
        for held, expiry in product([True, False], [PAST, AHEAD]):
            status = standing(decision, has_open_hold=held, expiry=expiry, now=TODAY)
            kinds = decisions_possible(status, decision)
            ahead |= {DECIDES[kind] for kind in kinds if kind in DECIDES} - reached

    assert reached == {Decision.REJECTED}


def test_conditional_release_is_reserved_for_lots_in_quarantine() -> None:
    allowing = {status for status, kinds in TRANSITIONS.items() if "conditional_release" in kinds}

    assert allowing == {"quarantined"}


def test_a_conditional_release_may_become_a_release() -> None:
    status = ReleaseStatus.CONDITIONALLY_RELEASED

    assert "release" in decisions_possible(status, Decision.CONDITIONALLY_RELEASED)


@pytest.mark.parametrize("status", list(ReleaseStatus))
def test_what_was_never_released_is_never_recalled(status: ReleaseStatus) -> None:
    assert "recall" not in decisions_possible(status, Decision.NONE)


@pytest.mark.parametrize("decision", [Decision.RELEASED, Decision.CONDITIONALLY_RELEASED])
@pytest.mark.parametrize(
    ("held", "expiry", "kinds"),
    [
        (True, AHEAD, "lift_hold hold reject recall"),
        (True, PAST, "lift_hold hold reject recall"),
        (False, PAST, "hold recall"),
    ],
)
def test_what_was_released_may_be_recalled_from_hold_and_after_expiry(
    decision: Decision, held: bool, expiry: Expiry, kinds: str
) -> None:
    status = standing(decision, has_open_hold=held, expiry=expiry, now=TODAY)

    assert decisions_possible(status, decision) == set(kinds.split())


def test_an_expired_lot_that_was_never_released_is_rejected_or_held() -> None:
    assert decisions_possible(ReleaseStatus.EXPIRED, Decision.NONE) == {"reject", "hold"}


def test_the_status_of_every_combination_is_the_first_that_applies() -> None:
    terminal = {Decision.VOID, Decision.REJECTED, Decision.RECALLED}
    for decision, held, expiry in product(Decision, [True, False], [PAST, AHEAD, NEVER]):
        applies = {
            *({decision.value} if decision in terminal else ()),
            *({"on_hold"} if held else ()),
            *({"expired"} if expiry is PAST else ()),
            *({decision.value} if decision is not Decision.NONE else {"quarantined"}),
        }

        first = next(status for status in ReleaseStatus if status.value in applies)

        assert standing(decision, has_open_hold=held, expiry=expiry, now=TODAY) is first


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
    assert seconds_text(at, NEW_YORK) == "2026-11-30 14:00:00 EST (America/New_York)"
