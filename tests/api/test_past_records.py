"""Records with a past: what time alone changes, and what was entered late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.clients import client_of, made
from tests.records import lot, sample, submitted_run, time_is, today

pytestmark = pytest.mark.usefixtures("demo_db")
LOT = "EV-26-001"


def test_at_expiry_the_status_and_the_etag_change_with_nobody_judging() -> None:
    with time_is(datetime.now(UTC) - timedelta(days=30)):
        lot(expires=f"{today() + timedelta(days=10)}")
    auditor = client_of("auditor")

    read = auditor.get(f"lots/{LOT}/")

    assert (read.json()["status"], read.json()["to_be_judged_again"]) == ("expired", True)
    assert [block["code"] for block in read.json()["blocks"]] == ["result_missing"]
    assert read.headers["ETag"].endswith('-expired-1-due"')
    evaluation = made(auditor.get(f"lots/{LOT}/evaluation/"))
    assert {block["code"] for block in evaluation["blocks"]} == {"result_missing", "expired"}
    found = made(auditor.get("lots/", {"status": "expired"}))["results"]
    assert [row["number"] for row in found] == [LOT]


def test_a_late_entry_says_so() -> None:
    before = datetime.now(UTC) - timedelta(days=3)
    with time_is(before):
        lot()
        number = sample().number
    run = submitted_run(sample=number, performed_at=before, late_reason="Network was down").run

    read = made(client_of("auditor").get(f"runs/{run.number}/"))

    assert (read["entered_late"], read["late_reason"]) == (True, "Network was down")
    assert read["performed_at"].endswith("Z")
