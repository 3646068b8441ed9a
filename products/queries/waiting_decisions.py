"""What waits for a second person, for quality, or for an administrator."""

from __future__ import annotations

from django.db.models import OuterRef, Q, QuerySet, Subquery

from products.domain.amendments import AMENDMENT_LABELS, AmendmentKind
from products.domain.donors import DeterminationOutcome
from products.domain.lots import ReleaseStatus
from products.domain.methods import DocumentState
from products.domain.roles import Permission
from products.domain.transcriptions import TRANSCRIPTION_LABELS, TranscriptionKind
from products.models import (
    Amendment,
    Determination,
    Donor,
    Hold,
    Investigation,
    Lockout,
    Lot,
    MethodVersion,
    RoleGrant,
    SignaturePolicy,
    SpecificationVersion,
    Transcription,
)
from products.queries.lockouts import open_lockouts
from products.queries.lots import lots_standing
from products.queries.roles import grants_in_force
from products.queries.waiting import Item, Kind, Reader, not_recorded_by, not_recorded_lots
from products.queries.waiting_runs import amendments_waiting


def lots_to_release(who: Reader) -> QuerySet[Lot]:
    """Lots in quarantine against which no rule speaks, and that the person may release."""
    judged, _ = lots_standing(ReleaseStatus.QUARANTINED, who.now)
    rows = (
        judged.filter(blocks=[]).exclude(made_by=who.person).exclude(reviews__reviewer=who.person)
    )
    return (
        not_recorded_lots(who.person, rows)
        .select_related("product", "site")
        .order_by("judged_at", "id")
    )


def _lot_to_release(lot: Lot) -> Item:
    return Item(
        label=lot.number,
        model="lot",
        key=lot.pk,
        remark=lot.product.name,
        since=lot.judged_at,
        zone=lot.site.zone,
        work=("lot", lot.pk),
    )


def open_investigations(who: Reader) -> QuerySet[Investigation]:
    return (
        Investigation.objects.filter(conclusion__isnull=True)
        .select_related("lot__site")
        .order_by("recorded_at", "id")
    )


def _investigation(row: Investigation) -> Item:
    return Item(
        label=row.number,
        model="investigation",
        key=row.pk,
        remark=row.get_kind_display(),
        since=row.recorded_at,
        zone=row.lot.site.zone,
        work=("investigation", row.pk),
    )


def open_holds(who: Reader) -> QuerySet[Hold]:
    return (
        Hold.objects.filter(lift__isnull=True)
        .select_related("lot__site")
        .order_by("recorded_at", "id")
    )


def _hold(row: Hold) -> Item:
    return Item(
        label=str(row),
        model="hold",
        key=row.pk,
        remark=row.get_kind_display(),
        since=row.recorded_at,
        zone=row.lot.site.zone,
        work=("lot", row.lot_id),
    )


def amendments_to_sign(who: Reader) -> QuerySet[Amendment]:
    """Those that the person did not file, of runs of which the person recorded nothing."""
    rows = amendments_waiting(Amendment.objects.exclude(signature__person=who.person))
    return (
        not_recorded_by(who.person, rows, "run")
        .select_related("run", "lot__site")
        .order_by("recorded_at", "id")
    )


def _amendment(row: Amendment) -> Item:
    return Item(
        label=row.number,
        model="amendment",
        key=row.pk,
        remark=f"{AMENDMENT_LABELS[AmendmentKind(row.kind)]} of {row.run or f'lot {row.lot}'}",
        since=row.recorded_at,
        zone=row.lot.site.zone,
        work=("amendment", row.pk),
    )


def transcriptions_to_verify(who: Reader) -> QuerySet[Transcription]:
    rows = Transcription.objects.filter(verification__isnull=True).exclude(
        recorded_by__person=who.person
    )
    return not_recorded_by(who.person, rows, "run").order_by("recorded_at", "id")


def _transcription(row: Transcription) -> Item:
    return Item(
        label=row.number,
        model="transcription",
        key=row.pk,
        remark=TRANSCRIPTION_LABELS[TranscriptionKind(row.kind)],
        since=row.recorded_at,
        work=("transcription", row.pk),
    )


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
        name="amendments-to-sign",
        title="Amendments to sign as second person",
        nothing="No amendment waits for your signature.",
        permissions=frozenset({Permission.CONFIRM}),
        rows=amendments_to_sign,
        item=_amendment,
        page="sign",
        verb="Sign",
    ),
    Kind(
        name="transcriptions-to-verify",
        title="Transcriptions from paper to verify",
        nothing="No transcription waits to be verified by you.",
        permissions=frozenset({Permission.CONFIRM}),
        rows=transcriptions_to_verify,
        item=_transcription,
        page="verify",
        verb="Verify",
    ),
    Kind(
        name="lots-to-release",
        title="Lots ready for your decision",
        nothing="No lot is ready for your decision.",
        permissions=frozenset({Permission.DECIDE}),
        rows=lots_to_release,
        item=_lot_to_release,
        page="release",
        verb="Release",
    ),
    Kind(
        name="investigations",
        title="Open investigations",
        nothing="No investigation is open.",
        permissions=frozenset({Permission.INVESTIGATE}),
        rows=open_investigations,
        item=_investigation,
        page="conclude",
        verb="Conclude",
    ),
    Kind(
        name="holds",
        title="Holds in force",
        nothing="No lot is on hold.",
        permissions=frozenset({Permission.DECIDE}),
        rows=open_holds,
        item=_hold,
        page="lift_hold",
        verb="Lift",
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
