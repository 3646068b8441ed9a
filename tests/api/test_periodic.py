"""The signature policy and the reviews that come round, over the API."""

from __future__ import annotations

import pytest

from tests.api.clients import client_of, made, problem
from tests.sealing import seal

pytestmark = pytest.mark.django_db


def test_a_new_policy_is_signed_and_accepted_by_version() -> None:
    quality, analyst = client_of("quality"), client_of("analyst")

    issued = made(quality.sign("signature-policies/", text="1. Sign only what is true."))
    accepted = made(analyst.post("signature-policies/accept/", {"version": 2}))

    listed = analyst.get("signature-policies/").json()["results"]
    assert (issued["version"], issued["signature"]["meaning"]) == (2, "Signature policy issued")
    assert (accepted["version"], accepted["printed_name"]) == (2, "Anna Alvarez")
    assert [(row["version"], row["accepted_by"]) for row in listed] == [(2, 1), (1, 7)]


def test_who_has_not_accepted_is_told_by_a_code() -> None:
    quality = client_of("quality")
    made(quality.sign("signature-policies/", text="1. Sign only what is true."))

    refused = quality.sign("signature-policies/", text="1. Another text.")

    assert problem(refused)["code"] == "policy_not_accepted"
    assert refused.status_code == 403


def test_reviews_are_recorded_signed_and_listed() -> None:
    seal(20)
    admin, quality = client_of("admin", "write"), client_of("quality")

    made(admin.post("credential-reviews/", {"findings": "All fit"}))
    signed = made(
        quality.sign("trail-reviews/", last_index=19, scope="All sign-ins", findings="None")
    )

    assert (signed["first_index"], signed["last_index"], len(signed["root"])) == (0, 19, 64)
    assert quality.get("trail-reviews/").json()["results"] == [signed]
    (review,) = quality.get("credential-reviews/").json()["results"]
    assert (review["reviewed_by"], review["accounts"]) == ("Ada Adminson", 7)
