"""Bad input, one test each: the status, the code, and a sentence that says what is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from products.actions.accounts import approve_role
from products.actions.naming import begin, end
from products.actions.specifications import draft_specification
from products.domain.accounts import LOCK_AFTER
from products.models import RoleGrant, Run, SignIn, User
from tests.accounts import PASSWORD
from tests.api.clients import ApiClient, client_of, problem, refusal, token_for
from tests.records import (
    VIABILITY,
    ZONE,
    approved_specification,
    context,
    instrument,
    lot,
    now,
    opened_run,
    people,
    sample,
    submitted_run,
    today,
)

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"


@pytest.fixture
def analyst() -> ApiClient:
    lot()
    return client_of("analyst")


def described(**changes: Any) -> dict[str, Any]:
    """A lot that could be registered."""
    known = {"number": "EV-26-002", "product": "EXO-1", "made_on": f"{today()}", "vials": 40}
    return known | {"sources": ["UC-0042"]} | changes


def opening(**changes: Any) -> dict[str, Any]:
    """A run that could be opened."""
    instrument()
    known = {"purpose": "release", "criterion": "viability", "instrument": "NTA-7"}
    return known | {"performed_at": now().isoformat(), "performed_zone": ZONE} | changes


def test_what_the_other_tests_change_is_taken(analyst: ApiClient) -> None:
    registered = analyst.post("lots/", described())
    opened = analyst.post(f"samples/{sample().number}/runs/", opening())

    assert (registered.status_code, opened.status_code) == (201, 201)


def test_an_unknown_lot_in_the_address_is_not_found(analyst: ApiClient) -> None:
    read = analyst.get("lots/NOPE/")
    recorded = analyst.post(
        "lots/NOPE/samples/",
        {"stage": "bulk", "container": "Vial", "drawn_at": now().isoformat(), "drawn_zone": ZONE},
    )

    assert refusal(read) == (404, "not_found")
    assert problem(recorded)["detail"] == "There is no lot 'NOPE'."
    assert recorded.status_code == 404


def test_a_decision_on_an_unknown_lot_is_not_found() -> None:
    refused = client_of("quality").sign("lots/NOPE/release/")

    assert refusal(refused) == (404, "not_found")


def test_an_unknown_lot_in_the_body_is_a_bad_value(analyst: ApiClient) -> None:
    refused = analyst.post("lots/", described(parents=["NOPE"]))

    assert refusal(refused) == (422, "unknown_reference")
    assert problem(refused)["field"] == "parents"


def test_an_unknown_product_is_refused(analyst: ApiClient) -> None:
    refused = analyst.post("lots/", described(product="NOPE"))

    assert refusal(refused) == (422, "unknown_reference")
    assert problem(refused)["detail"] == "There is no product 'NOPE'."


def test_an_unknown_unit_is_refused(analyst: ApiClient) -> None:
    refused = analyst.post(
        "methods/VIA-01/versions/", {"document": "SOP-9", "formula": "value", "unit": "EU/ml"}
    )

    assert refusal(refused) == (422, "unknown_unit")


def test_text_in_a_number_is_refused(analyst: ApiClient) -> None:
    refused = analyst.post("lots/", described(vials="a dozen"))

    assert refusal(refused) == (422, "invalid_value")
    assert problem(refused)["errors"][0]["field"] == "vials"


def test_text_in_a_reading_is_refused(analyst: ApiClient) -> None:
    run = opened_run().number

    refused = analyst.post(
        f"runs/{run}/readings/", {"readings": [{"name": "live", "value": "many"}]}
    )

    assert refusal(refused) == (422, "unreadable_value")
    assert Run.objects.get(number=run).readings.count() == 0


def test_a_number_that_lost_its_digits_is_refused(analyst: ApiClient) -> None:
    run = opened_run().number

    refused = analyst.post(
        f"runs/{run}/readings/", {"readings": [{"name": "live", "value": 98.20}]}
    )

    assert problem(refused)["errors"][0]["field"] == "readings.0.value"


def test_a_criterion_that_the_specification_lacks_is_refused(analyst: ApiClient) -> None:
    refused = analyst.post(f"samples/{sample().number}/runs/", opening(criterion="potency"))

    assert refusal(refused) == (422, "criterion_unknown")
    assert "It has: viability." in problem(refused)["detail"]


@pytest.mark.parametrize("days", [2, 3650])
def test_a_lot_made_in_the_future_is_refused(analyst: ApiClient, days: int) -> None:
    refused = analyst.post("lots/", described(made_on=f"{today() + timedelta(days=days)}"))

    assert refusal(refused) == (422, "in_future")


def test_a_run_performed_in_the_future_is_refused(analyst: ApiClient) -> None:
    later = (now() + timedelta(hours=1)).isoformat()

    refused = analyst.post(f"samples/{sample().number}/runs/", opening(performed_at=later))

    assert refusal(refused) == (422, "in_future")


def test_a_time_without_an_offset_is_refused(analyst: ApiClient) -> None:
    refused = analyst.post(
        f"samples/{sample().number}/runs/", opening(performed_at="2026-02-02T10:00:00")
    )

    assert problem(refused)["errors"] == [
        {
            "field": "performed_at",
            "code": "zone_missing",
            "message": "State the offset from UTC, as in 2026-11-30T14:00:00-05:00.",
        }
    ]


def test_a_second_result_for_a_criterion_is_refused(analyst: ApiClient) -> None:
    submitted_run()

    refused = analyst.post(f"samples/{sample().number}/runs/", opening())

    assert refusal(refused) == (409, "result_exists")


def test_a_draft_specification_takes_no_lot(analyst: ApiClient) -> None:
    draft_specification(
        context(people().quality),
        product="EXO-1",
        document="SPEC-002",
        effective_from=today(),
        criteria=[VIABILITY],
        change_reason="The process became more capable",
    )

    refused = analyst.post("lots/", described(specification=2))

    assert refusal(refused) == (422, "specification_not_in_force")
    assert "version 2 is draft" in problem(refused)["detail"]


def test_a_specification_that_is_not_yet_effective_takes_no_lot(analyst: ApiClient) -> None:
    approved_specification(effective_from=today() + timedelta(days=30))

    refused = analyst.post("lots/", described(specification=2))

    assert refusal(refused) == (422, "specification_not_in_force")


@pytest.mark.parametrize("is_superuser", [False, True])
def test_nobody_reviews_a_run_of_their_own(analyst: ApiClient, is_superuser: bool) -> None:
    run = submitted_run().run.number
    with transaction.atomic():
        begin("system.test", context(people().admin))
        own = User(username="anna-reviews", person=people().analyst.person)
        own.is_superuser = is_superuser
        own.set_password(PASSWORD)
        own.save()
        own.groups.add(Group.objects.get(name="Reviewer"))
        RoleGrant.objects.create(user=own, number=1, role="Reviewer", recorded_by=people().admin)
        end()
    approve_role(context(people().quality), username=own.username, role="Reviewer")

    refused = ApiClient(token_for(own)).sign(f"lots/{LOT}/reviews/", runs=[run])

    assert refusal(refused) == (403, "separation_of_duties")
    assert run in problem(refused)["detail"]


def test_releasing_against_reasons_is_refused_with_all_of_them(analyst: ApiClient) -> None:
    lot("EV-26-009", expires="", sources=[])

    refused = client_of("quality").sign("lots/EV-26-009/release/")

    assert refusal(refused) == (409, "release_blocked")
    blocks = problem(refused)["blocks"]
    assert {block["code"] for block in blocks} == {
        "source_missing",
        "result_missing",
        "expiry_unknown",
    }
    assert all(block["clears"] and block["source"] for block in blocks)


def test_a_wrong_password_is_refused_recorded_and_counted(analyst: ApiClient) -> None:
    quality = client_of("quality")
    body = {"reason": "Done", "password": "wrong"}
    for _ in range(LOCK_AFTER - 1):
        refused = quality.post(f"lots/{LOT}/release/", body, if_match=quality.etag(LOT))
        assert refusal(refused) == (403, "signature_refused")
    fifth = quality.post(f"lots/{LOT}/release/", body, if_match=quality.etag(LOT))
    assert refusal(fifth) == (403, "account_locked")

    locked = quality.sign(f"lots/{LOT}/release/")

    assert refusal(locked) == (403, "account_locked")
    attempts = SignIn.objects.filter(username="quality", kind="signature", succeeded=False)
    assert attempts.count() == 6


def test_no_password_is_shown_again(analyst: ApiClient) -> None:
    quality = client_of("quality")

    refused = quality.post(
        f"lots/{LOT}/release/",
        {"reason": "x", "password": "open-sesame", "pasword": "open-sesame"},
        if_match=quality.etag(LOT),
    )

    assert refused.status_code == 422
    assert "open-sesame" not in refused.content.decode()


def test_the_same_number_in_another_case_is_taken(analyst: ApiClient) -> None:
    refused = analyst.post("lots/", described(number="ev-26-001"))

    assert refusal(refused) == (409, "already_exists")


def test_sources_and_product_of_another_case_are_found(analyst: ApiClient) -> None:
    registered = analyst.post("lots/", described(product="exo-1", sources=["uc-0042"]))

    assert registered.status_code == 201
