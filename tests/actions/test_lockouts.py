"""Wrong passwords: what they count for, whom they lock, and who is told."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpRequest

from products.actions.accounts import change_password, record_sign_in, sign_in
from products.actions.donors import register_donor
from products.actions.lockouts import settle_lockout
from products.actions.naming import begin, end
from products.actions.tokens import issue_token
from products.domain.accounts import ADDRESS_LIMIT, LOCK_AFTER, LOCK_FOR, OUTSIDE_LIMIT
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    SignatureRefusedError,
    UnknownReferenceError,
)
from products.models import AuditEntry, Lockout, SignIn, User
from products.queries.lockouts import lock_of, open_lockouts
from tests.accounts import PASSWORD
from tests.records import context, people

pytestmark = pytest.mark.django_db

LAB, OUTSIDE = "192.0.2.10", "203.0.113.66"


def at_the_door(password: str, address: str, username: str = "analyst") -> User | None:
    system = User.objects.get(username="system")
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = address
    return sign_in(
        context(system, "", address=address), request, username=username, password=password
    )


def fail_to_sign(times: int = LOCK_AFTER) -> None:
    for _ in range(times):
        with pytest.raises(SignatureRefusedError):
            change_password(context(people().analyst), old="wrong", new="a new long pass phrase")


def test_the_fifth_failure_to_sign_locks_the_account_for_15_minutes() -> None:
    fail_to_sign(LOCK_AFTER - 1)
    assert not Lockout.objects.exists()

    fail_to_sign(1)

    lock = Lockout.objects.get()
    assert (lock.user, lock.failures, lock.kind) == (people().analyst, LOCK_AFTER, "signature")
    assert abs(lock.until - lock.recorded_at - LOCK_FOR) < timedelta(seconds=5)
    assert AuditEntry.objects.filter(record_table="products_lockout").count() == 1


def test_while_locked_the_right_password_neither_signs_nor_opens_the_door() -> None:
    at_the_door(PASSWORD, LAB)
    fail_to_sign()

    with pytest.raises(SignatureRefusedError, match="is locked until") as refusal:
        change_password(context(people().analyst), old=PASSWORD, new="a new long pass phrase")

    assert refusal.value.code == "account_locked"
    assert at_the_door(PASSWORD, LAB) is None
    assert at_the_door(PASSWORD, OUTSIDE) is None


@pytest.mark.parametrize("kind", ["personal", "service"])
def test_while_locked_no_token_is_issued(kind: str) -> None:
    fail_to_sign()

    with pytest.raises(SignatureRefusedError, match="No token was issued") as refusal:
        issue_token(context(people().analyst), kind=kind, scope="read", purpose="x", days=1)

    assert refusal.value.code == "account_locked"


def test_a_lock_stops_no_work_that_is_not_signed() -> None:
    fail_to_sign()

    assert register_donor(context(people().analyst), code="D-0777").code == "D-0777"


def test_attempts_while_locked_are_recorded_and_lock_no_further() -> None:
    fail_to_sign(LOCK_AFTER + 6)

    assert Lockout.objects.count() == 1
    assert SignIn.objects.filter(user=people().analyst, succeeded=False).count() == LOCK_AFTER + 6


def test_a_success_begins_the_count_anew() -> None:
    fail_to_sign(LOCK_AFTER - 1)
    change_password(context(people().analyst), old=PASSWORD, new="a new long pass phrase")

    fail_to_sign(LOCK_AFTER - 1)

    assert not Lockout.objects.exists()


def test_failures_at_the_door_from_a_known_address_lock_the_account() -> None:
    at_the_door(PASSWORD, LAB)

    for _ in range(LOCK_AFTER):
        assert at_the_door("wrong", LAB) is None

    assert Lockout.objects.get().kind == "sign_in"


def test_signing_and_signing_in_are_counted_together() -> None:
    at_the_door(PASSWORD, LAB)
    fail_to_sign(3)

    at_the_door("wrong", LAB)
    at_the_door("wrong", LAB)

    assert Lockout.objects.get().failures == LOCK_AFTER


def test_a_stranger_locks_nobody_out_and_is_paused_by_address() -> None:
    for username in ("analyst", "quality", "admin", "reviewer"):
        at_the_door(PASSWORD, LAB, username)
        for _ in range(LOCK_AFTER):
            at_the_door("wrong", OUTSIDE, username)

    assert not Lockout.objects.exists()
    assert at_the_door(PASSWORD, OUTSIDE, "analyst2") is None
    assert at_the_door(PASSWORD, LAB, "analyst") == people().analyst


def test_an_address_is_paused_after_its_limit_and_not_before() -> None:
    for _ in range(ADDRESS_LIMIT - 1):
        at_the_door("wrong", OUTSIDE, "nobody")
    assert at_the_door(PASSWORD, OUTSIDE, "analyst") == people().analyst

    at_the_door("wrong", OUTSIDE, "nobody")

    assert at_the_door(PASSWORD, OUTSIDE, "quality") is None
    assert at_the_door(PASSWORD, OUTSIDE, "analyst") == people().analyst


def test_after_many_strangers_only_known_addresses_are_tried() -> None:
    at_the_door(PASSWORD, LAB)
    analyst = people().analyst
    with transaction.atomic():
        begin("account.sign_in", context(analyst))
        SignIn.objects.bulk_create(
            SignIn(
                user=analyst,
                username="analyst",
                kind="sign_in",
                succeeded=False,
                counted_for="address",
                address=f"198.51.100.{number}",
            )
            for number in range(OUTSIDE_LIMIT)
        )
        end()

    assert at_the_door(PASSWORD, "198.51.100.200") is None
    assert at_the_door(PASSWORD, LAB) == analyst


def test_a_failure_that_something_else_judged_counts_for_the_account() -> None:
    system = context(User.objects.get(username="system"))
    for _ in range(LOCK_AFTER):
        record_sign_in(system, kind="sign_in", username="analyst", succeeded=False)

    assert Lockout.objects.get().user == people().analyst


def settled(**changes: Any) -> Any:
    given: dict[str, Any] = {"lockout": Lockout.objects.get().pk, "finding": "Caps lock was on"}
    return settle_lockout(context(people().admin), **(given | changes))


def test_the_notice_stays_until_an_administrator_deals_with_it() -> None:
    fail_to_sign()
    assert [row.user for row in open_lockouts()] == [people().analyst]

    row = settled()

    assert (row.finding, row.recorded_by) == ("Caps lock was on", people().admin)
    assert not open_lockouts()
    assert lock_of(people().analyst, context(people().analyst).at) is not None


def test_a_lock_is_dealt_with_once_by_a_finding_and_exists() -> None:
    fail_to_sign()

    with pytest.raises(InvalidValueError, match="Finding"):
        settled(finding=" ")
    with pytest.raises(UnknownReferenceError):
        settled(lockout=uuid.uuid4())
    settled()
    with pytest.raises(DuplicateError, match="already, by Ada Adminson"):
        settled()


def test_only_an_administrator_deals_with_a_lock() -> None:
    fail_to_sign()

    with pytest.raises(NotPermittedError):
        settle_lockout(
            context(people().quality), lockout=Lockout.objects.get().pk, finding="Nothing"
        )
