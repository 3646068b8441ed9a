"""Of each signature, whether it still matches its record: set-wise, for lists and pages."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from products.domain.amendments import AmendmentKind
from products.domain.matching import Matching, Stated, match
from products.models import Amendment, AuditEntry, Signature
from products.queries.signed import content_of, present_contents
from products.queries.signed_parts import Shown

TABLE = "products_signature"


def signatures() -> QuerySet[Signature]:
    """With what a comparison needs, newest first."""
    return Signature.objects.select_related("user", "person").order_by("-id")


def matchings(rows: Collection[Signature]) -> dict[UUID, Matching]:
    """By the signature's key; as many queries for a hundred of the same kinds as for one."""
    present = present_contents(rows)
    first = _first_hashes(rows)
    amended = _amended_by(rows, present)
    return {
        row.pk: match(
            bytes(row.content),
            _stated(row),
            present.get(row.pk),
            first_sha256=first.get(str(row.pk)),
            amended=amended,
        )
        for row in rows
    }


def matching_of(row: Signature) -> Matching:
    return matchings([row])[row.pk]


def _stated(row: Signature) -> Stated:
    return Stated(
        record_kind=row.record_kind,
        record_id=str(row.record_id),
        meaning=row.meaning,
        reason=row.reason,
        account=row.user.username,
        printed_name=row.printed_name,
        sha256=row.content_sha256,
    )


def _first_hashes(rows: Collection[Signature]) -> dict[str, str]:
    """What the trail wrote down when each was signed."""
    entries = AuditEntry.objects.filter(
        record_table=TABLE, record_id__in=[str(row.pk) for row in rows], operation="insert"
    )
    return dict(entries.order_by("-id").values_list("record_id", "after__content_sha256"))


def _amended_by(rows: Collection[Signature], present: dict[UUID, Shown]) -> dict[str, str]:
    """For each result that stands now and was not signed, the amendment that made it."""
    signed = {key for row in rows for key in _results(content_of(row))}
    later = {key for shown in present.values() for key in _results(shown)} - signed
    if not later:
        return {}
    made = Amendment.objects.filter(result__in=later).select_related("signature")
    return {
        str(row.result_id): (
            f"{_KINDS[AmendmentKind(row.kind)]} {row.number} on "
            f"{row.signature.signed_at:%Y-%m-%d %H:%M} UTC"
        )
        for row in made
    }


_KINDS = {
    AmendmentKind.CORRECTION: "amendment",
    AmendmentKind.TRANSCRIPTION_ERROR: "amendment",
    AmendmentKind.RETRACTION: "retraction",
    AmendmentKind.VOID_LOT: "voiding",
}


def _results(shown: Shown) -> Iterator[UUID]:
    facts: Any = shown.get("facts") or {}
    for run in (*(facts.get("runs") or ()), *(facts.get("inherited") or ())):
        if run["result_id"]:
            yield UUID(str(run["result_id"]))
    for one in shown.get("results") or ():
        if one and one.get("result_id"):
            yield UUID(str(one["result_id"]))
