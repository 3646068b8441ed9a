"""What waits for a second person, and what for a decision of quality on a lot."""

from __future__ import annotations

from django.db.models import QuerySet

from products.domain.amendments import AMENDMENT_LABELS, AmendmentKind
from products.domain.lots import ReleaseStatus
from products.domain.roles import Permission
from products.domain.transcriptions import TRANSCRIPTION_LABELS, TranscriptionKind
from products.models import (
    Amendment,
    Hold,
    Investigation,
    Lot,
    Transcription,
)
from products.queries.lots import lots_standing
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


KINDS = (
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
)
