"""In a demonstration, and nowhere else, records have a past; the trail never has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from products.domain.errors import ClockError
from products.models import AuditEntry, Donor
from tests.records import determine, donor, time_is

LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_in_a_demonstration_records_follow_the_stated_time(demo_db: str) -> None:
    with time_is(LONG_AGO):
        determination = determine(donor("D-0099").code)

    determination.refresh_from_db()
    assert (determination.recorded_at, determination.signature.signed_at) == (LONG_AGO, LONG_AGO)
    entry = AuditEntry.objects.get(record_table="products_determination")
    assert datetime.now(UTC) - entry.recorded_at < timedelta(minutes=1)


def test_elsewhere_an_action_of_the_past_is_refused(committed_db: str) -> None:
    with pytest.raises(ClockError, match="more than a minute"), time_is(LONG_AGO):
        donor("D-0099")

    assert not Donor.objects.exists()
