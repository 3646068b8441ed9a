"""Evidence: files attached to a record as they came, found again by their SHA-256."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from products.actions.base import Context, action
from products.actions.checks import check_word
from products.actions.locks import lock
from products.actions.lookups import (
    find_donor,
    find_evidence,
    find_laboratory,
    find_lot,
    find_named_method_version,
    find_named_specification,
    find_run,
    find_site,
    find_source,
)
from products.actions.records import check_record
from products.domain.canonical import sha256_hex
from products.domain.errors import DuplicateError, InvalidValueError
from products.domain.evidence import media_type_of, printable_file_name
from products.domain.roles import Permission
from products.models import Evidence, Lot
from products.models.fields import Record


class EvidenceKind(StrEnum):
    """What a file is attached to."""

    LOT = "lot"
    RUN = "run"
    DONOR = "donor"
    SOURCE = "source"
    SPECIFICATION = "specification"
    METHOD = "method"
    LABORATORY = "laboratory"
    SITE = "site"


FINDERS: Mapping[EvidenceKind, Callable[[str, str], Record]] = MappingProxyType(
    {
        EvidenceKind.LOT: find_lot,
        EvidenceKind.RUN: find_run,
        EvidenceKind.DONOR: find_donor,
        EvidenceKind.SOURCE: find_source,
        EvidenceKind.SPECIFICATION: find_named_specification,
        EvidenceKind.METHOD: find_named_method_version,
        EvidenceKind.LABORATORY: find_laboratory,
        EvidenceKind.SITE: find_site,
    }
)


@action("evidence.attach", permission=Permission.NOTE)
def attach_evidence(
    context: Context, *, kind: str, key: str, name: str, content: bytes, description: str = ""
) -> Evidence:
    """Attach a file to one record, for good; what type it is, its content tells.

    ``key`` is the number or code of the record; of a specification or method its version too, as
    in ``EXO-1 v2``.

    Raises:
        UnknownReferenceError: there is no such record.
        InvalidValueError: a file of a type that is not accepted, empty, or too large.
        DuplicateError: the same file is attached to the record already.
    """
    what = check_word(EvidenceKind, kind, "kind")
    column = "method_version" if what is EvidenceKind.METHOD else what.value
    subject = FINDERS[what](key, "key")
    evidence = Evidence(
        name=printable_file_name(name),
        media_type=media_type_of(name, content),
        size=len(content),
        content=content,
        sha256=sha256_hex(content),
        description=description,
        recorded_by=context.actor,
    )
    setattr(evidence, column, subject)
    check_record(evidence)
    lock(f"evidence {subject.pk}")
    same = Evidence.objects.filter(**{column: subject}, sha256=evidence.sha256)
    if earlier := same.defer("content").first():
        raise DuplicateError(
            f"The same file is attached to {subject} already, as {earlier.name}.", field="content"
        )
    evidence.save(force_insert=True)
    return evidence


def evidence_of(lot: Lot, key: UUID, field: str = "evidence") -> Evidence:
    """The file with that id, which is attached to the lot or to one of its runs.

    Raises:
        UnknownReferenceError: there is no such file.
        InvalidValueError: it is attached to another record.
    """
    found = find_evidence(key, field)
    if lot.pk not in {found.lot_id, found.run.lot_id if found.run else None}:
        raise InvalidValueError(
            f"{found.name} is not attached to lot {lot.number} or one of its runs. Attach it there "
            "first.",
            field=field,
            code="evidence_of_another_record",
        )
    return found


def file_shown(evidence: Evidence | None) -> dict[str, object] | None:
    """What a signer is shown of a file; the hash stands for its content."""
    if evidence is None:
        return None
    return {"id": evidence.pk, "name": evidence.name, "sha256": evidence.sha256}
