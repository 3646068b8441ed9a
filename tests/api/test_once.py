"""The same request again has no second effect: the first answer, or a refusal."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from products.models import Evidence, Hold, Note, RequestAnswer, RequestDone, Signature
from tests.accounts import PASSWORD
from tests.api.clients import ApiClient, client_of, made, refusal, token_for
from tests.records import lot, people

pytestmark = pytest.mark.django_db

KEY = '"8e03978e-40d5-43e8-bc93-6f9e0f8e0b2c"'
DETERMINATION = {
    "outcome": "eligible",
    "determined_on": "2026-01-05",
    "establishment": "Elsewhere",
    "summary_of_records": "SR-1",
}


def determined(client: ApiClient, *, password: str = PASSWORD, **headers: str) -> Any:
    """A signed request that asks for no lot, so that nothing but the request names it."""
    body = {"reason": "As the summary says", "password": password, **DETERMINATION}
    return client.post("donors/D-0042/determinations/", body, **headers)


def test_a_signed_request_with_a_key_is_carried_out_once_and_answered_alike() -> None:
    client = client_of("quality")

    first = determined(client, idempotency_key=KEY)
    signed = Signature.objects.count()
    again = [determined(client, idempotency_key=KEY) for _ in range(100)]

    assert first.status_code == 201
    assert {(answer.status_code, answer.content) for answer in again} == {(201, first.content)}
    assert {answer["Idempotent-Replayed"] for answer in again} == {"true"}
    assert {answer["Content-Type"] for answer in again} == {first["Content-Type"]}
    assert "Idempotent-Replayed" not in first
    assert Signature.objects.count() == signed
    kept = RequestAnswer.objects.get()
    assert kept.request.action == "donor.determine"
    assert PASSWORD not in kept.body


def test_a_signed_request_without_a_key_is_refused_when_it_comes_again() -> None:
    client = client_of("quality")

    first = determined(client)
    signed = Signature.objects.count()
    again = [refusal(determined(client)) for _ in range(100)]

    assert first.status_code == 201
    assert set(again) == {(409, "request_repeated")}
    assert Signature.objects.count() == signed


def test_a_request_that_came_with_a_key_is_refused_without_it() -> None:
    client = client_of("quality")
    determined(client, idempotency_key=KEY)

    assert refusal(determined(client)) == (409, "request_repeated")


def test_whoever_means_it_twice_takes_a_key() -> None:
    client = client_of("quality")
    determined(client)

    assert determined(client, idempotency_key=KEY).status_code == 201


def test_a_key_is_for_one_request() -> None:
    client = client_of("quality")
    determined(client, idempotency_key=KEY)

    other = {"reason": "Another", "password": PASSWORD, **DETERMINATION}
    answer = client.post("donors/D-0042/determinations/", other, idempotency_key=KEY)

    assert refusal(answer) == (422, "idempotency_key_reused")


def test_the_key_is_the_accounts_own_whatever_its_token() -> None:
    first = determined(client_of("quality"), idempotency_key=KEY)
    another_token = ApiClient(token_for(people().quality))
    somebody_else = determined(client_of("quality2"), idempotency_key=KEY)

    assert determined(another_token, idempotency_key=KEY).content == first.content
    assert somebody_else.status_code == 201
    assert "Idempotent-Replayed" not in somebody_else


def test_a_refused_request_did_nothing_and_its_key_is_free() -> None:
    client = client_of("quality")

    refused = determined(client, password="not the password", idempotency_key=KEY)

    assert refusal(refused) == (403, "signature_refused")
    assert not RequestDone.objects.exists()
    assert determined(client, idempotency_key=KEY).status_code == 201


def test_the_password_is_no_part_of_the_request() -> None:
    client = client_of("quality")
    first = determined(client, idempotency_key=KEY)

    assert determined(client, password="forgotten", idempotency_key=KEY).content == first.content


@pytest.mark.parametrize(
    "key", ['""', "", " ", "x" * 256, '"open', "ключ".encode().decode("latin1")]
)
def test_what_is_no_key_is_refused(key: str) -> None:
    answer = determined(client_of("quality"), idempotency_key=key)

    assert refusal(answer) == (400, "invalid_idempotency_key")


def test_a_key_is_the_same_with_quotes_and_without() -> None:
    client = client_of("quality")
    first = determined(client, idempotency_key=KEY)

    assert determined(client, idempotency_key=KEY.strip('"')).content == first.content


def test_an_unsigned_request_is_carried_out_once_under_a_key_and_each_time_without() -> None:
    lot()
    client = client_of("analyst")

    for _ in range(3):
        made(client.post("lots/EV-26-001/notes/", {"text": "A bubble"}, idempotency_key=KEY))
    assert Note.objects.count() == 1

    made(client.post("lots/EV-26-001/notes/", {"text": "A bubble"}))
    assert Note.objects.count() == 2


def test_a_decision_is_answered_again_although_the_lot_has_changed_by_it() -> None:
    lot()
    client = client_of("analyst")
    body = {"reason": "Freezer alarm", "password": PASSWORD}
    etag = client.etag("EV-26-001")

    answers = [
        client.post("lots/EV-26-001/holds/", body, if_match=etag, idempotency_key=KEY)
        for _ in range(3)
    ]

    assert {answer.content for answer in answers} == {answers[0].content}
    assert Hold.objects.count() == 1
    assert refusal(client.post("lots/EV-26-001/holds/", body, if_match=etag)) == (
        409,
        "request_repeated",
    )


def test_an_answer_that_was_lost_is_not_bought_by_a_second_effect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = client_of("quality")
    with monkeypatch.context() as stopped:
        stopped.setattr("products.api.accepting.keep_answer", lambda *_: None)
        determined(client, idempotency_key=KEY)
    signed = Signature.objects.count()

    assert refusal(determined(client, idempotency_key=KEY)) == (409, "answer_not_kept")
    assert Signature.objects.count() == signed


def test_a_file_is_attached_once_and_another_file_is_another_request() -> None:
    lot()
    client = client_of("analyst")
    fields = {"kind": "lot", "key": "EV-26-001", "description": "A print"}

    def attached(content: bytes) -> Any:
        sent = {**fields, "file": SimpleUploadedFile("print.txt", content)}
        return client.http.post("/api/v1/evidence/", sent, headers={"Idempotency-Key": "k-1"})

    first, again, other = attached(b"one"), attached(b"one"), attached(b"two")

    assert (first.status_code, again.content) == (201, first.content)
    assert other.status_code == 422
    assert Evidence.objects.count() == 1
