"""Statements about the past: whatever they name is of then, and nothing else can be asked."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import pytest
from django.db import connection
from django.db.models import QuerySet
from hypothesis import given, settings
from hypothesis import strategies as st

from products.actions.grants import APP_GRANTS
from products.domain.errors import ConfigurationError
from products.domain.lots import (
    MAY_EXPIRE,
    Decision,
    Expiry,
    Precision,
    ReleaseStatus,
    standing,
)
from products.migrations._0011_triggers import AUDITED
from products.models import Donor, Note
from products.queries.as_of import Moment
from products.queries.listing import lot_row
from products.queries.lots import lots_at
from products.queries.past import (
    CHANGEABLE,
    ENDS_AT,
    in_the_past,
    keys_of,
    records_at,
    tables_with_a_past,
)
from tests.records import donor, lot
from tests.sealing import seal, sign_head

pytestmark = pytest.mark.django_db

# Where midnight is skipped, or comes twice, on some days.
ZONES = (
    "America/Havana",
    "America/Sao_Paulo",
    "Atlantic/Azores",
    "Asia/Beirut",
    "Africa/Cairo",
    "America/Asuncion",
    "Australia/Lord_Howe",
    "America/New_York",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "UTC",
)


def sealed_moment() -> Moment:
    seal()
    head = sign_head()
    return Moment(head.sealed_at, head)


def test_every_audited_table_has_a_past() -> None:
    memberships = {name for name in AUDITED if name.startswith("auth_") or name.count("_") > 1}

    assert set(tables_with_a_past()) == set(AUDITED) - memberships


def test_what_may_change_is_what_the_serving_role_may_change() -> None:
    granted = {
        table: frozenset(re.split(r",\s*", columns[1]))
        for table, rights in APP_GRANTS.items()
        if table in tables_with_a_past() and (columns := re.search(r"UPDATE \((.*)\)", rights))
    }

    assert granted == CHANGEABLE
    for table, model in tables_with_a_past().items():
        assert not keys_of(model) & CHANGEABLE.get(table, frozenset())


def test_a_row_of_now_is_a_row_of_then_when_nothing_came_between() -> None:
    lot()
    sealed_moment()  # Which announces the key.
    donor("D-7102")
    then = sealed_moment()

    for model in tables_with_a_past().values():
        meta = model._meta  # noqa: SLF001  # documented
        left_out = AUDITED[meta.db_table]
        names = [field.attname for field in meta.concrete_fields if field.column not in left_out]
        rows: QuerySet[Any, Any] = QuerySet(model).order_by("id").values(*names)
        now = list(rows)
        with records_at(then):
            assert list(rows.all()) == now, model


def test_what_was_recorded_since_is_not_there_and_is_there_again_afterwards() -> None:
    then = sealed_moment()
    code = donor("D-7100").code

    with records_at(then):
        assert not Donor.objects.filter(code=code).exists()
        assert not Donor.objects.filter(pk__in=Donor.objects.filter(code=code)).exists()
    assert Donor.objects.filter(code=code).exists()


def test_the_past_ends_with_an_error_too() -> None:
    then = sealed_moment()
    code = donor("D-7101").code

    with pytest.raises(RuntimeError), records_at(then):
        raise RuntimeError

    assert Donor.objects.filter(code=code).exists()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO products_note (text) VALUES ('x')",
        "UPDATE products_lot SET vials = 1",
        "DELETE FROM products_note",
        "TABLE products_lot",
        "SELECT number FROM public.products_lot",
        "SELECT group_id FROM products_user_groups",
        "SELECT name FROM auth_group",
        "SELECT products_seal(1)",
        "SELECT entry_id FROM products_pending",
    ],
)
def test_what_has_no_past_is_not_asked_of_it(statement: str) -> None:
    then = sealed_moment()

    with (
        records_at(then),
        connection.cursor() as cursor,
        pytest.raises(ConfigurationError, match="cannot be asked of a past instant"),
    ):
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT number FROM products_lot",
        "  select number from products_lot",
        "WITH found AS (SELECT number FROM products_lot) SELECT number FROM found",
        "WITH RECURSIVE line (n) AS (SELECT number FROM products_lot UNION TABLE line) TABLE line",
        "SELECT (SELECT max(number) FROM products_lot)",
    ],
)
def test_every_way_of_asking_finds_what_was_there(statement: str) -> None:
    number = lot("EXO-EARLY").number
    then = sealed_moment()
    lot("EXO-LATE")

    with records_at(then), connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.fetchall() == [(number,)]


def test_the_trail_and_what_names_no_table_are_read_as_they_are() -> None:
    assert in_the_past("SELECT 1", 5) == "SELECT 1"
    assert "WITH" not in in_the_past("SELECT id FROM products_auditentry", 5)


def test_nothing_is_written_by_an_object_of_the_past() -> None:
    made = lot()
    then = sealed_moment()

    with records_at(then), pytest.raises(ConfigurationError):
        Note.objects.create(lot=made, text="x", recorded_by=made.recorded_by)


@settings(max_examples=20, deadline=None)
@given(
    days=st.lists(
        st.tuples(
            st.dates(date(1971, 1, 1), date(2036, 12, 31))
            | st.sampled_from([date(9999, 12, 29), date(9999, 12, 30), date(9999, 12, 31)]),
            st.sampled_from(Precision),
            st.sampled_from(ZONES),
        ),
        min_size=60,
        max_size=60,
    )
)
def test_the_database_ends_a_lot_when_the_rules_do(days: list[tuple[date, Precision, str]]) -> None:
    expected = [Expiry(on, precision, zone=zone).ends_at for on, precision, zone in days]

    assert ended_by_the_database(days) == expected


def test_the_database_ends_a_lot_when_the_rules_do_on_every_day_of_odd_midnights() -> None:
    days = [
        (date(year, month, day), Precision.DAY, zone)
        for zone in ZONES[:7]
        for year in (1999, 2011, 2016)
        for month in range(1, 13)
        for day in range(1, 29)
    ]
    expected = [Expiry(on, precision, zone=zone).ends_at for on, precision, zone in days]

    assert ended_by_the_database(days) == expected


def ended_by_the_database(days: list[tuple[date, Precision, str]]) -> list[Any]:
    ends_at = ENDS_AT.format(zone="day.zone", precision="day.precision", on="day.on_")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT ({ends_at}) FROM unnest(%s::date[], %s::text[], %s::text[])
            WITH ORDINALITY AS day (on_, precision, zone, place) ORDER BY place""",  # noqa: S608  # our own
            [
                [on for on, _, _ in days],
                [precision.value for _, precision, _ in days],
                [zone for _, _, zone in days],
            ],
        )
        return [at for (at,) in cursor.fetchall()]


def test_time_ends_what_the_rules_say_it_ends() -> None:
    past, ended = datetime(2026, 1, 1, tzinfo=UTC), Expiry(date(2025, 1, 1), Precision.DAY)

    for decision in Decision:
        for held in (True, False):
            stands = standing(decision, has_open_hold=held, expiry=Expiry(None, None), now=past)
            later = standing(decision, has_open_hold=held, expiry=ended, now=past)
            expires = later is ReleaseStatus.EXPIRED
            assert expires == (stands in MAY_EXPIRE)


def test_a_lot_past_its_imaged_expiry_was_expired_at_the_instant() -> None:
    number = lot().number
    then = sealed_moment()

    with records_at(then):
        ends_at = lot_row(number, then.at).expiry.ends_at
        assert ends_at is not None
        before = lot_row(number, ends_at - timedelta(microseconds=1))
        after = lot_row(number, ends_at)
        expired = lots_at(ends_at).filter(status="expired").values_list("number", flat=True)
        assert list(expired) == [number]

    assert (before.status, after.status) == ("quarantined", "expired")
    assert (before.to_be_judged_again, after.to_be_judged_again) == (False, True)


def test_zones_are_known() -> None:
    assert set(ZONES) <= available_timezones()
