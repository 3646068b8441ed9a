"""Go-live: the time in which a site recorded here is not told from paper afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from products.actions.go_live import declare_go_live
from products.actions.sites import register_site
from products.domain.errors import InvalidValueError
from tests.outside import SITE, go_live
from tests.records import context, lot, now, opened_run, people, time_is, today

DAY = timedelta(days=1)
RUN = "EV-26-001-S1-R1"


def test_a_go_live_date_does_not_follow_a_run_that_was_recorded_here(demo_db: str) -> None:
    with time_is(now() - 9 * DAY):
        lot()
        opened_run()
    register_site(context(people().admin), name="Annex", zone="Europe/Berlin")

    with pytest.raises(InvalidValueError, match=f"recorded run {RUN} here on") as refusal:
        go_live(today() - 8 * DAY)

    assert refusal.value.field == "on"
    assert declare_go_live(context(people().quality), site="Annex", on=today()).on == today()
    first = declare_go_live(context(people().quality), site=SITE, on=today() - 9 * DAY)
    assert first.on == today() - 9 * DAY
