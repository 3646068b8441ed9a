"""Who may ask at all: tokens, their scope and kind, and what is open to everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import URLPattern

from products.actions.accounts import set_active, set_roles
from products.actions.naming import begin, end
from products.actions.tokens import revoke_token
from products.api.urls import urlpatterns
from products.models import ApiToken, SignIn, User
from tests.accounts import PASSWORD
from tests.api.clients import (
    BASE,
    ApiClient,
    client_of,
    made,
    problem,
    refusal,
    stored_token,
    token_for,
)
from tests.records import context, lot, now, people, submitted_run

pytestmark = pytest.mark.django_db
OPEN = {"schema/", "schema/ui/"}


def addresses() -> Iterator[str]:
    """Every address of the API, with a name of no record in it."""
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        filled = re.sub(r"<number:\w+>", "1", str(pattern.pattern))
        filled = re.sub(r"<name:\w+>", "NOPE", filled)
        yield "nonsense" if filled.startswith("^") else filled


@pytest.mark.parametrize("address", sorted(set(addresses()) - OPEN))
def test_nothing_is_answered_without_a_token(address: str) -> None:
    for response in (Client().get(f"{BASE}/{address}"), Client().post(f"{BASE}/{address}")):
        assert refusal(response) == (401, "not_authenticated")
        assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "address", [f"{BASE}/schema/", f"{BASE}/schema/ui/", "/healthz", "/readyz"]
)
def test_what_shows_no_record_is_open(address: str) -> None:
    assert Client().get(address).status_code == 200


def test_a_session_of_the_admin_opens_nothing() -> None:
    client = Client()
    client.force_login(people().quality, "django.contrib.auth.backends.ModelBackend")

    assert client.get(f"{BASE}/lots/").status_code == 401


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer a b", "Bearer nonsense", "Bearer \xff\xfe", "Basic YTpi", "Bearer a\x00b"],
)
def test_what_is_no_token_is_refused(header: str) -> None:
    response = Client().get(f"{BASE}/lots/", headers={"Authorization": header})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_an_expired_token_is_refused_and_stays_on_record() -> None:
    secret = stored_token(people().analyst, expiry=now() - timedelta(seconds=1))

    refused = ApiClient(secret).get("lots/")

    assert refusal(refused) == (401, "authentication_failed")
    assert "expired" in problem(refused)["detail"]
    assert ApiToken.objects.filter(token_key=secret[:15]).exists()


def test_using_a_token_deletes_no_other_that_expired() -> None:
    expired = stored_token(people().analyst, expiry=now() - timedelta(days=1))

    made(client_of("analyst").get("lots/"))

    assert ApiToken.objects.filter(token_key=expired[:15]).exists()


def test_a_revoked_token_is_refused() -> None:
    secret = token_for(people().analyst)
    revoke_token(context(people().analyst), token_key=secret[:15])

    refused = ApiClient(secret).get("lots/")

    assert refusal(refused) == (401, "authentication_failed")
    assert "revoked" in problem(refused)["detail"]


def test_the_first_letters_of_a_token_are_not_enough() -> None:
    secret = token_for(people().analyst)

    assert ApiClient(secret[:15] + "0" * (len(secret) - 15)).get("lots/").status_code == 401


def test_a_closed_account_is_refused() -> None:
    client = client_of("analyst")
    set_active(context(people().admin), username="analyst", is_active=False)

    assert client.get("lots/").status_code == 401


def test_a_locked_account_is_refused() -> None:
    client = client_of("analyst")
    with transaction.atomic():
        begin("system.test", context(people().admin))
        User.objects.filter(username="analyst").update(locked_at=now())
        end()

    assert client.get("lots/").status_code == 401


def test_an_account_without_a_role_reads_nothing() -> None:
    client = client_of("analyst")
    set_roles(context(people().admin), username="analyst", roles=[])

    assert refusal(client.get("lots/")) == (403, "not_permitted")


def test_a_superuser_without_a_role_reads_nothing() -> None:
    with transaction.atomic():
        begin("system.test", context(people().admin))
        User.objects.create(username="root", password="!", is_superuser=True)
        end()
    secret = stored_token(User.objects.get(username="root"))

    assert refusal(ApiClient(secret).get("lots/")) == (403, "not_permitted")


def test_a_token_that_reads_changes_nothing() -> None:
    refused = client_of("analyst", "read").post("donors/", {"code": "D-0099"})

    assert refusal(refused) == (403, "scope")


def test_a_service_token_records_but_never_signs() -> None:
    lot()
    run = submitted_run().run.number
    service = ApiClient(stored_token(people().reviewer, kind="service"))
    recording = ApiClient(stored_token(people().analyst, kind="service"))
    before = SignIn.objects.count()

    signed = service.sign("lots/EV-26-001/reviews/", runs=[run])
    recorded = recording.post("donors/", {"code": "D-0099"})

    assert refusal(signed) == (403, "signature_refused")
    assert recorded.status_code == 201
    assert SignIn.objects.count() == before


def test_a_token_is_issued_listed_used_and_revoked() -> None:
    analyst = client_of("analyst")
    body = {"kind": "personal", "scope": "read", "purpose": "Spreadsheet", "days": 7}
    issued = analyst.post("tokens/", body)
    secret, key = made(issued)["token"], made(issued)["key"]
    other = ApiClient(secret)

    listed = other.get("tokens/").json()["results"]
    revoked = analyst.post(f"tokens/{key}/revoke/")

    assert issued.headers["Cache-Control"] == "no-store"
    assert listed[0]["purpose"] == "Spreadsheet"
    assert "token" not in listed[0]
    assert made(revoked)["is_valid"] is False
    assert other.get("tokens/").status_code == 401


def test_nobody_sees_the_tokens_of_another() -> None:
    client_of("reviewer")

    listed = client_of("analyst").get("tokens/").json()["results"]

    assert {token["username"] for token in listed} == {"analyst"}


def test_an_unknown_token_is_not_revoked() -> None:
    assert refusal(client_of("analyst").post("tokens/nope/revoke/")) == (404, "not_found")


@pytest.fixture
def administrator() -> ApiClient:
    return ApiClient(stored_token(people().admin))


def account(**changes: Any) -> dict[str, Any]:
    known = {"username": "carla", "password": "a long first password", "roles": ["Reviewer"]}
    return known | {"person": str(people().analyst2.person_id)} | changes


def test_an_administrator_makes_people_accounts_and_sites(administrator: ApiClient) -> None:
    person = made(administrator.post("persons/", {"printed_name": "Carla Cruz"}))
    created = made(administrator.post("accounts/", account(person=person["id"])))
    changed = made(administrator.post("accounts/carla/roles/", {"roles": ["Analyst"]}))
    closed = made(administrator.post("accounts/carla/active/", {"is_active": False}))
    made(administrator.post("accounts/carla/password/", {"new": "another first password"}))
    made(administrator.post("sites/", {"name": "Lisbon", "zone": "Europe/Lisbon"}))

    assert (created["printed_name"], created["roles"]) == ("Carla Cruz", ["Reviewer"])
    assert changed["roles"] == ["Analyst"]
    assert closed["is_active"] is False
    assert User.objects.get(username="carla").check_password("another first password")
    assert Group.objects.get(name="Analyst").user_set.filter(username="carla").exists()
    sites = administrator.get("sites/").json()["results"]
    assert {site["name"] for site in sites} == {"Lisbon", "Main site"}
    assert "carla" in {row["username"] for row in administrator.get("accounts/").json()["results"]}
    assert len(administrator.get("persons/").json()["results"]) == 8


def test_an_unknown_account_is_not_found(administrator: ApiClient) -> None:
    refused = administrator.post("accounts/nobody/roles/", {"roles": []})

    assert refused.status_code == 404


def test_a_password_is_changed_by_its_owner_who_knows_it() -> None:
    client = client_of("analyst")
    new = "quite another passphrase"

    refused = client.post("own-password/", {"old": "wrong", "new": new})
    changed = client.post("own-password/", {"old": PASSWORD, "new": new})

    assert refusal(refused) == (403, "signature_refused")
    assert changed.status_code == 200
    assert User.objects.get(username="analyst").check_password(new)
