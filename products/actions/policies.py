"""The signature policy: issued by quality, accepted by everybody who signs."""

from __future__ import annotations

from django.db.models import Max

from products.actions.base import Context, action
from products.actions.records import insert, insert_once
from products.actions.signing import sign
from products.actions.sites import home_zone
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    StaleVersionError,
)
from products.domain.roles import Permission
from products.models import PolicyAcceptance, SignaturePolicy
from products.queries.policies import policy_in_force


@action("policy.issue", permission=Permission.APPROVE, signed=True)
def issue_policy(context: Context, *, text: str) -> SignaturePolicy:
    """Sign a new version of the signature policy; everybody accepts it before signing again.

    Raises:
        InvalidValueError: no text, or one too long.
        DuplicateError: the text is that of the version in force.
    """
    before = policy_in_force()
    stated = "\n".join(text.strip().splitlines())
    if before is not None and before.text.strip() == stated:
        raise DuplicateError(f"That is the text of version {before.version}.", field="text")
    highest = SignaturePolicy.objects.aggregate(highest=Max("version"))["highest"] or 0
    policy = SignaturePolicy(version=highest + 1, text=stated)
    policy.signature = sign(
        context,
        record_kind="signature_policy",
        record_id=policy.pk,
        meaning="Signature policy issued",
        zone=home_zone(),
        content={"version": policy.version, "text": policy.text},
    )
    insert(policy)
    return policy


@action("policy.accept", permission=None)
def accept_policy(context: Context, *, version: int) -> PolicyAcceptance:
    """Accept the signature policy, for the person of the account and all accounts of that person.

    ``version`` is the one that was read.

    Raises:
        InvalidValueError: there is no policy to accept.
        NotPermittedError: an account of no person, or a service token.
        StaleVersionError: another version is in force.
        DuplicateError: the person accepted it already.
    """
    person = context.actor.person
    if person is None or not context.may_sign:
        raise NotPermittedError("Only a person accepts the signature policy, in person.")
    policy = policy_in_force()
    if policy is None:
        raise InvalidValueError("There is no signature policy yet. `provision` brings the first.")
    if policy.version != version:
        raise StaleVersionError(
            f"Version {policy.version} of the signature policy is in force, not {version}. Read "
            "that one."
        )
    row = PolicyAcceptance(policy=policy, person=person, recorded_by=context.actor)
    insert_once(
        row,
        PolicyAcceptance.objects.filter(policy=policy, person=person),
        lambda taken: (
            f"{person.printed_name} accepted version {version} on {taken.recorded_at:%Y-%m-%d}."
        ),
        "version",
    )
    return row
