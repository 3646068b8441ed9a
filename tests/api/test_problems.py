"""Refusals are problem documents, whatever refused; no error of ours is a server error."""

from __future__ import annotations

import json
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from products.api import errors
from products.api.errors import handle, status_of
from products.domain.errors import DecidedMeanwhileError, DomainError, ReleaseBlockedError
from products.models import AuditEntry
from tests.api.clients import client_of, made, problem
from tests.records import lot

pytestmark = pytest.mark.bare


def request() -> Request:
    return Request(APIRequestFactory().get("/api/v1/lots/"))


def tree(kind: type[DomainError]) -> list[type[DomainError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in tree(child))]


EXPECTED = {
    "AccessNotRecordedError": 503,
    "BodyTooLargeError": 413,
    "ClockError": 503,
    "ConfigurationError": 503,
    "ConflictError": 409,
    "DecidedMeanwhileError": 409,
    "DomainError": 422,
    "DuplicateError": 409,
    "InvalidCursorError": 400,
    "InvalidIdempotencyKeyError": 400,
    "InvalidInstantError": 400,
    "InvalidValueError": 422,
    "LengthRequiredError": 411,
    "MalformedBodyError": 400,
    "MalformedJsonError": 400,
    "NotComparableError": 422,
    "NotFoundError": 404,
    "NotSealedYetError": 409,
    "NotPermittedError": 403,
    "NoPastError": 400,
    "NoteError": 422,
    "PreconditionRequiredError": 428,
    "ProofError": 422,
    "ReleaseBlockedError": 409,
    "ResultExistsError": 409,
    "SeparationOfDutiesError": 403,
    "SignatureRefusedError": 403,
    "StaleVersionError": 412,
    "TooManyFilesError": 429,
    "TooManyRowsError": 422,
    "UnknownChoiceError": 400,
    "UnknownReferenceError": 422,
    "WrongStatusError": 409,
}


def test_every_refusal_has_the_status_of_its_kind() -> None:
    carrying = {ReleaseBlockedError, DecidedMeanwhileError}
    found = {
        kind.__name__: status_of(kind("No.", ()) if kind in carrying else kind("No."))  # type: ignore[arg-type, call-arg]  # of those two
        for kind in tree(DomainError)
        if kind.__module__.startswith("products.")
    }

    assert found == EXPECTED


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "not_permitted"),
        (exceptions.Throttled(wait=7.2), 429, "throttled"),
        (exceptions.APIException(), 500, "refused"),
        (RuntimeError("the password is swordfish"), 500, "internal_error"),
    ],
)
def test_what_others_raise_is_a_problem_too(error: Exception, status: int, code: str) -> None:
    response = handle(error, {"request": request()})

    assert (response.status_code, response.data["code"]) == (status, code)
    assert response.content_type == errors.PROBLEM
    assert "swordfish" not in json.dumps(response.data)


def test_who_asked_too_often_is_told_how_long_to_wait() -> None:
    many = handle(errors.TooManyFilesError("No."), {"request": request()})

    assert many["Retry-After"] == "10"
    assert handle(exceptions.Throttled(wait=7.2), {"request": request()})["Retry-After"] == "8"


@pytest.mark.django_db
def test_a_problem_says_what_where_and_which_request() -> None:
    found = problem(client_of("auditor").get("lots/NOPE/", x_request_id="audit-7"))

    assert found == {
        "type": "urn:problem-type:exolot:not_found",
        "title": "Not found",
        "status": 404,
        "detail": "There is no lot 'NOPE'.",
        "code": "not_found",
        "instance": "/api/v1/lots/NOPE/",
        "request_id": "audit-7",
        "field": "lot",
    }


@pytest.mark.django_db
def test_the_request_id_of_a_client_reaches_the_audit_trail() -> None:
    response = client_of("analyst").post("donors/", {"code": "D-0100"}, x_request_id="eln-42")

    assert response.headers["X-Request-ID"] == "eln-42"
    entry = AuditEntry.objects.get(action="donor.register", record_table="products_donor")
    assert (entry.request_id, entry.actor_name) == ("eln-42", "analyst")
    assert entry.address == "127.0.0.1"


@pytest.mark.django_db
@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "<script>"])
def test_another_request_id_is_replaced(sent: str) -> None:
    answered = client_of("auditor").get("lots/", x_request_id=sent).headers["X-Request-ID"]

    assert uuid.UUID(answered).version == 4


@pytest.mark.django_db
def test_head_answers_like_get_without_the_body() -> None:
    lot()

    response = client_of("auditor").http.head("/api/v1/lots/EV-26-001/")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["ETag"]


@pytest.mark.django_db
def test_nothing_may_keep_an_answer_without_asking_again() -> None:
    response = client_of("auditor").get("lots/")

    made(response)
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["Content-Type"] == "application/json"
