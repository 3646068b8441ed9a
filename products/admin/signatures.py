"""Signatures: what each was given for, readable again, and whether it still matches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from products.admin.pages import require
from products.admin.parts import Cell, Shown, Table, link
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.lots import local_text
from products.domain.matching import Matching, Standing, facts_of
from products.domain.roles import Permission
from products.models import Signature
from products.queries.matching import matching_of, signatures

MARKS = {
    Standing.MATCHES: ("✓", "passed"),
    Standing.CHANGED: ("⚠", "warned"),
    Standing.ALTERED: ("✗", "failed"),
}


@admin.register(Signature, site=site)
class SignatureAdmin(RecordAdmin[Signature]):
    list_display = ("meaning", "printed_name", "signed", "of", "reason")
    list_display_links = ("meaning",)
    search_fields = ("printed_name__istartswith", "meaning__istartswith")
    search_help_text = "Name of the signer, or meaning"
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Signature]:
        return signatures().defer("content")

    def get_queryset_of_one(self) -> QuerySet[Signature]:
        return signatures()

    def page_names(self) -> tuple[str, ...]:
        return ("document",)

    @admin.display(description="Signed")
    def signed(self, row: Signature) -> str:
        return local_text(row.signed_at, row.zone)

    @admin.display(description="Of")
    def of(self, row: Signature) -> str:
        return row.record_kind.replace("_", " ")

    def shown(self, request: HttpRequest, record: Signature) -> Mapping[str, Any]:
        matching = matching_of(record)
        return Shown(
            facts=[
                ("Meaning", record.meaning),
                ("Signed by", f"{record.printed_name} (account {record.user.username})"),
                ("Time", local_text(record.signed_at, record.zone)),
                ("Reason", record.reason),
                ("Of", f"{self.of(record)} {record.record_id}"),
                ("SHA-256 of the document", record.content_sha256),
                ("Document", link("as signed (JSON)", self.url("document", record.pk))),
            ],
            mark=mark_of(matching),
            notes=matching.messages,
            tables=[_differences(matching), _document(record)],
        ).as_context()

    def document_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        """The canonical bytes, exactly as they were hashed and signed."""
        require(request, Permission.READ, "reading records")
        record = self.record(key)
        return HttpResponse(
            bytes(record.content),
            content_type="application/json",
            headers={
                "Content-Disposition": f'attachment; filename="signature-{record.pk}.json"',
                "X-Content-Type-Options": "nosniff",
            },
        )


def mark_of(matching: Matching) -> SafeString:
    glyph, style = MARKS[matching.standing]
    return format_html(
        '<span class="verdict {}"><span aria-hidden="true">{}</span> {}</span>',
        style,
        glyph,
        matching.label,
    )


def page_of_signature(row: Signature) -> str:
    return reverse("admin:products_signature_change", args=[row.pk])


def _differences(matching: Matching) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (one.message, one.before, one.after, one.path) for one in matching.differences
    ]
    return Table(
        "What the records say otherwise today",
        ("Difference", "Signed", "Today", "Place in the document"),
        rows,
        "Nothing differs from what was signed.",
    )


def _document(record: Signature) -> Table:
    try:
        document = json.loads(bytes(record.content))
    except ValueError:
        document = {}
    return Table("What was signed", ("Fact", "As signed"), list(facts_of(document)))
