"""Identities at a provider: which account they open, and what they never do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from products.actions.accounts import change_password, set_active, set_expiry
from products.actions.base import Context
from products.actions.identities import (
    ProvedIdentity,
    link_identity,
    link_own_identity,
    record_unproved,
    sign_in_by_provider,
    unlink_identity,
)
from products.actions.naming import begin
from products.domain.accounts import LOCK_AFTER, SignInMethod
from products.domain.errors import (
    DomainError,
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    SignatureRefusedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.models import AuditEntry, IdentityLink, IdentityUnlink, Lockout, SignIn, User
from products.models.fields import uuid7
from tests.accounts import PASSWORD
from tests.admin.pages import account_with
from tests.factors import app_of, comes_in
from tests.records import context, people, today

pytestmark = pytest.mark.django_db
ISSUER = "https://id.example.org"
ANNA = ProvedIdentity(ISSUER, "a-1", "anna@example.org")
NEW = "a new long pass phrase"


def linked(username: str = "analyst", subject: str = "a-1") -> IdentityLink:
    return link_identity(context(people().admin), username=username, issuer=ISSUER, subject=subject)


def undone(row: IdentityLink) -> IdentityUnlink:
    return unlink_identity(context(people().admin), link=row.pk)


def sign_in(proved: ProvedIdentity = ANNA) -> User | None:
    system = User.objects.get(username="system")
    link = sign_in_by_provider(context(system, ""), proved)
    return link.user if link else None


def confirmed(account: User, password: str = PASSWORD) -> Context:
    return context(account, "", password=password)


def last_attempt() -> SignIn:
    return SignIn.objects.filter(kind="sign_in").order_by("-recorded_at")[0]


def fail_to_sign(times: int) -> None:
    for _ in range(times):
        with pytest.raises(SignatureRefusedError):
            change_password(context(people().analyst), old="wrong", new=NEW)


def test_a_linked_identity_opens_its_account_and_it_is_recorded() -> None:
    linked()

    assert sign_in() == people().analyst

    row = last_attempt()
    assert (row.user, row.username, row.succeeded) == (people().analyst, "analyst", True)
    assert (row.kind, row.method, row.counted_for) == ("sign_in", "provider", "nothing")


@pytest.mark.parametrize(
    "proved",
    [
        replace(ANNA, subject="a-2"),
        replace(ANNA, subject="A-1"),
        replace(ANNA, subject="a-1 "),
        replace(ANNA, subject="analyst"),
        replace(ANNA, issuer="https://id.example.com"),
        replace(ANNA, issuer=f"{ISSUER}/"),
    ],
)
def test_an_identity_that_is_not_linked_opens_nothing(proved: ProvedIdentity) -> None:
    linked()

    assert sign_in(proved) is None

    row = last_attempt()
    assert (row.user, row.username, row.succeeded) == (None, proved.subject, False)


def close() -> None:
    set_active(context(people().admin), username="analyst", is_active=False)


def expire() -> None:
    long_ago = today() - timedelta(days=2)
    set_expiry(context(people().admin), username="analyst", expires_on=long_ago)


def lock() -> None:
    fail_to_sign(LOCK_AFTER)


def undo() -> None:
    undone(IdentityLink.objects.get())


@pytest.mark.parametrize("shut", [close, expire, lock])
def test_an_account_that_is_shut_is_not_opened(shut: Callable[[], None]) -> None:
    linked()
    shut()

    assert sign_in() is None

    row = last_attempt()
    assert (row.user, row.succeeded, row.counted_for) == (people().analyst, False, "nothing")


@pytest.mark.parametrize("traits", [{"is_staff": False}, {"locked_at": "2026-01-01T00:00Z"}])
def test_an_account_that_the_door_refuses_is_not_opened(traits: dict[str, Any]) -> None:
    account_with("shut", "Analyst", person_of=people().analyst, traits=traits)
    linked("shut")

    assert sign_in() is None


def test_an_undone_link_opens_nothing() -> None:
    linked()
    undo()

    assert sign_in() is None
    assert last_attempt().user is None


def test_refusals_at_the_provider_lock_nobody() -> None:
    linked()
    close()
    for _ in range(2 * LOCK_AFTER):
        sign_in()

    assert not Lockout.objects.exists()


def test_the_provider_ends_no_row_of_wrong_passwords() -> None:
    """With it, who holds the identity could guess the password for ever."""
    linked()
    fail_to_sign(LOCK_AFTER - 1)
    assert sign_in() is not None

    fail_to_sign(1)

    assert Lockout.objects.get().user == people().analyst


def test_the_provider_stands_for_the_password_alone_beside_a_second_factor() -> None:
    app = app_of("analyst")
    linked()
    fail_to_sign(LOCK_AFTER - 1)

    sign_in()
    half = SignIn.objects.order_by("-recorded_at")[0]
    comes_in("analyst", app.code(), method=SignInMethod.PROVIDER)
    whole = last_attempt()
    fail_to_sign(1)

    assert (half.kind, half.method, half.succeeded) == ("password", "provider", True)
    assert (whole.kind, whole.method, whole.succeeded) == ("sign_in", "provider", True)
    assert Lockout.objects.filter(user=people().analyst).exists()


def test_an_answer_that_proves_nobody_is_recorded() -> None:
    record_unproved(context(User.objects.get(username="system"), ""))

    row = last_attempt()
    assert (row.user, row.username, row.succeeded, row.method) == (None, "", False, "provider")


def test_the_trail_says_who_linked_what_and_why() -> None:
    row = link_identity(
        context(people().admin, "Asked in person"),
        username="analyst",
        issuer=f" {ISSUER} ",
        subject=" a-1 ",
    )

    entry = AuditEntry.objects.get(record_table="products_identitylink")
    assert (entry.action, entry.actor_name, entry.reason) == (
        "identity.link",
        "admin",
        "Asked in person",
    )
    assert (row.issuer, row.subject, row.number, row.shown_as) == (ISSUER, "a-1", 1, "")


def test_a_person_links_the_own_identity_with_the_password() -> None:
    row = link_own_identity(confirmed(people().analyst), ANNA)

    assert (row.user, row.shown_as) == (people().analyst, "anna@example.org")
    assert sign_in() == people().analyst


def test_a_wrong_password_links_nothing_and_counts() -> None:
    with pytest.raises(SignatureRefusedError, match="Nothing was signed; the attempt") as refused:
        link_own_identity(confirmed(people().analyst, "wrong"), ANNA)

    assert refused.value.field == "password"
    assert not IdentityLink.objects.exists()
    assert SignIn.objects.get(kind="signature", succeeded=False).user == people().analyst


def test_a_locked_account_links_nothing() -> None:
    lock()

    with pytest.raises(SignatureRefusedError) as refused:
        link_own_identity(confirmed(people().analyst), ANNA)

    assert refused.value.code == "account_locked"


def test_who_has_a_second_factor_links_nothing_without_it() -> None:
    app = app_of("analyst")
    asked = confirmed(people().analyst)

    with pytest.raises(SignatureRefusedError) as refused:
        link_own_identity(asked, ANNA)
    row = link_own_identity(replace(asked, second_factor=app.code()), ANNA)

    assert refused.value.code == "second_factor_needed"
    assert row.user == people().analyst


def test_what_the_provider_calls_the_person_is_only_shown() -> None:
    strange = replace(ANNA, shown_as="\u202equality" + "x" * 300)

    row = link_own_identity(confirmed(people().analyst), strange)

    assert row.shown_as == "\N{REPLACEMENT CHARACTER}quality" + "x" * 192


REFUSED: list[tuple[str, dict[str, str], type[DomainError], str]] = [
    ("admin", {"username": "nobody"}, UnknownReferenceError, "no account 'nobody'"),
    ("admin", {"username": "system"}, NotPermittedError, "belongs to no person"),
    ("admin", {"username": "admin"}, NotPermittedError, "an account of your own"),
    ("admin", {"subject": " "}, InvalidValueError, "[Ss]ubject"),
    ("admin", {"issuer": ""}, InvalidValueError, "[Ii]ssuer"),
    ("admin", {"subject": "x" * 256}, InvalidValueError, "255"),
    ("admin", {"subject": "a\u202e1"}, InvalidValueError, "cannot be printed"),
    ("analyst", {}, NotPermittedError, "may not do identity.link"),
    ("quality", {}, NotPermittedError, "may not do identity.link"),
]


@pytest.mark.parametrize(("actor", "change", "error", "message"), REFUSED)
def test_what_may_not_be_linked_is_refused(
    actor: str, change: dict[str, str], error: type[DomainError], message: str
) -> None:
    asked = {"username": "analyst", "issuer": ISSUER, "subject": "a-1"} | change

    with pytest.raises(error, match=message):
        link_identity(context(getattr(people(), actor)), **asked)

    assert not IdentityLink.objects.exists()


def test_linking_needs_a_reason() -> None:
    with pytest.raises(InvalidValueError, match="why an identity is linked"):
        link_identity(
            context(people().admin, " "), username="analyst", issuer=ISSUER, subject="a-1"
        )


def test_an_identity_opens_one_account() -> None:
    linked()

    with pytest.raises(DuplicateError, match="opens the account analyst already"):
        linked("reviewer")
    with pytest.raises(DuplicateError, match="opens the account analyst already"):
        link_own_identity(confirmed(people().reviewer), ANNA)


def test_an_account_has_one_identity_of_an_issuer() -> None:
    linked()

    with pytest.raises(WrongStatusError, match="is opened by a-1 at"):
        linked(subject="a-2")
    elsewhere = replace(ANNA, issuer="https://other.example.org")
    assert link_own_identity(confirmed(people().analyst), elsewhere).number == 1


def test_an_undone_link_makes_room_for_another() -> None:
    undone(linked())

    assert linked("reviewer").number == 2
    assert sign_in() == people().reviewer


def test_who_owns_the_account_or_administers_undoes_a_link() -> None:
    row = linked()

    with pytest.raises(NotPermittedError, match="Only its owner or an administrator"):
        unlink_identity(context(people().quality), link=row.pk)
    unlink_identity(context(people().analyst, "Lost"), link=row.pk)

    assert IdentityUnlink.objects.get().reason == "Lost"


def test_undoing_needs_a_reason_a_link_and_is_done_once() -> None:
    row = linked()

    with pytest.raises(InvalidValueError, match="why a link is undone"):
        unlink_identity(context(people().admin, ""), link=row.pk)
    with pytest.raises(UnknownReferenceError, match="no linked identity with id"):
        unlink_identity(context(people().admin), link=uuid7())
    undone(row)
    with pytest.raises(DuplicateError, match="undone already, by Ada Adminson"):
        undone(row)


@transaction.atomic
def write_again(row: IdentityLink) -> None:
    begin("system.test", context(people().admin))
    row.pk, row.number, row.user = uuid7(), 2, people().reviewer
    row.save(force_insert=True)


def test_the_database_refuses_a_second_link_of_an_identity_past_the_actions() -> None:
    row = linked()

    with pytest.raises(DatabaseError, match="is linked already"):
        write_again(row)


def test_a_second_account_of_the_administrator_is_an_own_one() -> None:
    second = account_with("ada2", "Analyst", person_of=people().admin)

    with pytest.raises(NotPermittedError, match="an account of your own"):
        linked(second.username)
