"""Roles at the pages: who holds which since when, signed by whom; accounts and passwords."""

from __future__ import annotations

from typing import Any

import pytest

from products.actions.accounts import create_account, create_person, set_roles
from products.models import RoleApproval, RoleGrant, User
from tests.accounts import FIRST_PASSWORD
from tests.admin.pages import Page, Visitor, address, visitor
from tests.records import context, people, person_of

pytestmark = pytest.mark.django_db
NEW = "another quite long phrase"


def newcomer(*roles: str, username: str = "nora") -> User:
    """An account whose roles nobody of quality has signed for."""
    person = create_person(context(people().admin), printed_name="Nora New")
    return create_account(
        context(people().admin),
        username=username,
        person=person.pk,
        password=FIRST_PASSWORD,
        roles=roles or ["Analyst"],
    )


def grant_of(account: User, role: str = "Analyst") -> RoleGrant:
    return RoleGrant.objects.get(user=account, role=role, revocation__isnull=True)


def approve(grant: RoleGrant, username: str = "quality", **typed: Any) -> Page:
    return visitor(username).sign(address("rolegrant_approve", grant), **typed)


def test_the_list_says_who_holds_which_role_since_when_signed_by_whom() -> None:
    newcomer()

    page = visitor("auditor").open(address("rolegrant_changelist"))

    assert "Nora New nora Analyst ! Waits for quality" in page
    assert "Anna Alvarez analyst Analyst ✓ Signs" in page
    assert "came with the installation" in page
    assert "Quentin Quality, " in page
    assert "UTC" in page


def test_roles_are_held_waiting_or_taken_away() -> None:
    newcomer()
    set_roles(context(people().admin, "Leaves"), username="analyst2", roles=[])
    reader = visitor("auditor")

    def listed(**query: str) -> set[str]:
        page = reader.open(address("rolegrant_changelist"), **query)
        return {row.user.username for row in page.response.context["cl"].result_list}

    assert listed(state="waits") == {"nora"}
    assert listed(state="taken") == {"analyst2"}
    assert "analyst2" not in listed(state="held")
    assert listed(role="Auditor") == {"auditor"}
    assert listed(q="Nora") == {"nora"}
    assert len(listed(state="nonsense")) == 8


def test_those_taken_away_come_last() -> None:
    set_roles(context(people().admin, "Leaves"), username="analyst", roles=[])

    page = visitor("auditor").open(address("rolegrant_changelist"))

    rows = list(page.response.context["cl"].result_list)
    assert rows[-1].user.username == "analyst"
    assert "∅ Taken away" in page


def test_quality_signs_for_a_role() -> None:
    account = newcomer()

    page = approve(grant_of(account))

    assert "The role Analyst of nora signs from now." in page
    assert "✓ Signs" in page
    assert "Quentin Quality" in page
    assert "Sign for the role Analyst: it needs" in visitor("auditor").open(
        address("rolegrant_change", grant_of(account))
    )


@pytest.mark.parametrize(
    ("typed", "field"), [({"password": "wrong"}, "password"), ({"reason": ""}, "reason")]
)
def test_a_role_is_not_signed_for_without_password_and_reason(
    typed: dict[str, str], field: str
) -> None:
    account = newcomer()

    page = approve(grant_of(account), **typed)

    assert field in page.errors
    assert not RoleApproval.objects.filter(grant__user=account).exists()


def test_nobody_signs_for_a_role_of_an_own_account() -> None:
    person = person_of(people().quality)
    account = create_account(
        context(people().admin),
        username="quality-bench",
        person=person.pk,
        password=FIRST_PASSWORD,
        roles=["Analyst"],
    )

    page = approve(grant_of(account))

    assert "You may not sign this: the account is your own." in page
    assert "Another person of quality signs for its roles." in page
    assert not RoleApproval.objects.filter(grant__user=account).exists()


def test_what_was_signed_or_taken_away_is_not_signed_again() -> None:
    account = newcomer()
    grant = grant_of(account)
    approve(grant)

    again = approve(grant)
    set_roles(context(people().admin), username="nora", roles=[])
    gone = approve(grant)

    assert "You may not sign this: it signs already." in again
    assert "You may not sign this: it was taken away." in gone
    assert "does not have the role Analyst" in gone


def test_the_page_of_an_account_says_which_role_does_not_sign_yet() -> None:
    account = newcomer("Analyst", "Reviewer")
    approve(grant_of(account, "Reviewer"))

    page = visitor("quality").open(address("user_change", account))

    assert "The role Analyst signs nothing until quality has signed for it." in page
    assert "The role Reviewer signs nothing" not in page
    assert "Sign for the role Analyst" in page
    assert address("rolegrant_approve", grant_of(account)) in page.html


def test_a_role_taken_away_and_given_again_waits_again() -> None:
    account = newcomer()
    approve(grant_of(account))
    admin = visitor("admin")
    where = address("user_roles", account)
    admin.send(where, roles=[], reason="Leave of absence")

    page = admin.send(where, roles=["Analyst"], reason="Back")

    assert "∅ Taken away" in page
    assert "Ada Adminson" in page
    assert "Leave of absence" in page
    assert "! Waits for quality" in page
    assert RoleGrant.objects.filter(user=account).count() == 2


def test_a_person_with_two_accounts_is_shown_with_both() -> None:
    create_account(
        context(people().admin),
        username="anna-admin",
        person=person_of(people().analyst).pk,
        password=FIRST_PASSWORD,
        roles=["Administrator"],
    )

    page = visitor("auditor").open(address("person_change", person_of(people().analyst)))

    assert "anna-admin Administrator (does not sign yet)" in page
    assert "analyst Analyst ✓ Active" in page
    assert "Duties are kept apart by person" in page


def test_a_person_with_one_account_is_not_warned_of_two() -> None:
    page = visitor("auditor").open(address("person_change", person_of(people().analyst)))

    assert "Duties are kept apart by person" not in page


def test_an_account_of_no_recorded_person_is_refused() -> None:
    known = {"username": "nora", "roles": ["Analyst"], "password_given": FIRST_PASSWORD}

    for person in ("nonsense", "", "01a204de-a0ed-73c2-bbdc-80b94b8ace7e"):
        page = visitor("admin").send(address("user_add"), **(known | {"person": person}))
        assert "person" in page.errors

    assert not User.objects.filter(username="nora").exists()


def test_a_forgotten_password_is_asked_of_an_administrator() -> None:
    assert "Forgotten password? Ask an administrator" in Visitor().open("/admin/login/")


def test_a_first_password_opens_nothing_but_its_change() -> None:
    account = newcomer("Auditor")
    reader = Visitor(account)

    first = Page(reader.client.get(address("lot_changelist"), follow=True))
    wrong = reader.send("/admin/password_change/", old=FIRST_PASSWORD, new=NEW, again=NEW + "x")
    changed = reader.send("/admin/password_change/", old=FIRST_PASSWORD, new=NEW, again=NEW)

    assert "Your password was set by another person. Choose your own first." in first
    assert "The two new passwords differ." in wrong
    assert "Your account" in wrong
    assert "Your password is changed." in changed
    assert reader.open(address("lot_changelist")).status == 200


def test_a_closed_account_is_out_at_once_and_its_records_stay() -> None:
    reader = Visitor(people().analyst2)
    assert reader.open(address("lot_changelist")).status == 200

    closed = visitor("admin").send(address("user_activity", people().analyst2), reason="Left")

    assert "∅ Inactive" in closed
    assert reader.open(address("lot_changelist")).status == 302
    assert "Ben Baker" in visitor("auditor").open(address("rolegrant_changelist"))


def test_an_administrator_does_not_close_an_own_account() -> None:
    page = visitor("admin").send(address("user_activity", people().admin), reason="x")

    assert "may not do this for an account of one's own" in page
    assert people().admin.is_active


@pytest.mark.parametrize("how_many", [0, 5])
def test_the_list_of_roles_asks_a_bounded_number_of_questions(
    how_many: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(how_many):
        newcomer(username=f"nora{number}")
    reader = visitor("auditor")

    with django_assert_max_num_queries(8):
        page = reader.open(address("rolegrant_changelist"))

    assert page.words.count("Nora New") == how_many


@pytest.mark.parametrize("how_many", [1, 4])
def test_the_page_of_a_person_asks_a_bounded_number_of_questions(
    how_many: int, django_assert_max_num_queries: Any
) -> None:
    person = person_of(people().analyst)
    for number in range(how_many):
        create_account(
            context(people().admin),
            username=f"anna{number}",
            person=person.pk,
            password=FIRST_PASSWORD,
            roles=["Reviewer"],
        )
    reader = visitor("auditor")

    with django_assert_max_num_queries(10):
        page = reader.open(address("person_change", person))

    assert f"anna{how_many - 1}" in page


def test_quality_finds_the_roles_that_wait_for_a_signature_at_home() -> None:
    grant = grant_of(newcomer())

    page = visitor("quality").open("/admin/")

    assert "Roles that wait for your signature 1 nora Analyst" in page
    assert address("rolegrant_change", grant) in page.html


def test_a_role_of_ones_own_waits_for_somebody_else() -> None:
    create_account(
        context(people().admin),
        username="quentin2",
        person=person_of(people().quality).pk,
        password=FIRST_PASSWORD,
        roles=["Reviewer"],
    )

    page = visitor("quality").open("/admin/")

    assert "quentin2" not in page
