"""What waits to be accepted, approved or determined, and for an administrator."""

from __future__ import annotations

from django.db.models import OuterRef, Q, QuerySet, Subquery

from products.domain.donors import DeterminationOutcome
from products.domain.methods import DocumentState
from products.domain.roles import Permission
from products.models import (
    Determination,
    Donor,
    Lockout,
    MethodVersion,
    RoleGrant,
    SignaturePolicy,
    SpecificationVersion,
)
from products.queries.lockouts import open_lockouts
from products.queries.roles import grants_in_force
from products.queries.waiting import Item, Kind, Reader


def specifications_to_approve(who: Reader) -> QuerySet[SpecificationVersion]:
    return (
        SpecificationVersion.objects.filter(state=DocumentState.DRAFT)
        .select_related("product")
        .order_by("recorded_at", "id")
    )


def _specification(row: SpecificationVersion) -> Item:
    return Item(
        label=f"Specification {row}",
        model="specificationversion",
        key=row.pk,
        remark=row.document,
        since=row.recorded_at,
        work=("specificationversion", row.pk),
    )


def methods_to_approve(who: Reader) -> QuerySet[MethodVersion]:
    return (
        MethodVersion.objects.filter(state=DocumentState.DRAFT)
        .select_related("method")
        .order_by("recorded_at", "id")
    )


def _method(row: MethodVersion) -> Item:
    return Item(
        label=f"Method {row}",
        model="method",
        key=row.method_id,
        remark=row.method.name,
        since=row.recorded_at,
        work=("method", row.method_id),
    )


def roles_to_sign(who: Reader) -> QuerySet[RoleGrant]:
    """Neither of an account of the own person, nor given by the person."""
    return (
        grants_in_force()
        .filter(by_provision=False, approval__isnull=True)
        .exclude(user__person=who.person)
        .exclude(recorded_by__person=who.person)
        .select_related("user__person")
        .order_by("recorded_at", "id")
    )


def _role(row: RoleGrant) -> Item:
    return Item(
        label=row.user.username,
        model="rolegrant",
        key=row.pk,
        remark=row.role,
        since=row.recorded_at,
        work=("rolegrant", row.pk),
    )


def donors_to_determine(who: Reader) -> QuerySet[Donor]:
    """Without a determination, or with one that is incomplete."""
    latest = Determination.objects.filter(donor=OuterRef("pk")).order_by("-version")
    return (
        Donor.objects.annotate(outcome=Subquery(latest.values("outcome")[:1]))
        .filter(Q(outcome__isnull=True) | Q(outcome=DeterminationOutcome.INCOMPLETE))
        .order_by("recorded_at", "id")
    )


def _donor(row: Donor) -> Item:
    return Item(
        label=row.code,
        model="donor",
        key=row.pk,
        remark="incomplete" if vars(row)["outcome"] else "",
        since=row.recorded_at,
        work=("donor", row.pk),
    )


def lockouts_to_settle(who: Reader) -> QuerySet[Lockout]:
    return open_lockouts()


def _lockout(row: Lockout) -> Item:
    return Item(
        label=row.user.username,
        model="lockout",
        key=row.pk,
        since=row.recorded_at,
        work=("lockout", row.pk),
    )


def policy_to_accept(who: Reader) -> QuerySet[SignaturePolicy]:
    """The version in force, until the person has accepted it."""
    if who.person is None:
        return SignaturePolicy.objects.none()
    in_force = SignaturePolicy.objects.order_by("-version").values("pk")[:1]
    return SignaturePolicy.objects.filter(pk__in=in_force).exclude(acceptances__person=who.person)


def _policy(row: SignaturePolicy) -> Item:
    return Item(
        label=f"Version {row.version}",
        model="signaturepolicy",
        key=row.pk,
        remark="accept it before you sign",
        since=row.recorded_at,
        work=("signaturepolicy", row.pk),
    )


KINDS = (
    Kind(
        name="policy-to-accept",
        title="Signature policy",
        nothing="You have accepted the signature policy in force.",
        permissions=frozenset({Permission.READ}),
        rows=policy_to_accept,
        item=_policy,
        page="accept",
        verb="Accept",
        told_when_there=True,
    ),
    Kind(
        name="specifications-to-approve",
        title="Specifications to approve",
        nothing="No draft of a specification waits.",
        permissions=frozenset({Permission.APPROVE}),
        rows=specifications_to_approve,
        item=_specification,
        page="approve",
        verb="Approve",
    ),
    Kind(
        name="methods-to-approve",
        title="Methods to approve",
        nothing="No draft of a method waits.",
        permissions=frozenset({Permission.APPROVE}),
        rows=methods_to_approve,
        item=_method,
        page="approve",
        verb="Approve",
    ),
    Kind(
        name="roles-to-sign",
        title="Roles that wait for your signature",
        nothing="No role waits for your signature.",
        permissions=frozenset({Permission.APPROVE}),
        rows=roles_to_sign,
        item=_role,
        page="approve",
        verb="Sign",
    ),
    Kind(
        name="donors-to-determine",
        title="Donors whose eligibility is not determined",
        nothing="The eligibility of every donor is determined.",
        permissions=frozenset({Permission.DETERMINE}),
        rows=donors_to_determine,
        item=_donor,
        page="determine",
        verb="Determine",
    ),
    Kind(
        name="lockouts",
        title="Locked accounts to look into",
        nothing="No locked account waits to be looked into.",
        permissions=frozenset({Permission.ADMINISTER}),
        rows=lockouts_to_settle,
        item=_lockout,
        page="settle",
        verb="Deal with it",
    ),
)
