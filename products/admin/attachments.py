"""What stands on the page of any record: its files, its paper original, the runs that used it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html

from products.admin.parts import Cell, Option, Table, link, option
from products.domain.lots import local_text
from products.domain.transcriptions import TranscriptionKind
from products.models import Evidence, Signature, Transcription
from products.queries.uses import Use
from products.templatetags.exolot import mark, standing_mark


def files_table(files: Iterable[Evidence], zone: str, title: str = "Evidence files") -> Table:
    return Table(
        title,
        ("File", "Type and size", "SHA-256", "Attached", "Download"),
        [
            (
                format_html(
                    '{}<span class="under">{}</span>',
                    link(file.name, reverse("admin:products_evidence_change", args=[file.pk])),
                    file.description,
                ),
                f"{file.media_type}, {filesizeformat(file.size)}",
                format_html('<span class="hash">{}</span>', file.sha256),
                f"{file.recorded_by.printed_name}, {local_text(file.recorded_at, zone)}",
                format_html(
                    '<a href="{}" download>Download<span class="visually-hidden"> {}</span></a>',
                    reverse("admin:products_evidence_content", args=[file.pk]),
                    file.name,
                ),
            )
            for file in files
        ],
        empty="No file is attached.",
    )


def attach_option(request: HttpRequest, url: str, label: str = "Attach a file") -> Option:
    return option(request, "evidence.attach", label, url)


def paper_of(record: Any) -> Transcription | None:
    """The transcription of a record; None when it was recorded here."""
    found: Transcription | None = getattr(record, "transcription", None)
    return found


def paper_cell(row: Transcription | None) -> Cell:
    """The paper that a record comes from, and whether a second person verified it."""
    if row is None:
        return "no paper original: it was recorded here"
    verification = getattr(row, "verification", None)
    state = f"{verification.outcome} by {_signed(verification.signature)}" if verification else ""
    return format_html(
        "{}, signed by {} on {}; {}",
        link(row.number, reverse("admin:products_transcription_change", args=[row.pk])),
        row.signatory,
        row.dated_on,
        state or "no second person has verified it yet",
    )


def transcribe_option(
    request: HttpRequest, kind: TranscriptionKind, key: str, row: Transcription | None, label: str
) -> Option:
    """Name the paper original of the record that ``kind`` and ``key`` name."""
    address = reverse("admin:products_transcription_add")
    return option(
        request,
        "transcription.record",
        label,
        f"{address}?{urlencode({'kind': kind, 'key': key})}",
        why_not=f"it is transcribed already, as {row.number}." if row else "",
    )


def uses_table(title: str, uses: Iterable[Use], empty: str) -> Table:
    return Table(
        title,
        ("Run", "Method", "Performed", "Run is", "Lot", "Lot is"),
        [
            (
                link(use.run.number, reverse("admin:products_run_change", args=[use.run.pk])),
                str(use.run.method_version),
                local_text(use.run.performed_at, use.run.performed_zone),
                mark(use.run.state),
                link(use.lot.number, reverse("admin:products_lot_change", args=[use.lot.pk])),
                standing_mark(
                    use.lot.status, use.lot.product.basis, use.lot.product.basis_reference
                ),
            )
            for use in uses
        ],
        empty=empty,
    )


def _signed(signature: Signature) -> str:
    return f"{signature.printed_name}, {local_text(signature.signed_at, signature.zone)}"


def signed_by(signature: Signature | None) -> str:
    """Who signed and when, with the reason; empty without a signature."""
    return f"{_signed(signature)}: {signature.reason}" if signature else ""
