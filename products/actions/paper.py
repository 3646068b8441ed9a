"""Records that may have been on paper before: how each is found, called and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from products.actions.lookups import (
    find_named_determination,
    find_named_method_version,
    find_named_specification,
    find_run,
    find_source,
)
from products.actions.sites import home_site
from products.domain.facts import plain
from products.domain.transcriptions import (
    TranscriptionKind,
)
from products.models import (
    Determination,
    Lot,
    MethodVersion,
    Run,
    Site,
    SpecificationVersion,
    TissueSource,
    Transcription,
)
from products.queries.facts import criterion_of, method_of
from products.queries.runs import (
    reading_facts,
    readings_in_effect,
)

Subject = Run | SpecificationVersion | MethodVersion | Determination | TissueSource


@dataclass(frozen=True, slots=True)
class Kind:
    """``column`` of the transcription names the record, ``file`` that of its evidence."""

    find: Callable[[str], Subject]
    column: str
    file: str


def _found_run(key: str) -> Run:
    return find_run(key, "key")


def _found_source(key: str) -> TissueSource:
    return find_source(key, "key")


KINDS: Mapping[TranscriptionKind, Kind] = {
    TranscriptionKind.RUN: Kind(_found_run, "run", "run"),
    TranscriptionKind.SPECIFICATION: Kind(
        find_named_specification, "specification", "specification"
    ),
    TranscriptionKind.METHOD: Kind(find_named_method_version, "method_version", "method_version"),
    TranscriptionKind.DETERMINATION: Kind(find_named_determination, "determination", "donor"),
    TranscriptionKind.SOURCE: Kind(_found_source, "source", "source"),
}


def subject_of(row: Transcription) -> Subject:
    """The record that was transcribed."""
    subject: Subject = getattr(row, KINDS[TranscriptionKind(row.kind)].column)
    return subject


def name_of(subject: Subject) -> str:
    """The transcribed record as people call it."""
    match subject:
        case Run():
            return f"Run {subject.number}"
        case SpecificationVersion():
            return f"Specification {subject.product.code} version {subject.version}"
        case MethodVersion():
            return f"Method {subject.method.code} version {subject.version}"
        case Determination():
            return f"Determination {subject.version} of donor {subject.donor.code}"
        case _:
            return f"Tissue source {subject.number}"


def site_of(subject: Subject) -> Site:
    """Documents, donors and sources are of no site: what holds is the day of the first one."""
    return subject.lot.site if isinstance(subject, Run) else home_site()


def lots_under(subject: Subject) -> QuerySet[Lot]:
    """The lots whose judgement may rest on the original date."""
    match subject:
        case SpecificationVersion():
            return Lot.objects.filter(specification=subject)
        case MethodVersion():
            return Lot.objects.filter(runs__method_version=subject).distinct()
        case _:
            return Lot.objects.none()


def shown(subject: Subject) -> dict[str, object]:
    """What the second person compares with the scan."""
    match subject:
        case Run():
            return {
                "sample": subject.sample.number,
                "criterion": subject.criterion.code if subject.criterion else None,
                "method": name_of(subject.method_version),
                "purpose": subject.purpose,
                "performed_at": subject.performed_at,
                "readings": [
                    plain(reading_facts(row)) for row in readings_in_effect(subject).values()
                ],
            }
        case SpecificationVersion():
            rows = subject.criteria.select_related("method").order_by("position")
            return {
                "document": subject.document,
                "effective_from": subject.effective_from,
                "criteria": [plain(criterion_of(row, row.method.code)) for row in rows],
            }
        case MethodVersion():
            return {"document": subject.document, "method": plain(method_of(subject))}
        case Determination():
            return {
                "outcome": subject.outcome,
                "determined_on": subject.determined_on,
                "establishment": subject.establishment,
                "summary_of_records": subject.summary_of_records,
            }
        case _:
            return {
                "donor": subject.donor.code,
                "kind": subject.kind,
                "form": subject.form,
                "recovered_at": subject.recovered_at,
            }
