"""The signature policy: nobody signs before accepting the version in force."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, transaction

from products.actions.accounts import approve_role, change_password, create_account, create_person
from products.actions.donors import register_donor
from products.actions.naming import begin
from products.actions.policies import accept_policy, issue_policy
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    SignatureRefusedError,
    StaleVersionError,
)
from products.domain.policies import STANDARD_POLICY
from products.domain.roles import Role
from products.models import PolicyAcceptance, SignaturePolicy, User
from products.queries.policies import policy_in_force
from tests.accounts import FIRST_PASSWORD, PASSWORD
from tests.records import context, people, second_account

pytestmark = pytest.mark.django_db


def nina() -> User:
    """Somebody of quality who accepted nothing yet."""
    person = create_person(context(people().admin), printed_name="Nina Novak")
    account = create_account(
        context(people().admin),
        username="nina",
        person=person.pk,
        password=FIRST_PASSWORD,
        roles=["Quality"],
    )
    approve_role(context(people().quality), username="nina", role="Quality")
    return change_password(context(account), old=FIRST_PASSWORD, new=PASSWORD)


def issued(by: User, text: str = "1. Sign only what is true.") -> SignaturePolicy:
    return issue_policy(context(by), text=text)


def test_the_first_version_comes_with_the_database() -> None:
    policy = policy_in_force()

    assert policy is not None
    assert (policy.version, policy.by_provision, policy.signature) == (1, True, None)
    assert policy.text == STANDARD_POLICY.strip()


def test_who_accepted_no_policy_does_not_sign_and_is_told_what_to_do() -> None:
    with pytest.raises(SignatureRefusedError, match="not accepted version 1") as refusal:
        issued(nina())

    assert refusal.value.code == "policy_not_accepted"
    assert "Read and accept it" in refusal.value.message


def test_who_accepted_it_signs() -> None:
    account = nina()

    row = accept_policy(context(account), version=1)

    assert (row.person, row.recorded_by) == (account.person, account)
    assert issued(account).version == 2


def test_what_needs_no_signature_needs_no_policy() -> None:
    assert register_donor(context(nina()), code="D-0777").code == "D-0777"


def test_a_new_version_asks_everybody_again() -> None:
    policy = issued(people().quality)

    assert policy.signature is not None
    assert policy.signature.meaning == "Signature policy issued"
    with pytest.raises(SignatureRefusedError, match="not accepted version 2"):
        issued(people().quality, "1. Another text.")
    accept_policy(context(people().quality), version=2)
    assert issued(people().quality, "1. Another text.").version == 3


def test_the_acceptance_of_a_person_binds_all_accounts_of_the_person() -> None:
    other = second_account(people().analyst2, "ben-quality", Role.QUALITY)

    assert issued(other).version == 2


def test_a_version_is_accepted_once_and_only_the_one_in_force() -> None:
    with pytest.raises(DuplicateError, match="Quentin Quality accepted version 1"):
        accept_policy(context(people().quality), version=1)
    with pytest.raises(StaleVersionError, match="Version 1"):
        accept_policy(context(people().quality), version=2)


def test_nobody_accepts_for_a_person() -> None:
    with pytest.raises(NotPermittedError, match="in person"):
        accept_policy(context(people().quality, may_sign=False), version=1)
    with pytest.raises(NotPermittedError, match="in person"):
        accept_policy(context(User.objects.get(username="system")), version=1)


@pytest.mark.parametrize("text", ["", "  ", "x" * 10001])
def test_a_policy_says_something_that_can_be_read(text: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        issued(people().quality, text)

    assert refusal.value.field == "text"


def test_the_same_text_is_no_new_version() -> None:
    with pytest.raises(DuplicateError, match="text of version 1"):
        issued(people().quality, STANDARD_POLICY)


def test_only_quality_issues_a_policy() -> None:
    with pytest.raises(NotPermittedError):
        issued(people().admin)


def test_an_acceptance_is_never_changed() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        _change_acceptances()


@transaction.atomic
def _change_acceptances() -> None:
    begin("test.change", context(people().quality))
    PolicyAcceptance.objects.update(person=people().analyst.person_id)
