"""People, their accounts, passwords and roles."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group

from products.actions.accounts import (
    change_password,
    create_account,
    create_person,
    record_sign_in,
    reset_password,
    set_active,
    set_roles,
)
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    SignatureRefusedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.models import AuditEntry, Person, SignIn, User
from tests.accounts import PASSWORD
from tests.records import context, people

pytestmark = pytest.mark.django_db

NEW = "another fine passphrase"


def created(username: str = "nina", **changes: Any) -> User:
    administers = context(people().admin)
    person = create_person(administers, printed_name="Nina Novak")
    described: dict[str, Any] = {
        "person": person.pk,
        "password": NEW,
        "roles": ["Analyst", "Reviewer"],
    } | changes
    return create_account(context(people().admin), username=username, **described)


def roles_held(username: str) -> set[str]:
    return set(Group.objects.filter(user__username=username).values_list("name", flat=True))


def test_a_person_is_kept_by_the_printed_name() -> None:
    person = create_person(context(people().admin), printed_name=" Nina Novak ")

    person.refresh_from_db()
    assert person.printed_name == "Nina Novak"


@pytest.mark.parametrize("name", ["", " ", "Nina\x00", "N" * 101])
def test_a_person_needs_a_name_that_can_be_printed(name: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        create_person(context(people().admin), printed_name=name)

    assert refusal.value.field == "printed_name"


def test_an_account_begins_with_its_roles_and_a_password_to_change() -> None:
    account = created()

    account.refresh_from_db()
    assert account.check_password(NEW)
    assert account.must_change_password
    assert roles_held("nina") == {"Analyst", "Reviewer"}


def test_the_trail_keeps_the_roles_but_not_the_password() -> None:
    created()

    entries = AuditEntry.objects.filter(action="account.create")
    assert entries.filter(record_table="products_user_groups").count() == 2
    assert all("password" not in (entry.after or {}) for entry in entries)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"roles": ["Boss"]}, "roles"),
        ({"roles": ["Administrator", "Quality"]}, "roles"),
        ({"password": "too short"}, "password"),
        ({"username": "nina novak"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "n" * 65}, "username"),
    ],
)
def test_one_bad_input_is_refused_by_its_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        created(**changes)

    assert refusal.value.field == field


def test_an_administrator_may_also_read_as_an_auditor() -> None:
    created(roles=["Administrator", "Auditor"])

    assert roles_held("nina") == {"Administrator", "Auditor"}


def test_an_account_of_an_unknown_person_is_refused() -> None:
    with pytest.raises(UnknownReferenceError) as refusal:
        created(person=uuid.uuid4())

    assert refusal.value.field == "person"


def test_an_account_name_is_never_reused_in_whatever_case() -> None:
    with pytest.raises(DuplicateError, match=r"QUALITY was used already \(as quality\)"):
        created("QUALITY")


def test_nobody_opens_a_second_account_for_oneself() -> None:
    with pytest.raises(NotPermittedError, match="one's own"):
        created(person=people().admin.person_id, roles=["Quality"])


def test_only_administrators_open_accounts() -> None:
    with pytest.raises(NotPermittedError):
        create_person(context(people().quality), printed_name="Nina Novak")


def test_set_roles_leaves_exactly_the_roles_named() -> None:
    set_roles(context(people().admin), username="Analyst2", roles=["Reviewer"])

    assert roles_held("analyst2") == {"Reviewer"}


def test_nobody_changes_the_roles_of_an_own_account() -> None:
    with pytest.raises(NotPermittedError, match="one's own"):
        set_roles(context(people().admin), username="admin", roles=["Quality"])

    assert roles_held("admin") == {"Administrator"}


def test_the_systems_account_is_changed_by_nobody() -> None:
    with pytest.raises(NotPermittedError, match="belongs to no person"):
        set_active(context(people().admin), username="system", is_active=True)


def test_an_unknown_account_is_refused() -> None:
    with pytest.raises(UnknownReferenceError, match="nobody"):
        set_roles(context(people().admin), username="nobody", roles=[])


def test_an_account_is_closed_and_opened_again() -> None:
    set_active(context(people().admin), username="analyst", is_active=False)
    assert not people().analyst.is_active

    set_active(context(people().admin), username="analyst", is_active=True)
    assert people().analyst.is_active


@pytest.mark.parametrize(("is_active", "stands"), [(True, "active"), (False, "inactive")])
def test_an_account_is_not_closed_or_opened_twice(is_active: bool, stands: str) -> None:
    if not is_active:
        set_active(context(people().admin), username="analyst", is_active=False)

    with pytest.raises(WrongStatusError, match=f"is {stands} already"):
        set_active(context(people().admin), username="analyst", is_active=is_active)


def test_one_changes_ones_own_password() -> None:
    before = people().analyst.password_set_at

    change_password(context(people().analyst, reason=""), old=PASSWORD, new=NEW)

    account = people().analyst
    assert account.check_password(NEW)
    assert account.password_set_at > before


def test_a_changed_password_need_not_be_changed_again() -> None:
    account = created()

    change_password(context(account), old=NEW, new=PASSWORD)

    account.refresh_from_db()
    assert not account.must_change_password


def test_a_wrong_old_password_is_recorded_and_changes_nothing() -> None:
    with pytest.raises(SignatureRefusedError, match="not changed") as refusal:
        change_password(context(people().analyst), old="wrong " + PASSWORD, new=NEW)

    assert refusal.value.field == "old"
    assert SignIn.objects.filter(username="analyst", succeeded=False).count() == 1
    assert people().analyst.check_password(PASSWORD)


@pytest.mark.parametrize("new", [PASSWORD, "too short", "analyst"])
def test_a_weak_or_unchanged_password_is_refused(new: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        change_password(context(people().analyst), old=PASSWORD, new=new)

    assert refusal.value.field == "new"


def test_a_reset_password_is_to_be_changed() -> None:
    reset_password(context(people().admin), username="analyst", new=NEW)

    account = people().analyst
    assert account.check_password(NEW)
    assert account.must_change_password


def test_nobody_resets_an_own_password() -> None:
    with pytest.raises(NotPermittedError, match="one's own"):
        reset_password(context(people().admin), username="admin", new=NEW)


def test_a_sign_in_is_recorded_though_the_systems_account_is_closed() -> None:
    system = User.objects.get(username="system")

    record_sign_in(context(system, ""), kind="sign_in", username="Analyst", succeeded=True)

    row = SignIn.objects.get()
    assert (row.user, row.username, row.kind, row.succeeded) == (
        people().analyst,
        "Analyst",
        "sign_in",
        True,
    )


def test_an_attempt_in_an_unreadable_name_is_recorded_too() -> None:
    system = User.objects.get(username="system")

    record_sign_in(context(system), kind="sign_in", username="a\x00\ud800b", succeeded=False)

    row = SignIn.objects.get()
    assert (row.user, row.username) == (
        None,
        "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b",
    )


def test_two_people_may_have_the_same_name() -> None:
    create_person(context(people().admin), printed_name="Anna Alvarez")

    assert Person.objects.filter(printed_name="Anna Alvarez").count() == 2
