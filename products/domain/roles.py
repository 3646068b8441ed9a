"""Who may do what. Roles are groups of that name; being a superuser gives none of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Role(StrEnum):
    ANALYST = "Analyst"
    REVIEWER = "Reviewer"
    QUALITY = "Quality"
    AUDITOR = "Auditor"
    ADMINISTRATOR = "Administrator"


class Permission(StrEnum):
    """``CONFIRM`` is the second signature on what another person recorded.

    ``AUDIT`` opens the whole trail and the ledger: who did what from which address, over all
    records. Who reads a record sees the history of that record without it, as its reviewer must.

    ``ISSUE_TOKEN`` is for other people's tokens; everybody may issue their own.
    """

    READ = "read"
    AUDIT = "audit"
    REGISTER = "register"
    RECORD = "record"
    REVIEW = "review"
    CONFIRM = "confirm"
    NOTE = "note"
    DRAFT = "draft"
    APPROVE = "approve"
    DETERMINE = "determine"
    INVESTIGATE = "investigate"
    HOLD = "hold"
    DECIDE = "decide"
    ADMINISTER = "administer"
    REVIEW_TRAIL = "review_trail"
    ISSUE_TOKEN = "issue_token"  # noqa: S105 - the name of a permission


ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.ANALYST: frozenset(
        {
            Permission.READ,
            Permission.REGISTER,
            Permission.RECORD,
            Permission.NOTE,
            Permission.DRAFT,
            Permission.HOLD,
        }
    ),
    Role.REVIEWER: frozenset(
        {
            Permission.READ,
            Permission.REVIEW,
            Permission.CONFIRM,
            Permission.NOTE,
            Permission.HOLD,
        }
    ),
    Role.QUALITY: frozenset(
        {
            Permission.READ,
            Permission.AUDIT,
            Permission.REGISTER,
            Permission.CONFIRM,
            Permission.NOTE,
            Permission.DRAFT,
            Permission.APPROVE,
            Permission.DETERMINE,
            Permission.INVESTIGATE,
            Permission.HOLD,
            Permission.DECIDE,
            Permission.REVIEW_TRAIL,
        }
    ),
    Role.AUDITOR: frozenset({Permission.READ, Permission.AUDIT}),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.READ,
            Permission.AUDIT,
            Permission.ADMINISTER,
            Permission.REVIEW_TRAIL,
            Permission.ISSUE_TOKEN,
        }
    ),
}


def permissions_of(group_names: Iterable[str]) -> frozenset[Permission]:
    """All that the groups together permit. A group that is no role permits nothing."""
    names = frozenset(group_names)
    return frozenset(
        permission
        for role, permissions in ROLE_PERMISSIONS.items()
        if role.value in names
        for permission in permissions
    )
