"""What lapses soon, or lapsed lately, and nothing newer stands in its place."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from products.domain.methods import DocumentState
from products.domain.results import SupportOutcome
from products.domain.roles import Permission
from products.models import (
    ApiToken,
    Calibration,
    LaboratoryQualification,
    MediaLot,
    SpecificationVersion,
    Training,
    User,
)
from products.queries.waiting import Item, Kind, Reader

AHEAD = timedelta(days=30)
SINCE = timedelta(days=30)
"""What lapsed longer ago is no longer news: its record says so wherever it is used."""


def _near(field: str, who: Reader) -> Q:
    return Q(**{f"{field}__gte": who.today - SINCE, f"{field}__lte": who.today + AHEAD})


def calibrations(who: Reader) -> QuerySet[Calibration]:
    """The latest of each instrument, where it passed: of one that failed its page speaks."""
    later = Calibration.objects.filter(instrument=OuterRef("instrument")).filter(
        Q(calibrated_on__gt=OuterRef("calibrated_on"))
        | Q(calibrated_on=OuterRef("calibrated_on"), recorded_at__gt=OuterRef("recorded_at"))
    )
    return (
        Calibration.objects.filter(_near("valid_until", who), outcome=SupportOutcome.PASSED)
        .filter(~Exists(later))
        .select_related("instrument")
        .order_by("valid_until", "id")
    )


def _calibration(row: Calibration) -> Item:
    return Item(
        label=row.instrument.code,
        model="instrument",
        key=row.instrument_id,
        remark=row.instrument.model,
        last_day=row.valid_until,
        work=("instrument", row.instrument_id),
    )


def media(who: Reader) -> QuerySet[MediaLot]:
    return MediaLot.objects.filter(_near("expires_on", who), recalls__isnull=True).order_by(
        "expires_on", "id"
    )


def _media(row: MediaLot) -> Item:
    return Item(
        label=f"{row.material} lot {row.number}",
        model="medialot",
        key=row.pk,
        remark=row.manufacturer,
        last_day=row.expires_on,
    )


def trainings(who: Reader) -> QuerySet[Training]:
    """Everybody's for those who sign trainings, else one's own."""
    later = Training.objects.filter(
        person=OuterRef("person"), method_version=OuterRef("method_version")
    ).filter(Q(valid_until__isnull=True) | Q(valid_until__gt=OuterRef("valid_until")))
    rows = Training.objects.filter(_near("valid_until", who)).filter(~Exists(later))
    if Permission.APPROVE not in who.permissions:
        rows = rows.filter(person=who.person)
    return (
        rows.exclude(method_version__state=DocumentState.RETIRED)
        .select_related("person", "method_version__method")
        .order_by("valid_until", "id")
    )


def _training(row: Training) -> Item:
    return Item(
        label=f"{row.person} on {row.method_version}",
        model="training",
        key=row.pk,
        remark=row.method_version.method.name,
        last_day=row.valid_until,
    )


def qualifications(who: Reader) -> QuerySet[LaboratoryQualification]:
    later = LaboratoryQualification.objects.filter(
        laboratory=OuterRef("laboratory"), version__gt=OuterRef("version")
    )
    return (
        LaboratoryQualification.objects.filter(_near("qualified_until", who))
        .filter(~Exists(later))
        .select_related("laboratory")
        .order_by("qualified_until", "id")
    )


def _qualification(row: LaboratoryQualification) -> Item:
    return Item(
        label=row.laboratory.code,
        model="laboratory",
        key=row.laboratory_id,
        remark=row.laboratory.name,
        last_day=row.qualified_until,
        work=("laboratory", row.laboratory_id),
    )


def specifications(who: Reader) -> QuerySet[SpecificationVersion]:
    """Approved versions that end the version before them."""
    return (
        SpecificationVersion.objects.filter(
            state=DocumentState.APPROVED,
            version__gt=1,
            effective_from__gt=who.today,
            effective_from__lte=who.today + AHEAD,
        )
        .select_related("product")
        .order_by("effective_from", "id")
    )


def _specification(row: SpecificationVersion) -> Item:
    return Item(
        label=f"Specification {row.product} v{row.version - 1}",
        model="specificationversion",
        key=row.pk,
        remark=f"v{row.version} is in force from {row.effective_from} on",
        last_day=row.effective_from - timedelta(days=1),
    )


def tokens(who: Reader) -> QuerySet[ApiToken]:
    """Everybody's for those who issue tokens to others, else one's own."""
    rows = ApiToken.objects.filter(
        revoked_at__isnull=True, expiry__gt=who.now, expiry__lte=who.now + AHEAD
    )
    if Permission.ISSUE_TOKEN not in who.permissions:
        rows = rows.filter(user__username=who.account)
    return rows.select_related("user").order_by("expiry", "id")


def _token(row: ApiToken) -> Item:
    return Item(
        label=row.purpose, model="apitoken", key=row.pk, remark=row.user.username, due=row.expiry
    )


def accounts(who: Reader) -> QuerySet[User]:
    return User.objects.filter(
        is_active=True, expires_on__gte=who.today, expires_on__lte=who.today + AHEAD
    ).order_by("expires_on", "id")


def _account(row: User) -> Item:
    return Item(
        label=row.username,
        model="user",
        key=row.pk,
        last_day=row.expires_on,
        work=("user", row.pk),
    )


KINDS = (
    Kind(
        name="calibrations",
        title="Calibrations that lapse within 30 days, or lapsed lately",
        nothing="No calibration lapses within 30 days.",
        permissions=frozenset({Permission.REGISTER}),
        rows=calibrations,
        item=_calibration,
        page="calibrate",
        verb="Record a calibration",
    ),
    Kind(
        name="media",
        title="Media lots that expire within 30 days, or expired lately",
        nothing="No media lot expires within 30 days.",
        permissions=frozenset({Permission.REGISTER}),
        rows=media,
        item=_media,
    ),
    Kind(
        name="trainings",
        title="Trainings that lapse within 30 days, or lapsed lately",
        nothing="No training lapses within 30 days.",
        permissions=frozenset({Permission.RECORD, Permission.APPROVE}),
        rows=trainings,
        item=_training,
    ),
    Kind(
        name="qualifications",
        title="Qualifications of laboratories that lapse within 30 days, or lapsed lately",
        nothing="No qualification of a laboratory lapses within 30 days.",
        permissions=frozenset({Permission.APPROVE}),
        rows=qualifications,
        item=_qualification,
        page="qualify",
        verb="Sign a qualification",
    ),
    Kind(
        name="specifications",
        title="Specifications that are replaced within 30 days",
        nothing="No specification is replaced within 30 days.",
        permissions=frozenset({Permission.DRAFT}),
        rows=specifications,
        item=_specification,
        told_when_there=True,
    ),
    Kind(
        name="tokens",
        title="API tokens that expire within 30 days",
        nothing="No API token expires within 30 days.",
        permissions=frozenset({Permission.READ}),
        rows=tokens,
        item=_token,
        told_when_there=True,
    ),
    Kind(
        name="accounts",
        title="Accounts that end within 30 days",
        nothing="No account ends within 30 days.",
        permissions=frozenset({Permission.ADMINISTER}),
        rows=accounts,
        item=_account,
        page="expiry",
        verb="Change the last day",
        told_when_there=True,
    ),
)
