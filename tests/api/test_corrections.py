"""Corrections over the API: what failed counts until a second person has signed."""

from __future__ import annotations

from typing import Any

import pytest

from products.domain.roles import Role
from tests.accounts import PASSWORD
from tests.api.clients import ApiClient, client_of, made, problem, refusal, token_for
from tests.records import counted, lot, people, sample, second_account, submitted_run

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"
RIGHT = [{"name": "live", "value": "982"}, {"name": "dead", "value": "18"}]
SOURCE = "Notebook 7, page 12"


@pytest.fixture
def analyst() -> ApiClient:
    lot()
    return client_of("analyst")


def failing_run() -> str:
    """882 was typed for 982."""
    return submitted_run(readings=counted("882", "118")).run.number


def correct(analyst: ApiClient, run: str, **changes: Any) -> Any:
    known: dict[str, Any] = {"readings": RIGHT, "source_document": SOURCE} | changes
    return analyst.sign(f"runs/{run}/correct/", reason="Read from the wrong line", **known)


def blocks(client: ApiClient) -> set[str]:
    return {block["code"] for block in made(client.get(f"lots/{LOT}/"))["blocks"]}


def test_a_failing_value_is_corrected_and_counts_only_once_a_second_person_signs(
    analyst: ApiClient,
) -> None:
    run, reviewer = failing_run(), client_of("reviewer")
    amendment = made(correct(analyst, run, transcription_error=True))
    number = amendment["number"]

    # Her own account may not confirm at all; her account as a reviewer is still her own.
    account = second_account(people().analyst, "anna.review", Role.REVIEWER)
    by_role = analyst.sign(f"amendments/{number}/sign/", outcome="confirmed")
    own = ApiClient(token_for(account)).sign(f"amendments/{number}/sign/", outcome="confirmed")
    waiting = made(analyst.get(f"runs/{run}/"))
    while_waiting = blocks(analyst)
    signed = made(reviewer.sign(f"amendments/{number}/sign/", outcome="confirmed"))
    reviewed = reviewer.sign(f"lots/{LOT}/reviews/", runs=[run])

    assert (amendment["state"], amendment["kind"]) == ("waits", "transcription_error")
    assert amendment["corrects"]["verdict"] == "fail"
    assert amendment["result"]["verdict"] == "pass"
    assert [(row["before"], row["after"]) for row in amendment["changes"]] == [
        ("882", "982"),
        ("118", "18"),
    ]
    assert refusal(by_role) == (403, "not_permitted")
    assert refusal(own) == (403, "separation_of_duties")
    assert waiting["waiting_amendment"] == number
    assert [(row["verdict"], row["standing"]) for row in waiting["results"]] == [
        ("fail", "counts"),
        ("pass", "waits"),
    ]
    assert [row["value"] for row in waiting["readings"] if row["is_current"]] == ["882", "118"]
    assert {"result_fails", "correction_pending"} <= while_waiting
    assert (signed["state"], signed["second"]["outcome"]) == ("in_effect", "confirmed")
    assert made(analyst.get("investigations/"))["results"][0]["conclusion"]["outcome"] == (
        "recording_error"
    )
    read = made(analyst.get(f"runs/{run}/"))
    assert [(row["standing"], row["superseded_by"]) for row in read["results"]] == [
        ("replaced", number),
        ("counts", None),
    ]
    assert read["results"][1]["amendment"] == number
    assert [row["value"] for row in read["readings"] if row["is_current"]] == ["982", "18"]
    made(reviewed)
    assert blocks(analyst) == set()


def test_a_passing_value_is_corrected_in_one_step(analyst: ApiClient) -> None:
    run = submitted_run(readings=counted("981", "19")).run.number

    amendment = made(correct(analyst, run))

    assert (amendment["state"], amendment["needs_second"]) == ("in_effect", False)
    assert made(analyst.get(f"runs/{run}/"))["results"][1]["standing"] == "counts"


def test_a_refused_correction_leaves_all_as_it_was(analyst: ApiClient) -> None:
    run = failing_run()
    number = made(correct(analyst, run))["number"]

    signed = client_of("reviewer").sign(
        f"amendments/{number}/sign/", outcome="refused", comment="The notebook says 882"
    )

    assert made(signed)["state"] == "refused"
    read = made(analyst.get(f"runs/{run}/"))
    assert [row["standing"] for row in read["results"]] == ["counts", "refused"]
    assert "result_fails" in blocks(analyst)


def test_a_reading_that_is_removed_stays_listed(analyst: ApiClient) -> None:
    run = failing_run()

    amendment = made(correct(analyst, run, readings=[], removed=[{"name": "dead"}]))

    assert [(row["before"], row["after"]) for row in amendment["changes"]] == [("118", None)]
    last = made(analyst.get(f"runs/{run}/"))["readings"][-1]
    assert (last["removed"], last["amendment"]) == (True, amendment["number"])


def test_a_second_signature_needs_the_etag_of_the_lot(analyst: ApiClient) -> None:
    number = made(correct(analyst, failing_run()))["number"]
    reviewer = client_of("reviewer")
    body = {"outcome": "confirmed", "reason": "Compared", "password": PASSWORD}
    seen = reviewer.etag(LOT)
    sample()

    missing = reviewer.post(f"amendments/{number}/sign/", body)
    stale = reviewer.post(f"amendments/{number}/sign/", body, if_match=seen)

    assert refusal(missing) == (428, "precondition_required")
    assert refusal(stale) == (412, "stale_version")


def test_amendments_are_found_by_lot_run_kind_and_whether_they_wait(analyst: ApiClient) -> None:
    waiting, done = failing_run(), submitted_run(purpose="information").run.number
    first = made(correct(analyst, waiting))["number"]
    second = made(correct(analyst, done, readings=[{"name": "dead", "value": "17"}]))["number"]

    def found(**query: str) -> list[str]:
        return [row["number"] for row in made(analyst.get("amendments/", query))["results"]]

    assert found() == found(lot=LOT.lower()) == [second, first]
    assert found(waiting="true") == found(run=waiting) == [first]
    assert found(waiting="false") == [second]
    assert found(kind="retraction") == found(lot="NOPE") == []


def test_a_correction_that_changes_nothing_or_names_no_source_is_refused(
    analyst: ApiClient,
) -> None:
    run = failing_run()

    same = correct(analyst, run, readings=[{"name": "live", "value": "882"}])
    unsourced = correct(analyst, run, source_document="")
    twice = correct(analyst, run, readings=[*RIGHT, *RIGHT])
    nowhere = correct(analyst, "NOPE")

    assert refusal(same) == (422, "nothing_changed")
    assert refusal(unsourced) == (422, "source_missing")
    assert problem(twice)["field"] == "readings"
    assert refusal(nowhere) == (404, "not_found")


def test_a_run_of_the_wrong_sample_is_retracted_and_stays_listed(analyst: ApiClient) -> None:
    run = submitted_run().run.number
    asked = made(
        analyst.sign(f"runs/{run}/retract/", belongs_to="EV-26-777", source_document=SOURCE)
    )

    made(client_of("quality").sign(f"amendments/{asked['number']}/sign/", outcome="confirmed"))

    assert (asked["kind"], asked["state"], asked["belongs_to"]) == (
        "retraction",
        "waits",
        "EV-26-777",
    )
    read = made(analyst.get(f"runs/{run}/"))
    assert read["state"] == "retracted"
    assert read["amendments"] == [
        {"number": asked["number"], "kind": "retraction", "run": run, "state": "in_effect"}
    ]
    assert blocks(analyst) == {"result_missing"}


def test_a_lot_registered_in_error_is_void_after_a_second_signature(analyst: ApiClient) -> None:
    asked = analyst.sign(f"lots/{LOT}/void/", reason="Registered twice")
    number = made(asked)["number"]

    made(client_of("quality").sign(f"amendments/{number}/sign/", outcome="confirmed"))

    assert asked.headers["Location"] == f"/api/v1/amendments/{number}/"
    assert made(analyst.get(f"lots/{LOT}/"))["status"] == "void"


def test_a_returned_run_waits_for_the_answer_of_its_analyst(analyst: ApiClient) -> None:
    run, reviewer = submitted_run().run.number, client_of("reviewer")

    returned = made(reviewer.post(f"runs/{run}/return/", {"comment": "Which counter?"}))
    without = analyst.post(f"runs/{run}/submit/")
    answered = made(analyst.post(f"runs/{run}/submit/", {"reason": "CC-01, as on page 12"}))

    assert returned["state"] == "returned"
    assert [(row["comment"], row["result_version"]) for row in returned["returns"]] == [
        ("Which counter?", 1)
    ]
    assert refusal(without) == (422, "reason_missing")
    assert (answered["state"], len(answered["results"])) == ("submitted", 2)
