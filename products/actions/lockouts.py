"""Looking into accounts that wrong passwords locked."""

from __future__ import annotations

from uuid import UUID

from products.actions.base import Context, action
from products.actions.records import insert_once
from products.domain.errors import UnknownReferenceError
from products.domain.roles import Permission
from products.models import Lockout, LockoutSettlement


@action("lockout.settle", permission=Permission.ADMINISTER)
def settle_lockout(context: Context, *, lockout: UUID, finding: str) -> LockoutSettlement:
    """Record that a lock was looked into and what it was; the notice then leaves the home page.

    The lock itself ends by its time, dealt with or not.

    Raises:
        UnknownReferenceError: there is no such lock.
        InvalidValueError: no finding.
        DuplicateError: it was dealt with already.
    """
    found = Lockout.objects.filter(pk=lockout).first()
    if found is None:
        raise UnknownReferenceError(f"There is no lock with id {lockout}.", field="lockout")
    row = LockoutSettlement(lockout=found, finding=finding.strip(), recorded_by=context.actor)
    insert_once(
        row,
        LockoutSettlement.objects.filter(lockout=found).select_related("recorded_by__person"),
        lambda taken: (
            f"The lock of {found.user} was dealt with already, by {taken.recorded_by.printed_name}."
        ),
        "lockout",
    )
    return row
