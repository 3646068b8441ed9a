"""What the records say today of signed documents, people, laboratories and paper."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from products.domain.facts import plain
from products.domain.products import RuleProfile
from products.domain.profiles import PROFILES
from products.models import (
    Criterion,
    Determination,
    GoLive,
    LaboratoryQualification,
    Lot,
    MethodVersion,
    ProfileAssignment,
    RoleApproval,
    SpecificationVersion,
    Training,
    Verification,
)
from products.queries.facts import criterion_of
from products.queries.signed_parts import Shown, Signed, over


def determinations(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    for row in Determination.objects.filter(pk__in=signed).select_related("donor"):
        yield (
            row.pk,
            over(
                signed[row.pk],
                donor=row.donor.code,
                version=row.version,
                outcome=row.outcome,
                determined_on=row.determined_on,
                establishment=row.establishment,
                summary_of_records=row.summary_of_records,
            ),
        )


def trainings(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    rows = Training.objects.filter(pk__in=signed)
    for row in rows.select_related("person", "method_version__method"):
        yield (
            row.pk,
            over(
                signed[row.pk],
                person=row.person.printed_name,
                person_id=row.person_id,
                method=row.method_version.method.code,
                version=row.method_version.version,
                trained_on=row.trained_on,
                valid_until=row.valid_until,
                document=row.document,
            ),
        )


def qualifications(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    rows = LaboratoryQualification.objects.filter(pk__in=signed).select_related("laboratory")
    for row in rows:
        yield (
            row.pk,
            over(
                signed[row.pk],
                laboratory=row.laboratory.code,
                name=row.laboratory.name,
                address=row.laboratory.address,
                version=row.version,
                qualified_from=row.qualified_from,
                qualified_until=row.qualified_until,
                document=row.document,
            ),
        )


def profiles(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    for row in ProfileAssignment.objects.filter(pk__in=signed).select_related("product"):
        profile = PROFILES[RuleProfile(row.profile)]
        yield (
            row.pk,
            over(
                signed[row.pk],
                product=row.product.code,
                basis=row.product.basis,
                basis_reference=row.product.basis_reference,
                version=row.version,
                profile=row.profile,
                rules_left_out=sorted(profile.left_out),
                reviewer_may_release=profile.reviewer_may_release,
            ),
        )


def role_approvals(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    rows = RoleApproval.objects.filter(pk__in=signed)
    for row in rows.select_related("grant__user__person", "grant__recorded_by__person"):
        grant = row.grant
        yield (
            row.pk,
            over(
                signed[row.pk],
                account=grant.user.username,
                printed_name=grant.user.printed_name,
                role=grant.role,
                grant=grant.number,
                given_by=grant.recorded_by.printed_name,
                given_at=grant.recorded_at,
            ),
        )


def go_lives(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    for row in GoLive.objects.filter(pk__in=signed).select_related("site"):
        yield row.pk, over(signed[row.pk], site=row.site.name, on=row.on)


def stability_studies(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    for row in Lot.objects.filter(pk__in=signed).select_related("product"):
        facts = {"lot": row.number, "product": row.product.code, "study": row.stability_study}
        yield row.pk, over(signed[row.pk], **facts)


METHOD_COLUMNS = (
    *("version", "document", "formula", "unit", "replicates", "incubation_hours", "media", "lod"),
    *("loq", "max_cv_percent", "minimum_count", "sensitivity", "min_recovery_percent"),
    *("max_recovery_percent", "min_correlation"),
)


def methods(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    for row in MethodVersion.objects.filter(pk__in=signed).select_related("method"):
        of_method = {
            name: getattr(row.method, name) for name in ("name", "attribute", "category", "family")
        }
        facts = {name: getattr(row, name) for name in METHOD_COLUMNS}
        yield row.pk, over(signed[row.pk], method=row.method.code, **of_method, **facts)


def shown_criterion(row: Criterion) -> Shown:
    """A criterion as who approves its specification is shown it."""
    criterion = criterion_of(row, row.method.code)
    facts = plain(criterion)
    assert isinstance(facts, dict)
    return {**facts, "limit": criterion.limit_text}


def specifications(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    rows = SpecificationVersion.objects.filter(pk__in=signed).select_related("product")
    for row in rows.prefetch_related("criteria__method"):
        criteria = sorted(row.criteria.all(), key=lambda one: one.position)
        yield (
            row.pk,
            over(
                signed[row.pk],
                product=row.product.code,
                version=row.version,
                document=row.document,
                effective_from=row.effective_from,
                change_reason=row.change_reason,
                criteria=[shown_criterion(one) for one in criteria],
            ),
        )


def verifications(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    rows = Verification.objects.filter(pk__in=signed)
    for row in rows.select_related("transcription__evidence").defer(
        "transcription__evidence__content"
    ):
        paper = row.transcription
        yield (
            row.pk,
            over(
                signed[row.pk],
                transcription=paper.number,
                kind=paper.kind,
                signatory=paper.signatory,
                dated_on=paper.dated_on,
                scan=paper.evidence.sha256,
                outcome=row.outcome,
                comment=row.comment,
            ),
        )
