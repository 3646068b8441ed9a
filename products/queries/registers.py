"""Amendments, files, and the registers of laboratories, paper, training and roles: for lists."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from products.domain.errors import NotFoundError
from products.models import (
    Amendment,
    Calibration,
    Evidence,
    Instrument,
    Laboratory,
    LaboratoryQualification,
    MediaLot,
    MediaRecall,
    Note,
    RoleGrant,
    Site,
    Training,
    Transcription,
)
from products.queries.attachments import evidence, notes

WAITS = Q(needs_second=True, second__isnull=True)


def amendments() -> QuerySet[Amendment]:
    """Each with its two signatures and the files that they name."""
    return Amendment.objects.select_related(
        "lot",
        "run",
        "corrects",
        "result",
        "evidence",
        "recorded_by__person",
        "signature",
        "second__signature",
        "second__evidence",
    ).defer("evidence__content", "second__evidence__content")


def amendment(number: str) -> Amendment:
    """Raises NotFoundError when there is no such amendment."""
    found = amendments().filter(number__iexact=number).first()
    if found is None:
        raise NotFoundError(f"There is no amendment {number!r}.", field="amendment")
    return found


def waiting(rows: QuerySet[Amendment]) -> QuerySet[Amendment]:
    return rows.filter(WAITS)


def not_waiting(rows: QuerySet[Amendment]) -> QuerySet[Amendment]:
    return rows.exclude(WAITS)


def files() -> QuerySet[Evidence]:
    """Each with the record that it is attached to; `content` is not read."""
    return evidence().select_related(
        "lot",
        "run__lot",
        "donor",
        "source",
        "specification__product",
        "method_version__method",
        "laboratory",
        "site",
        "recorded_by__person",
    )


def file(key: UUID, *, with_content: bool = False) -> Evidence:
    """Raises NotFoundError when there is no such file."""
    found = (Evidence.objects if with_content else files()).filter(pk=key).first()
    if found is None:
        raise NotFoundError(f"There is no file with id {key}.", field="evidence")
    return found


def laboratories() -> QuerySet[Laboratory]:
    """Each with its qualifications, the latest first."""
    rows = LaboratoryQualification.objects.select_related("signature").order_by("-version")
    return Laboratory.objects.select_related("recorded_by__person").prefetch_related(
        Prefetch("qualifications", queryset=rows)
    )


def laboratory(code: str) -> Laboratory:
    """Raises NotFoundError when there is no such laboratory."""
    found = laboratories().filter(code__iexact=code).first()
    if found is None:
        raise NotFoundError(f"There is no outside laboratory {code!r}.", field="laboratory")
    return found


def transcriptions() -> QuerySet[Transcription]:
    return Transcription.objects.select_related(
        "run__lot",
        "specification__product",
        "method_version__method",
        "determination__donor",
        "source",
        "evidence",
        "recorded_by__person",
        "verification__signature",
    ).defer("evidence__content")


def transcription(number: str) -> Transcription:
    """Raises NotFoundError when there is no such transcription."""
    found = transcriptions().filter(number__iexact=number).first()
    if found is None:
        raise NotFoundError(f"There is no transcription {number!r}.", field="transcription")
    return found


def instruments() -> QuerySet[Instrument]:
    """Each with its calibrations, in order of their days."""
    rows = Calibration.objects.select_related("recorded_by__person")
    return Instrument.objects.prefetch_related(
        Prefetch("calibrations", queryset=rows.order_by("calibrated_on", "recorded_at"))
    )


def instrument(code: str) -> Instrument:
    """Raises NotFoundError when there is no such instrument."""
    found = instruments().filter(code__iexact=code).first()
    if found is None:
        raise NotFoundError(f"There is no instrument {code!r}.", field="instrument")
    return found


def media_lots() -> QuerySet[MediaLot]:
    """Each with its recalls."""
    rows = MediaRecall.objects.select_related("recorded_by__person").order_by("recorded_at")
    return MediaLot.objects.prefetch_related(Prefetch("recalls", queryset=rows))


def media_lot(material: str, number: str) -> MediaLot:
    """Raises NotFoundError when there is no such media lot."""
    found = media_lots().filter(material__iexact=material, number__iexact=number).first()
    if found is None:
        raise NotFoundError(f"There is no media lot {material} {number}.", field="number")
    return found


def trainings() -> QuerySet[Training]:
    return Training.objects.select_related("person", "method_version__method", "signature")


def role_grants() -> QuerySet[RoleGrant]:
    """Each with who gave it, who signed for it, and who took it again."""
    return RoleGrant.objects.select_related(
        "user__person",
        "recorded_by__person",
        "approval__signature",
        "revocation__recorded_by__person",
    )


def sites() -> QuerySet[Site]:
    """Each with its signed go-live date, if it has one."""
    return Site.objects.select_related("go_live__signature")


def site(name: str) -> Site:
    """Raises NotFoundError when there is no such site."""
    found = sites().filter(name__iexact=name).first()
    if found is None:
        raise NotFoundError(f"There is no site {name!r}.", field="site")
    return found


def notes_of_lot(lot: str) -> QuerySet[Note]:
    """Of the lot and its runs."""
    return (
        notes().select_related("lot", "run", "recorded_by__person").filter(lot__number__iexact=lot)
    )
