"""Reviews that come round: when they are due, and what a signed one covers."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from products.actions.accounts import set_active
from products.actions.donors import register_donor
from products.actions.periodic import review_credentials, review_trail
from products.domain.errors import InvalidValueError, NotPermittedError
from products.domain.merkle import leaf_hash, node_hash
from products.models import AuditEntry, Leaf, TrailReview, User
from products.queries.periodic import (
    actions_between,
    credential_review_due,
    last_proved,
    open_accounts,
    trail_review_due,
    unreviewed,
)
from tests.records import context, now, people
from tests.sealing import seal

pytestmark = pytest.mark.django_db


def reviewed(last_index: int, by: User | None = None, **changes: Any) -> TrailReview:
    given: dict[str, Any] = {"scope": "All sign-ins", "findings": "None"} | changes
    return review_trail(context(by or people().quality), last_index=last_index, **given)


def test_a_review_of_credentials_keeps_who_when_and_what_was_found() -> None:
    set_active(context(people().admin), username="analyst2", is_active=False)

    row = review_credentials(context(people().admin), findings="Ben has left")

    assert (row.recorded_by, row.findings, row.accounts) == (people().admin, "Ben has left", 6)


def test_a_review_of_credentials_says_what_was_found() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        review_credentials(context(people().admin), findings=" ")

    assert refusal.value.field == "findings"


def test_only_an_administrator_reviews_credentials() -> None:
    with pytest.raises(NotPermittedError):
        review_credentials(context(people().quality), findings="All fit")


def test_an_open_account_shows_when_it_last_proved_itself() -> None:
    reviewed_before = {row.username: last_proved(row) for row in open_accounts()}

    assert reviewed_before["auditor"] is not None
    assert "system" not in reviewed_before


@pytest.mark.parametrize(("days", "is_overdue"), [(179, False), (181, True)])
def test_the_next_review_of_credentials_is_due_by_the_setting(
    days: int, is_overdue: bool, settings: Settings
) -> None:
    settings.CREDENTIAL_REVIEW_DAYS = 180
    row = review_credentials(context(people().admin), findings="All fit")

    due = credential_review_due(now() + timedelta(days=days))

    assert due.last == row.recorded_at
    assert due.is_overdue == is_overdue


def test_before_the_first_review_it_is_due_from_the_installation_on(settings: Settings) -> None:
    settings.TRAIL_REVIEW_DAYS = 30

    assert trail_review_due(now()).last is None
    assert not trail_review_due(now()).is_overdue
    assert trail_review_due(now() + timedelta(days=31)).is_overdue


def test_a_review_of_the_trail_is_signed_and_covers_entry_by_entry() -> None:
    register_donor(context(people().analyst), code="D-0777")
    count = seal()

    row = reviewed(count - 2)

    assert (row.first_index, row.last_index) == (0, count - 2)
    assert row.signature.meaning == "Audit trail reviewed"
    assert json.loads(bytes(row.signature.content))["shown"]["root"] == row.root.hex()
    assert unreviewed().first_index == count - 1


def test_the_root_is_that_of_the_entries_reviewed() -> None:
    seal(7)
    entries = Leaf.objects.order_by("index").values_list("entry__body", flat=True)[:5]

    row = reviewed(4)

    one, two, three, four, five = (leaf_hash(bytes(body)) for body in entries)
    left = node_hash(node_hash(one, two), node_hash(three, four))
    assert bytes(row.root) == node_hash(left, five)


def test_the_next_review_begins_where_the_last_one_ended() -> None:
    seal(10)
    reviewed(3)

    row = reviewed(9, by=people().quality2)

    assert (row.first_index, row.last_index) == (4, 9)


@pytest.mark.parametrize("last_index", [3, 10, 10**15])
def test_what_was_reviewed_or_is_not_sealed_is_not_reviewed(last_index: int) -> None:
    seal(10)
    reviewed(3)

    with pytest.raises(InvalidValueError, match="Entries 4 to 9") as refusal:
        reviewed(last_index)

    assert refusal.value.field == "last_index"


def test_when_everything_is_reviewed_there_is_nothing_to_sign() -> None:
    seal(5)
    reviewed(4)

    with pytest.raises(InvalidValueError, match="reviewed already"):
        reviewed(5)


@pytest.mark.parametrize("missing", ["scope", "findings"])
def test_a_review_of_the_trail_says_what_was_looked_at_and_found(missing: str) -> None:
    seal(5)

    with pytest.raises(InvalidValueError) as refusal:
        reviewed(4, None, **{missing: " "})

    assert refusal.value.field == missing


@pytest.mark.parametrize("username", ["analyst", "reviewer", "auditor"])
def test_others_than_quality_and_administrators_review_no_trail(username: str) -> None:
    seal(5)

    with pytest.raises(NotPermittedError):
        reviewed(4, by=getattr(people(), username))


def test_what_is_new_is_counted_by_action() -> None:
    count = seal()
    register_donor(context(people().analyst), code="D-0777")
    seal()

    assert actions_between(count, count) == [("donor.register", 1)]
    assert AuditEntry.objects.filter(action="donor.register").exists()
