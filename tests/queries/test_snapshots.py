"""One look at the records, whatever others do meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import InternalError, connection

from products.models import Donor
from products.queries.snapshots import one_snapshot
from tests.records import donor, now


def _elsewhere() -> None:
    try:
        donor("D-0777")
    finally:
        connection.close()


@pytest.mark.usefixtures("committed_db")
def test_what_is_recorded_meanwhile_is_not_seen() -> None:
    began = now()
    with one_snapshot() as at:
        before = Donor.objects.count()
        with ThreadPoolExecutor(1) as other:
            other.submit(_elsewhere).result()
        assert Donor.objects.count() == before
        assert began <= at <= now()

    assert Donor.objects.count() == before + 1


@pytest.mark.usefixtures("committed_db")
def test_nothing_can_be_written_within() -> None:
    with pytest.raises(InternalError, match="read-only"), one_snapshot():
        Donor.objects.update(code="D-0001")
