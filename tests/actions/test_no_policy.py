"""A database to which provisioning brought no signature policy: nobody signs in it."""

from __future__ import annotations

import pytest

from products.actions.policies import accept_policy, issue_policy
from products.domain.errors import InvalidValueError, SignatureRefusedError
from tests.conftest import Databases
from tests.records import context, people


def test_without_any_policy_nobody_signs_or_accepts(
    databases: Databases, committed_db: str
) -> None:
    with databases.connect(committed_db) as connection:
        connection.execute("ALTER TABLE products_policyacceptance DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE products_signaturepolicy DISABLE TRIGGER USER")
        connection.execute("DELETE FROM products_policyacceptance")
        connection.execute("DELETE FROM products_signaturepolicy")

    with pytest.raises(SignatureRefusedError, match="There is no signature policy yet") as refusal:
        issue_policy(context(people().quality), text="1. Sign only what is true.")
    with pytest.raises(InvalidValueError, match="There is no signature policy yet"):
        accept_policy(context(people().quality), version=1)

    assert refusal.value.code == "policy_not_accepted"
