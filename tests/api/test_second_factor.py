"""Second factors over the API: enrolled, given with each signature, removed."""

from __future__ import annotations

import base64

import pytest
from pytest_django import Settings

from products.models import AuditEntry, Factor, RequestAnswer, RequestDone
from tests.accounts import PASSWORD
from tests.api.clients import ApiClient, client_of, made, problem, refusal, token_for
from tests.factors import App, app_of, comes_in, recovery_codes_of
from tests.records import lot, people

pytestmark = pytest.mark.django_db
HOLDS = "lots/EV-26-001/holds/"


@pytest.fixture
def analyst() -> ApiClient:
    return ApiClient(token_for(people().analyst))


def enrolled(client: ApiClient) -> App:
    """By the API alone."""
    answer = client.post("own-factors/", {"name": "Pocket", "password": PASSWORD})
    body = made(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    app = App(Factor.objects.get(pk=body["id"]), base64.b32decode(body["secret"]))
    made(client.post(f"own-factors/{body['id']}/confirm/", {"second_factor": app.code()}))
    return app


def test_an_app_is_enrolled_confirmed_listed_and_removed(analyst: ApiClient) -> None:
    app = enrolled(analyst)

    (line,) = made(analyst.get("own-factors/"))["results"]
    accounts = made(analyst.get("accounts/"))["results"]
    gone = made(
        analyst.post(
            f"own-factors/{app.factor.pk}/remove/",
            {"password": PASSWORD, "second_factor": app.code(), "reason": "New telephone"},
        )
    )

    assert (line["kind"], line["name"], line["removed_at"]) == ("totp", "Pocket", None)
    assert {row["username"] for row in accounts if row["has_second_factor"]} == {"analyst"}
    assert (gone["removed_by"], gone["removed_because"]) == ("Anna Alvarez", "New telephone")


def test_each_signature_takes_a_new_code_beside_the_password(analyst: ApiClient) -> None:
    lot()
    app = enrolled(analyst)
    code = app.code()

    without = analyst.sign(HOLDS)
    signed = analyst.sign(HOLDS, second_factor=code)
    again = analyst.sign(HOLDS, reason="For another reason", second_factor=code)
    wrong = analyst.sign(HOLDS, password="wrong", second_factor=app.code())

    assert refusal(without) == (403, "second_factor_needed")
    assert problem(without)["field"] == "second_factor"
    made(signed)
    assert refusal(again) == (403, "signature_refused")
    assert problem(again)["detail"] == problem(wrong)["detail"]


def test_the_same_signed_request_with_a_new_code_is_the_same_request(analyst: ApiClient) -> None:
    lot()
    app = enrolled(analyst)

    asked = {"reason": "A deviation", "password": PASSWORD}
    etag = analyst.etag("EV-26-001")

    made(analyst.post(HOLDS, asked | {"second_factor": app.code()}, if_match=etag))
    again = analyst.post(HOLDS, asked | {"second_factor": app.code()}, if_match=etag)

    assert refusal(again) == (409, "request_repeated")


def test_where_the_setting_asks_who_has_none_is_told_where_to_enrol(
    analyst: ApiClient, settings: Settings
) -> None:
    lot()
    settings.SIGNERS_NEED_SECOND_FACTOR = True

    refused = analyst.sign(HOLDS)

    assert refusal(refused) == (403, "second_factor_missing")
    assert "/api/v1/own-factors/" in problem(refused)["detail"]


def test_a_token_takes_a_code(analyst: ApiClient) -> None:
    app = enrolled(analyst)
    asked = {"kind": "personal", "scope": "read", "purpose": "X", "days": 1}

    assert refusal(analyst.post("tokens/", asked)) == (403, "second_factor_needed")
    made(analyst.post("tokens/", asked | {"second_factor": app.code()}))


def test_a_code_that_was_read_over_a_shoulder_serves_nowhere_else(analyst: ApiClient) -> None:
    """Used at the door it neither signs, issues, enrols nor opens the door; nor the one before."""
    lot()
    app = enrolled(analyst)
    before, used = app.code(), app.code()
    assert comes_in("analyst", used) is not None

    for code in (before, used):
        typed = {"second_factor": code}
        token = {"kind": "personal", "scope": "read", "purpose": "X", "days": 1}
        assert comes_in("analyst", code) is None
        assert analyst.sign(HOLDS, **typed).status_code == 403
        assert analyst.post("tokens/", token | typed).status_code == 403
        another = {"name": "Another", "password": PASSWORD}
        assert analyst.post("own-factors/", another | typed).status_code in {403, 429}


def test_what_is_shown_once_is_not_kept_for_the_same_request(analyst: ApiClient) -> None:
    asked = {"name": "Pocket", "password": PASSWORD}
    first = made(analyst.post("own-factors/", asked, idempotency_key="k-1"))
    token = {"kind": "personal", "scope": "read", "purpose": "X", "days": 1}
    issued = made(analyst.post("tokens/", token, idempotency_key="k-2"))

    again = analyst.post("own-factors/", asked, idempotency_key="k-1")

    assert refusal(again) == (409, "answer_not_kept")
    assert RequestDone.objects.filter(key__in=["k-1", "k-2"]).count() == 2
    assert not RequestAnswer.objects.exists()
    bodies = b"".join(bytes(entry.body) for entry in AuditEntry.objects.all())
    assert first["secret"].encode() not in bodies
    assert issued["token"].encode() not in bodies


def test_recovery_codes_are_shown_once_and_sign_nothing(analyst: ApiClient) -> None:
    lot()
    app = enrolled(analyst)
    codes = made(
        analyst.post(
            "own-factors/recovery-codes/", {"password": PASSWORD, "second_factor": app.code()}
        )
    )["codes"]

    assert refusal(analyst.sign(HOLDS, second_factor=codes[0])) == (403, "signature_refused")
    left = {row["kind"]: row["codes_left"] for row in made(analyst.get("own-factors/"))["results"]}
    assert left == {"totp": None, "recovery_codes": 10}


def test_an_administrator_removes_a_factor_of_somebody_else() -> None:
    app = app_of("analyst")
    recovery_codes_of("analyst", app)
    admin = ApiClient(token_for(people().admin))
    path = f"accounts/analyst/factors/{app.factor.pk}/remove/"

    made(admin.post(path, {"reason": "Lost on the train"}))

    rows = made(client_of("auditor").get("accounts/analyst/factors/"))["results"]
    assert [row["removed_because"] for row in rows] == [
        "Lost on the train",
        "The last factor that signs was removed",
    ]
    assert refusal(admin.post(path, {"reason": "Again"})) == (409, "wrong_status")
    assert refusal(admin.get("accounts/nobody/factors/")) == (404, "not_found")
    assert refusal(admin.post(f"own-factors/{app.factor.pk}/confirm/", {"second_factor": "1"})) == (
        404,
        "not_found",
    )
