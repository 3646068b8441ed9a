"""Who may do what."""

from __future__ import annotations

import pytest

from products.domain.roles import ROLE_PERMISSIONS, Permission, Role, permissions_of

TABLE = {
    "Analyst": "read register record note draft hold",
    "Reviewer": "read review confirm note hold",
    "Quality": "read audit register confirm note draft approve determine investigate hold decide "
    "review_trail",
    "Auditor": "read audit",
    "Administrator": "read audit administer review_trail issue_token",
}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_permits_exactly_what_the_table_says(role: Role) -> None:
    assert permissions_of([role.value]) == set(TABLE[role.value].split())


def test_every_role_and_every_permission_is_given() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert permissions_of(Role) == set(Permission)


def test_no_role_both_records_and_reviews_or_reviews_and_decides() -> None:
    for permissions in ROLE_PERMISSIONS.values():
        assert not {Permission.RECORD, Permission.REVIEW} <= permissions
        assert not {Permission.REVIEW, Permission.DECIDE} <= permissions
        assert not {Permission.RECORD, Permission.DECIDE} <= permissions


def test_administration_gives_no_laboratory_or_quality_authority() -> None:
    laboratory = set(Permission) - {
        Permission.READ,
        Permission.AUDIT,
        Permission.ADMINISTER,
        Permission.REVIEW_TRAIL,
        Permission.ISSUE_TOKEN,
    }

    assert not permissions_of(["Administrator"]) & laboratory


def test_groups_add_up() -> None:
    assert permissions_of(["Auditor", "Reviewer"]) == (
        permissions_of(["Reviewer"]) | {Permission.AUDIT}
    )
    assert Permission.RECORD in permissions_of(["Reviewer", "Analyst"])


@pytest.mark.parametrize("groups", [[], ["Superuser"], ["analyst"], ["ANALYST"], [""]])
def test_a_group_that_is_no_role_permits_nothing(groups: list[str]) -> None:
    assert permissions_of(groups) == frozenset()
