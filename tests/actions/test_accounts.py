"""People, their accounts, passwords and roles."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from products.actions.accounts import (
    approve_role,
    change_password,
    create_account,
    create_person,
    record_sign_in,
    reset_password,
    set_active,
    set_roles,
)
from products.actions.donors import register_donor
from products.actions.holds import place_hold
from products.actions.naming import begin, end
from products.actions.policies import accept_policy
from products.actions.reviews import review_results
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    SeparationOfDutiesError,
    SignatureRefusedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.domain.roles import Role
from products.models import (
    AuditEntry,
    Hold,
    Lot,
    Person,
    RoleApproval,
    RoleRevocation,
    SignIn,
    User,
)
from tests.accounts import PASSWORD
from tests.records import context, lot, people, person_of, second_account, submitted_run
from tests.signed import unsaved_signature

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
    account = created()

    entries = AuditEntry.objects.filter(action="account.create")
    given = entries.filter(record_table="products_user_groups", after__user_id=str(account.pk))
    assert given.count() == 2
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

    row = SignIn.objects.get(kind="sign_in")
    assert (row.user, row.username, row.kind, row.succeeded) == (
        people().analyst,
        "Analyst",
        "sign_in",
        True,
    )


def test_an_attempt_in_an_unreadable_name_is_recorded_too() -> None:
    system = User.objects.get(username="system")

    record_sign_in(context(system), kind="sign_in", username="a\x00\ud800b", succeeded=False)

    row = SignIn.objects.get(kind="sign_in")
    assert (row.user, row.username) == (
        None,
        "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b",
    )


def test_two_people_may_have_the_same_name() -> None:
    create_person(context(people().admin), printed_name="Anna Alvarez")

    assert Person.objects.filter(printed_name="Anna Alvarez").count() == 2


def approved(username: str = "nina", role: str = "Analyst", by: User | None = None) -> RoleApproval:
    return approve_role(context(by or people().quality), username=username, role=role)


def sign_something(account: User) -> Hold:
    if not Lot.objects.exists():
        lot()
    return place_hold(context(account, password=PASSWORD), lot="EV-26-001")


def working(**changes: Any) -> User:
    """An account that has set its own password, of a person who accepted the policy."""
    account = change_password(context(created(**changes)), old=NEW, new=PASSWORD)
    accept_policy(context(account), version=1)
    return account


def test_a_role_signs_once_quality_has_signed_for_it() -> None:
    account = working(roles=["Analyst"])

    with pytest.raises(SignatureRefusedError, match="role Analyst of nina is not yet") as refusal:
        sign_something(account)
    assert refusal.value.code == "role_not_approved"

    approved()
    assert sign_something(account).placed_by == account


def test_a_role_that_waits_for_its_signature_does_what_needs_none() -> None:
    account = working(roles=["Analyst"])

    assert register_donor(context(account), code="D-0777").code == "D-0777"


def test_an_unsigned_action_asks_nothing_about_signatures_for_roles() -> None:
    account = people().analyst

    with CaptureQueriesContext(connection) as queries:
        register_donor(context(account), code="D-0777")

    assert not [query for query in queries if "rolegrant" in query["sql"]]


def test_a_signed_action_asks_once() -> None:
    lot()

    with CaptureQueriesContext(connection) as queries:
        place_hold(context(people().analyst), lot="EV-26-001")

    asked = [query["sql"] for query in queries if "rolegrant" in query["sql"]]
    assert len(asked) == 1


def test_the_signature_for_one_role_does_not_serve_another() -> None:
    account = working(roles=["Analyst", "Reviewer"])
    approved(role="Analyst")
    lot()
    result = submitted_run()

    with pytest.raises(SignatureRefusedError, match="role Reviewer"):
        review_results(context(account), lot="EV-26-001", runs=[result.run.number])


def test_a_permission_that_two_roles_give_needs_one_of_them_signed_for() -> None:
    account = working(roles=["Analyst", "Reviewer"])
    approved(role="Reviewer")

    assert sign_something(account).placed_by == account


def test_what_quality_signs_for_a_role_names_it_and_who_gave_it() -> None:
    created(roles=["Analyst"])

    approval = approved()

    signed = json.loads(bytes(approval.signature.content))
    assert signed["shown"] | {"given_at": ""} == {
        "signer": {"account": "quality", "printed_name": "Quentin Quality"},
        "account": "nina",
        "printed_name": "Nina Novak",
        "role": "Analyst",
        "grant": 1,
        "given_by": "Ada Adminson",
        "given_at": "",
    }
    assert approval.signature.record_id == approval.pk


def test_a_role_taken_and_given_again_needs_a_new_signature() -> None:
    account = working(roles=["Analyst"])
    approved()

    set_roles(context(people().admin, "Left the laboratory"), username="nina", roles=[])
    set_roles(context(people().admin), username="nina", roles=["Analyst"])

    with pytest.raises(SignatureRefusedError, match="not yet signed for"):
        sign_something(account)
    taken = RoleRevocation.objects.get()
    assert (taken.grant.number, taken.reason) == (1, "Left the laboratory")
    approved()
    assert sign_something(account).placed_by == account


def test_a_role_that_stays_keeps_its_signature() -> None:
    account = working(roles=["Analyst"])
    approved()

    set_roles(context(people().admin), username="nina", roles=["Analyst", "Reviewer"])

    assert sign_something(account).placed_by == account
    assert not RoleRevocation.objects.exists()


def test_closing_an_account_takes_no_role_and_no_signature() -> None:
    account = working(roles=["Analyst"])
    approved()

    set_active(context(people().admin), username="nina", is_active=False)
    set_active(context(people().admin), username="nina", is_active=True)

    assert sign_something(account).placed_by == account


def test_the_group_alone_signs_nothing() -> None:
    account = working(roles=[])
    with transaction.atomic():
        begin("system.test", context(people().admin))
        account.groups.add(Group.objects.get(name="Analyst"))
        end()

    with pytest.raises(SignatureRefusedError, match="not yet signed for"):
        sign_something(account)


def test_nobody_signs_for_a_role_of_an_own_account() -> None:
    created(person=people().quality.person_id, roles=["Analyst"])

    with pytest.raises(SeparationOfDutiesError, match="account of your own"):
        approved()


def test_the_database_refuses_a_signature_for_an_own_role_as_well() -> None:
    own = people().quality
    grant = created(person=own.person_id, roles=["Analyst"]).role_grants.get()

    with transaction.atomic():
        begin("system.test", context(own))
        signature = unsaved_signature(own, "role_approval")
        signature.save(force_insert=True)
        with pytest.raises(DatabaseError, match="another person signs"):
            RoleApproval.objects.create(grant=grant, signature=signature)


def test_who_gave_a_role_does_not_sign_for_it_by_another_account() -> None:
    own = second_account(people().quality2, "quirina-administers", Role.ADMINISTRATOR)
    created(roles=[])
    set_roles(context(own), username="nina", roles=["Analyst"])

    with pytest.raises(SeparationOfDutiesError, match="gave nina the role Analyst yourself"):
        approved(by=people().quality2)


def test_a_role_is_signed_for_once() -> None:
    created(roles=["Analyst"])
    approved()

    with pytest.raises(WrongStatusError, match="signed for already"):
        approved()


def test_a_role_that_came_with_the_database_is_signed_for() -> None:
    with pytest.raises(WrongStatusError, match="signed for already"):
        approved("quality", "Quality", by=people().quality2)


def test_a_role_that_the_account_lacks_is_not_signed_for() -> None:
    created(roles=["Analyst"])

    with pytest.raises(WrongStatusError, match="does not have the role Quality"):
        approved(role="Quality")


def test_only_quality_signs_for_roles() -> None:
    created(roles=["Analyst"])

    with pytest.raises(NotPermittedError):
        approved(by=people().admin)


def test_an_administrator_works_as_an_analyst_by_a_second_account_of_another_hand() -> None:
    second_administrator = working(username="nils", roles=["Administrator"])

    account = create_account(
        context(second_administrator),
        username="ada-analyst",
        person=person_of(people().admin).pk,
        password=NEW,
        roles=["Analyst"],
    )

    assert roles_held("ada-analyst") == {"Analyst"}
    with pytest.raises(NotPermittedError, match="one's own"):
        set_roles(context(people().admin), username=account.username, roles=["Quality"])
