"""Evidence files: attached on the page of their record, listed, and handed out whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString

from products.actions.evidence import attach_evidence
from products.admin.forms import ActionForm, text
from products.admin.pages import ActionPage, Crumb, Done, require
from products.admin.parts import Option, Shown, link
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.evidence import LARGEST
from products.domain.lots import local_text
from products.domain.roles import Permission
from products.models import Evidence

MEGABYTE = 1024 * 1024
SHOWN_OF_HASH = 12
SUBJECTS = {
    "lot": ("lot", "lot"),
    "run": ("run", "run"),
    "donor": ("donor", "donor"),
    "source": ("tissue source", "tissuesource"),
    "specification": ("specification", "specificationversion"),
    "laboratory": ("laboratory", "laboratory"),
    "site": ("site", "site"),
}
"""What a file can belong to: the word for it, and the name of its page."""


class AttachForm(ActionForm):
    aliases = {"content": "file", "name": "file"}
    file = forms.FileField(
        label="File",
        help_text=f"PDF, image, plain text or CSV, XLSX or DOCX, up to {LARGEST // MEGABYTE} MB. "
        "It is kept whole and never changed.",
    )
    description = text("What it is", "Such as: print of the plate reader.", whole=True)

    def clean_file(self) -> UploadedFile[Any]:
        sent = self.cleaned_data["file"]
        assert isinstance(sent, UploadedFile)
        size = sent.size or 0
        if size > LARGEST:
            raise forms.ValidationError(
                f"{sent.name} has {filesizeformat(size)}; an evidence file has at most "
                f"{LARGEST // MEGABYTE} MB."
            )
        return sent


def attaching(
    kind: str, key: str, *, record: str, back: str, crumbs: tuple[Crumb, ...]
) -> ActionPage:
    """Attach a file to a record: ``kind`` and ``key`` as the action takes them."""

    def perform(context: Any, typed: dict[str, Any]) -> Done:
        sent = typed["file"]
        row = attach_evidence(
            context,
            kind=kind,
            key=key,
            name=sent.name or "",
            content=sent.read(),
            description=typed["description"],
        )
        return Done(back, f"{row.name} is attached to {record}; SHA-256 {row.sha256}.")

    return ActionPage(
        action="evidence.attach",
        title=f"Attach a file to {record}",
        form_class=AttachForm,
        perform=perform,
        submit="Attach the file",
        back=back,
        crumbs=crumbs,
    )


def file_choices(files: Iterable[Evidence]) -> list[tuple[str, str]]:
    """For a select: the name of each with the beginning of its hash."""
    return [(str(row.pk), f"{row.name} (SHA-256 {row.sha256[:SHOWN_OF_HASH]}…)") for row in files]


@admin.register(Evidence, site=site)
class EvidenceAdmin(RecordAdmin[Evidence]):
    list_title = "Evidence files"
    list_display = ("name", "subject", "media_type", "bytes_in_words", "attached")
    search_fields = ("name__icontains", "sha256__istartswith")
    search_help_text = "File name, or how its SHA-256 begins"
    ordering = ("-recorded_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evidence]:
        return self.get_queryset_of_one()

    def get_queryset_of_one(self) -> QuerySet[Evidence]:
        return Evidence.objects.defer("content").select_related(
            "lot",
            "run",
            "donor",
            "source",
            "specification__product",
            "method_version__method",
            "laboratory",
            "site",
            "recorded_by__person",
        )

    def page_names(self) -> tuple[str, ...]:
        return ("content",)

    @admin.display(description="Of")
    def subject(self, row: Evidence) -> SafeString | str:
        if row.method_version is not None:
            where = reverse("admin:products_method_change", args=[row.method_version.method_id])
            return link(f"method {row.method_version}", where)
        for name, (word, page) in SUBJECTS.items():
            record = getattr(row, name)
            if record is not None and site.is_registered(type(record)):
                where = reverse(f"admin:products_{page}_change", args=[record.pk])
                return link(f"{word} {record}", where)
            if record is not None:
                return f"{word} {record}"
        return ""

    @admin.display(description="Size")
    def bytes_in_words(self, row: Evidence) -> str:
        return filesizeformat(row.size)

    @admin.display(description="Attached")
    def attached(self, row: Evidence) -> str:
        return local_text(row.recorded_at, "UTC")

    def shown(self, request: HttpRequest, record: Evidence) -> Mapping[str, Any]:
        at = local_text(record.recorded_at, identity_in(request).zone)
        return Shown(
            facts=[
                ("Of", self.subject(record)),
                ("What it is", record.description),
                ("Type, as its content shows", record.media_type),
                ("Size", f"{self.bytes_in_words(record)} ({record.size:,} bytes)"),
                ("SHA-256", record.sha256),
                ("Attached", f"{at} by {record.recorded_by.printed_name}"),
            ],
            options=[Option("Download", self.url("content", record.pk), style="primary")],
        ).as_context()

    def content_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        """The file as it came, to be saved: it is never shown inside the site."""
        require(request, Permission.READ, "reading records")
        record = self.record(key)
        return HttpResponse(
            bytes(record.content),
            content_type=record.media_type,
            headers={
                "Content-Disposition": content_disposition_header(
                    as_attachment=True, filename=record.name
                ),
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cache-Control": "private, no-cache",
            },
        )
