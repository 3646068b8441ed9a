"""Actions on roles: administration gives them, quality signs for them."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import Group

from products.actions.account_rows import account_locked, refuse_own
from products.actions.base import Context, action
from products.actions.checks import check_word
from products.actions.people import LABORATORY_OR_QUALITY
from products.actions.signing import sign
from products.actions.sites import home_zone
from products.domain.errors import InvalidValueError, SeparationOfDutiesError, WrongStatusError
from products.domain.roles import Permission, Role
from products.models import RoleApproval, RoleGrant, RoleRevocation, User
from products.models.fields import uuid7
from products.queries.roles import grants_in_force


@action("account.set_roles", permission=Permission.ADMINISTER)
def set_roles(context: Context, *, username: str, roles: Sequence[str]) -> User:
    """Give an account exactly these roles.

    A role that it has already keeps quality's signature; one that it gets, or gets again, needs
    a new one before it signs (`approve_role`).

    Raises:
        UnknownReferenceError: there is no such account.
        InvalidValueError: an unknown role, or administration together with other work.
        NotPermittedError: nobody changes the roles of an account of one's own.
    """
    account = account_locked(username)
    held = known_roles(roles)
    refuse_own(context, account.person)
    hold_roles(context, account, held)
    return account


@action("account.approve_role", permission=Permission.APPROVE, signed=True)
def approve_role(context: Context, *, username: str, role: str) -> RoleApproval:
    """Sign for a role that an account was given: from then on the role signs.

    Raises:
        UnknownReferenceError: there is no such account.
        InvalidValueError: an unknown role.
        WrongStatusError: the account does not have the role, or it is signed for already.
        SeparationOfDutiesError: the account is of the signer's own person, or the signer's person
            gave the role.
    """
    account = account_locked(username)
    what = check_word(Role, role, "role")
    grant = (
        grants_in_force()
        .filter(user=account, role=what)
        .select_related("recorded_by__person")
        .first()
    )
    if grant is None:
        raise WrongStatusError(f"The account {account.username} does not have the role {what}.")
    if grant.by_provision or RoleApproval.objects.filter(grant=grant).exists():
        raise WrongStatusError(f"The role {what} of {account.username} is signed for already.")
    _check_independent(context, account, grant)
    key = uuid7()
    signature = sign(
        context,
        record_kind="role_approval",
        record_id=key,
        meaning="Role approved",
        zone=home_zone(),
        content={
            "account": account.username,
            "printed_name": account.printed_name,
            "role": what,
            "grant": grant.number,
            "given_by": grant.recorded_by.printed_name,
            "given_at": grant.recorded_at,
        },
    )
    return RoleApproval.objects.create(id=key, grant=grant, signature=signature)


def hold_roles(context: Context, account: User, held: set[Role]) -> None:
    """Give and take the roles, so that the account has exactly these."""
    open_grants = {grant.role: grant for grant in grants_in_force().filter(user=account)}
    for role, grant in open_grants.items():
        if role not in held:
            RoleRevocation.objects.create(
                grant=grant, reason=context.reason, recorded_by=context.actor
            )
    number = account.role_grants.count()
    for role in sorted(held - open_grants.keys()):
        number += 1
        RoleGrant.objects.create(user=account, number=number, role=role, recorded_by=context.actor)
    account.groups.set(Group.objects.filter(name__in=held))


def _check_independent(context: Context, account: User, grant: RoleGrant) -> None:
    """Two persons see to it that somebody may sign: one who gives the role, one who signs."""
    person = context.actor.person
    if account.person == person:
        raise SeparationOfDutiesError(
            f"{account.username} is an account of your own. Another person of quality signs for "
            "its roles."
        )
    if grant.recorded_by.person == person:
        raise SeparationOfDutiesError(
            f"You gave {account.username} the role {grant.role} yourself. Another person of "
            "quality signs for it."
        )


def known_roles(names: Sequence[str]) -> set[Role]:
    roles = {check_word(Role, name, "roles") for name in names}
    if Role.ADMINISTRATOR in roles and roles & LABORATORY_OR_QUALITY:
        raise InvalidValueError(
            "An account that administers has no laboratory or quality role. Give the person a "
            "second account for that work.",
            field="roles",
        )
    return roles
