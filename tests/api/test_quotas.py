"""How many requests are answered within a minute, and what the answers say of it."""

from __future__ import annotations

import uuid

import pytest
from pytest_django import Settings

from products.api.quotas import WINDOW, Quotas
from products.models import Donor
from tests.api.clients import client_of, problem

ACCOUNT, OTHER = uuid.uuid4(), uuid.uuid4()


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_a_quota_is_used_up_and_comes_back_with_the_next_window() -> None:
    clock = Clock()
    quotas = Quotas(clock)

    first, second, third = (quotas.take(ACCOUNT, 2) for _ in range(3))
    clock.at += WINDOW - 0.5
    late = quotas.take(ACCOUNT, 2)
    clock.at += 0.5
    again = quotas.take(ACCOUNT, 2)

    assert [left.is_allowed for left in (first, second, third, late, again)] == [
        *(True, True, False, False, True)
    ]
    assert [left.remaining for left in (first, second, third, again)] == [1, 0, 0, 1]
    assert (first.reset_in, late.reset_in) == (60, 1)


def test_one_account_uses_nothing_of_another() -> None:
    quotas = Quotas(Clock())
    quotas.take(ACCOUNT, 1)

    assert quotas.take(OTHER, 1).is_allowed
    assert not quotas.take(ACCOUNT, 1).is_allowed


def test_the_fields_are_structured_as_the_draft_has_them() -> None:
    assert Quotas(Clock()).take(ACCOUNT, 1200).headers == {
        "RateLimit-Policy": '"account";q=1200;w=60',
        "RateLimit": '"account";r=1199;t=60',
    }


@pytest.mark.django_db
def test_who_sends_too_much_is_told_when_to_send_again_and_nothing_is_done(
    settings: Settings,
) -> None:
    analyst = client_of("analyst2")
    answered = analyst.get("lots/")
    settings.API_REQUESTS_PER_MINUTE = 1

    refused = analyst.post("donors/", {"code": "D-7"})

    assert answered.headers["RateLimit"].startswith('"account";r=')
    assert problem(refused)["code"] == "throttled"
    assert refused.status_code == 429
    assert refused.headers["RateLimit"].startswith('"account";r=0;t=')
    assert 1 <= int(refused.headers["Retry-After"]) <= WINDOW
    assert f"t={refused.headers['Retry-After']}" in refused.headers["RateLimit"]
    assert not Donor.objects.filter(code="D-7").exists()
