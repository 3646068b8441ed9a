"""The people of the demo: one login per role, two where a second person is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from products.actions.accounts import (
    approve_role,
    change_password,
    create_account,
    create_person,
)
from products.actions.policies import accept_policy
from products.actions.provisioning import FirstAccount
from products.demo.house import House
from products.domain.roles import Role
from products.queries.policies import policy_and_acceptance
from products.queries.roles import grants_in_force


@dataclass(frozen=True, slots=True)
class DemoPerson:
    username: str
    printed_name: str
    role: Role


ANALYST = DemoPerson("analyst", "Amara Osei", Role.ANALYST)
SECOND_ANALYST = DemoPerson("analyst2", "Ben Castillo", Role.ANALYST)
REVIEWER = DemoPerson("reviewer", "Rosa Lindqvist", Role.REVIEWER)
QUALITY = DemoPerson("quality", "Quentin Adeyemi", Role.QUALITY)
SECOND_QUALITY = DemoPerson("quality2", "Helena Marsh", Role.QUALITY)
AUDITOR = DemoPerson("auditor", "Ines Duarte", Role.AUDITOR)
ADMINISTRATOR = DemoPerson("administrator", "Adam Keller", Role.ADMINISTRATOR)
NEWCOMER = DemoPerson("newcomer", "Noor Haddad", Role.ANALYST)
"""Nobody yet: the password was given, and the role waits for quality."""

FIRST = (ADMINISTRATOR, QUALITY)
"""Those whom provisioning brings; the administrator makes the others."""
EVERYBODY = (
    ANALYST,
    SECOND_ANALYST,
    REVIEWER,
    QUALITY,
    SECOND_QUALITY,
    AUDITOR,
    ADMINISTRATOR,
)


def first_accounts(passwords: Mapping[str, str]) -> tuple[FirstAccount, ...]:
    return tuple(
        FirstAccount(
            one.username,
            one.printed_name,
            passwords[one.username],
            one.role,
            # They work from the first moment on; their own passwords follow at the end.
            must_change_password=False,
        )
        for one in FIRST
    )


def add_people(house: House) -> None:
    when = house.calendar.at(500, "08:30")
    for one in FIRST:
        _accept_policy(house, one.username, when)
    for one in EVERYBODY:
        if one in FIRST:
            continue
        context = house.context(ADMINISTRATOR.username, when, "Joins the demo house")
        person = create_person(context, printed_name=one.printed_name)
        given = f"given-{house.passwords[one.username]}"
        create_account(
            context, username=one.username, person=person.pk, password=given, roles=[one.role]
        )
        own = house.context(one.username, when, "First own password")
        change_password(own, old=given, new=house.passwords[one.username])
        house.forget(one.username)
        _accept_policy(house, one.username, when)
        signs = house.context(QUALITY.username, when, "Trained for the work of this role")
        approve_role(signs, username=one.username, role=one.role)


def accept_policy_for_all(house: House) -> None:
    """Everybody who has not accepted the signature policy in force does so."""
    for one in EVERYBODY:
        version, is_accepted = policy_and_acceptance(house.account(one.username).person_id)
        if version and not is_accepted:
            _accept_policy(house, one.username, house.calendar.now)


def _accept_policy(house: House, username: str, when: datetime) -> None:
    version, _ = policy_and_acceptance(None)
    accept_policy(house.context(username, when, "Read and accepted"), version=version)


def sign_for_roles(house: House) -> None:
    """Quality's signature for roles that were given before roles needed one."""
    names = [one.username for one in EVERYBODY]
    waiting = grants_in_force().filter(by_provision=False, approval=None, user__username__in=names)
    for grant in waiting.select_related("user"):
        when = house.context(QUALITY.username, house.calendar.now, "Role held before")
        approve_role(when, username=grant.user.username, role=grant.role)


def set_own_passwords(house: House, passwords: Mapping[str, str]) -> None:
    """Each person sets the password that is printed, as one does at the first sign-in."""
    for one in EVERYBODY:
        context = house.context(one.username, house.calendar.now, "First own password")
        change_password(context, old=house.passwords[one.username], new=passwords[one.username])
