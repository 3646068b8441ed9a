"""Lean lists: the lots of a page, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Upper

from products.domain.amendments import AMENDMENT_LABELS, AmendmentKind
from products.domain.criteria import Verdict
from products.domain.lots import Decision, ReleaseStatus
from products.domain.methods import DocumentState
from products.domain.products import BASIS_LABELS
from products.domain.results import SATISFYING, RunState
from products.domain.roles import Permission
from products.domain.transcriptions import TRANSCRIPTION_LABELS, TranscriptionKind
from products.models import (
    Amendment,
    CredentialReview,
    Donor,
    Investigation,
    Lot,
    MethodVersion,
    Result,
    Run,
    SignaturePolicy,
    SpecificationVersion,
    TrailReview,
    Transcription,
)
from products.queries.listing import KINDS_OF_ONE
from products.queries.lockouts import open_lockouts
from products.queries.lots import Standing, lots_at
from products.queries.people import Identity
from products.queries.periodic import (
    Due,
    credential_review_due,
    credential_reviews,
    trail_review_due,
    trail_reviews,
)
from products.queries.policies import policy_and_acceptance
from products.queries.roles import grants_in_force
from products.queries.runs import results_in_effect

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

SHOWN = 8
SOON = timedelta(hours=24)
ALWAYS_COUNTED = (ReleaseStatus.QUARANTINED, ReleaseStatus.ON_HOLD, ReleaseStatus.RELEASED)
IN_USE = (
    ReleaseStatus.QUARANTINED,
    ReleaseStatus.RELEASED,
    ReleaseStatus.CONDITIONALLY_RELEASED,
    ReleaseStatus.ON_HOLD,
)


def lot_list(now: datetime) -> QuerySet[Lot]:
    """Lots with ``status``, ``tissues`` and ``is_due`` (the stored reasons no longer hold).

    ``tissues`` are the kinds of the whole genealogy.
    """
    return (
        lots_at(now)
        .select_related("product", "site")
        .annotate(
            tissues=RawSQL(KINDS_OF_ONE, [], output_field=ArrayField(CharField())),  # noqa: S611  # constant
            is_due=Case(
                When(judged_until__gt=Value(now), then=Value(value=False)),
                default=Value(value=True),
                output_field=BooleanField(),
            ),
        )
    )


def lots_by_number(lots: QuerySet[Lot], typed: str) -> QuerySet[Lot]:
    """The lot of that number and those whose number begins with it, in whatever case."""
    return lots.alias(upper_number=Upper("number")).filter(
        upper_number__startswith=typed.strip().upper()
    )


def lots_expiring(lots: QuerySet[Lot], now: datetime, days: int) -> QuerySet[Lot]:
    """Lots in use whose last day of use is near: not yet over, at most ``days`` ahead."""
    today = now.date()
    near = lots.filter(expires_on__gte=today, expires_on__lte=today + timedelta(days=days))
    return near.filter(Q(status__in=IN_USE))


def lots_of_status(lots: QuerySet[Lot], status: str) -> QuerySet[Lot]:
    """Of lots from `lot_list` those that have the status at its instant."""
    return lots.filter(Q(status=status))


@dataclass(frozen=True, slots=True)
class Waiting:
    """One kind of work: how much of it there is, and the first of it."""

    title: str
    count: int
    records: tuple[tuple[str, str, UUID, str], ...]
    """Label, model, key and remark of each."""

    @property
    def more(self) -> int:
        return self.count - len(self.records)


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many lots have a status, and of them how many under each basis (its label)."""

    status: str
    count: int
    by_basis: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Home:
    counts: tuple[StatusCount, ...]
    expiring: int
    waiting: tuple[Waiting, ...]


def home_page(identity: Identity, now: datetime) -> Home:
    lots = lots_at(now)
    return Home(
        counts=tuple(_counts(lots)),
        expiring=lots_expiring(lots, now, 30).count(),
        waiting=tuple(_waiting(identity, now)),
    )


def _counts(lots: QuerySet[WithAnnotations[Lot, Standing]]) -> Iterator[StatusCount]:
    """Every status that a lot has, and those that are always looked for."""
    rows = lots.values_list("status", "product__basis").annotate(how_many=Count("pk")).order_by()
    found: dict[str, list[tuple[str, int]]] = {}
    for status, basis, how_many in rows:
        found.setdefault(status, []).append((BASIS_LABELS.get(basis, basis), how_many))
    for status in ALWAYS_COUNTED + tuple(
        word for word in ReleaseStatus if word not in ALWAYS_COUNTED
    ):
        of_status = sorted(found.get(status, []))
        if of_status or status in ALWAYS_COUNTED:
            yield StatusCount(status.value, sum(n for _, n in of_status), tuple(of_status))


def _waiting(identity: Identity, now: datetime) -> list[Waiting]:
    may = identity.permissions
    found: list[Waiting] = [*_policy_to_accept(identity.person), *_reviews_due(may, now)]
    if Permission.RECORD in may:
        found += [_unsubmitted(identity.person), _returned(), _incubations(now)]
    if Permission.REVIEW in may:
        found.append(_lots_to_review(identity.person))
    if Permission.CONFIRM in may:
        found += [_to_sign_second(identity.person), _to_verify(identity.person)]
    if Permission.DECIDE in may:
        found += [_ready(now), _open_investigations()]
    if Permission.APPROVE in may:
        found += [_drafts(), _roles_to_sign(identity.person)]
    if Permission.ADMINISTER in may:
        found.append(_lockouts())
    if Permission.DETERMINE in may:
        found.append(_undetermined())
    return found


def _unsubmitted(person: UUID | None) -> Waiting:
    runs = Run.objects.filter(state=RunState.SAVED, recorded_by__person=person).order_by("number")
    return _listed(
        "Runs you saved and have not submitted",
        runs.select_related("method_version__method"),
        lambda run: (run.number, "run", run.pk, run.method_version.method.name),
    )


def _returned() -> Waiting:
    """For every analyst: whoever is there answers, also for a colleague who is not."""
    runs = Run.objects.filter(state=RunState.RETURNED).select_related("performed_by")
    return _listed(
        "Runs returned by the reviewer, to be answered",
        runs.order_by("number"),
        lambda run: (
            run.number,
            "run",
            run.pk,
            f"performed by {run.performed_by.printed_name}" if run.performed_by else "",
        ),
    )


def amendments_waiting(amendments: QuerySet[Amendment]) -> QuerySet[Amendment]:
    """Those that count only when a second person has signed, and nobody has."""
    return amendments.filter(needs_second=True, second__isnull=True)


def _to_sign_second(person: UUID | None) -> Waiting:
    """Amendments that the person neither filed nor visibly took part in."""
    rows = (
        amendments_waiting(Amendment.objects.all())
        .exclude(signature__person=person)
        .exclude(run__performed_by=person)
        .exclude(run__recorded_by__person=person)
        .select_related("run", "lot")
        .order_by("recorded_at", "id")
    )
    return _listed(
        "Amendments to sign as second person",
        rows,
        lambda row: (
            row.number,
            "amendment",
            row.pk,
            f"{AMENDMENT_LABELS[AmendmentKind(row.kind)]} of {row.run or f'lot {row.lot}'}",
        ),
    )


def _to_verify(person: UUID | None) -> Waiting:
    rows = (
        Transcription.objects.filter(verification__isnull=True)
        .exclude(recorded_by__person=person)
        .order_by("recorded_at", "id")
    )
    return _listed("Transcriptions from paper to verify", rows, _transcribed)


def _transcribed(row: Transcription) -> tuple[str, str, UUID, str]:
    return row.number, "transcription", row.pk, TRANSCRIPTION_LABELS[TranscriptionKind(row.kind)]


def _roles_to_sign(person: UUID | None) -> Waiting:
    """Quality signs for a role before it can sign; nobody for an account of the own person."""
    grants = (
        grants_in_force()
        .filter(by_provision=False, approval__isnull=True)
        .exclude(user__person=person)
        .select_related("user__person")
        .order_by("recorded_at", "id")
    )
    return _listed(
        "Roles that wait for your signature",
        grants,
        lambda grant: (grant.user.username, "rolegrant", grant.pk, grant.role),
    )


def _incubations(now: datetime) -> Waiting:
    later = results_in_effect().filter(run=OuterRef("run"), version__gt=OuterRef("version"))
    results = (
        results_in_effect()
        .filter(final=False, final_at__lte=now + SOON)
        .exclude(run__state__in=[RunState.DISCARDED, RunState.RETRACTED])
        .filter(~Exists(later))
        .select_related("run__lot__site")
        .order_by("final_at")
    )
    return _listed(
        "Incubations that end within 24 hours, or have ended",
        results,
        lambda result: (result.run.number, "run", result.run_id, "take the last reading"),
    )


def results_to_review(person: UUID | None) -> QuerySet[Result]:
    """Final results in effect without review that the person took no visible part in.

    What waits for a second signature is reviewed after it.
    """
    later = results_in_effect().filter(run=OuterRef("run"), version__gt=OuterRef("version"))
    return (
        results_in_effect()
        .filter(~Exists(later), final=True, review_item__isnull=True)
        .filter(run__state=RunState.SUBMITTED)
        .exclude(
            run__in=amendments_waiting(Amendment.objects.filter(run__isnull=False)).values("run")
        )
        .filter(
            Q(run__purpose__in=SATISFYING) | Q(verdict=Verdict.FAIL, run__criterion__isnull=False)
        )
        .exclude(Q(performed_by=person) | Q(run__recorded_by__person=person))
    )


def _lots_to_review(person: UUID | None) -> Waiting:
    """Of a released lot too: what was corrected since is reviewed anew."""
    lots = (
        Lot.objects.filter(runs__results__in=results_to_review(person))
        .exclude(decision__in=[Decision.REJECTED, Decision.RECALLED, Decision.VOID])
        .annotate(to_review=Count("runs__results"))
        .order_by("made_on", "id")
    )
    return _listed(
        "Lots with runs to review",
        lots,
        lambda lot: (
            lot.number,
            "lot",
            lot.pk,
            f"{lot.to_review} {'run' if lot.to_review == 1 else 'runs'}",
        ),
    )


def lots_ready(now: datetime) -> QuerySet[Lot]:
    """Lots in quarantine against which no rule speaks."""
    return lots_at(now).filter(Q(status=ReleaseStatus.QUARANTINED), blocks=[], judged_until__gt=now)


def _ready(now: datetime) -> Waiting:
    lots = lots_ready(now).select_related("product").order_by("made_on", "id")
    return _listed(
        "Lots ready for your decision",
        lots,
        lambda lot: (lot.number, "lot", lot.pk, lot.product.name),
    )


def _open_investigations() -> Waiting:
    rows = (
        Investigation.objects.filter(conclusion__isnull=True)
        .select_related("lot")
        .order_by("recorded_at", "id")
    )
    return _listed(
        "Open investigations",
        rows,
        lambda row: (row.number, "investigation", row.pk, row.get_kind_display()),
    )


def _drafts() -> Waiting:
    specifications = SpecificationVersion.objects.filter(state=DocumentState.DRAFT)
    methods = MethodVersion.objects.filter(state=DocumentState.DRAFT)
    records = [
        *(
            (f"Specification {row.product.code} v{row.version}", "specificationversion", row.pk, "")
            for row in specifications.select_related("product").order_by("recorded_at")[:SHOWN]
        ),
        *(
            (f"Method {row.method.code} v{row.version}", "method", row.method_id, "")
            for row in methods.select_related("method").order_by("recorded_at")[:SHOWN]
        ),
    ]
    count = specifications.count() + methods.count()
    return Waiting("Drafts to approve", count, tuple(records[:SHOWN]))


def _policy_to_accept(person: UUID | None) -> Iterator[Waiting]:
    """Only while there is one: whoever accepted it is not told so every day."""
    version, is_accepted = policy_and_acceptance(person)
    if version and person and not is_accepted:
        key = SignaturePolicy.objects.values_list("pk", flat=True).get(version=version)
        label = f"Version {version}"
        remark = "accept it before you sign"
        yield Waiting("Signature policy", 1, ((label, "signaturepolicy", key, remark),))


def _reviews_due(may: frozenset[Permission], now: datetime) -> Iterator[Waiting]:
    """Reviews that are overdue, each with the last one, if there was one."""
    if Permission.ADMINISTER in may and (due := credential_review_due(now)).is_overdue:
        yield _overdue("Review of credentials", due, credential_reviews().first())
    if Permission.REVIEW_TRAIL in may and (due := trail_review_due(now)).is_overdue:
        yield _overdue("Review of the audit trail", due, trail_reviews().first())


def _overdue(what: str, due: Due, last: CredentialReview | TrailReview | None) -> Waiting:
    title = f"{what}: overdue since {due.due:%Y-%m-%d}"
    if last is None:
        return Waiting(title, 1, ())
    return Waiting(title, 1, ((str(last), str(last._meta.model_name), last.pk, "the last one"),))  # noqa: SLF001  # documented


def _lockouts() -> Waiting:
    return _listed(
        "Locked accounts to look into",
        open_lockouts(),
        lambda row: (row.user.username, "lockout", row.pk, f"{row.recorded_at:%Y-%m-%d %H:%M} UTC"),
    )


def _undetermined() -> Waiting:
    donors = Donor.objects.filter(determinations__isnull=True).order_by("code")
    return _listed(
        "Donors whose eligibility nobody determined",
        donors,
        lambda donor: (donor.code, "donor", donor.pk, ""),
    )


def _listed(
    title: str, rows: QuerySet[Any], show: Callable[[Any], tuple[str, str, UUID, str]]
) -> Waiting:
    found = list(rows[: SHOWN + 1])
    count = len(found) if len(found) <= SHOWN else rows.count()
    return Waiting(title, count, tuple(show(row) for row in found[:SHOWN]))
