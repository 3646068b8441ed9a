"""Evidence: files attached to records, found by what they belong to, and given back as they came.

The bytes are only ever served as an attachment that no browser renders or runs.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import content_disposition_header
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.evidence import EvidenceKind, attach_evidence
from products.api.accepting import accept
from products.api.bodies import ActionBody, Text
from products.api.filters import Names, Recorded, Words, record, text
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, downloads, lists, reads, word_of
from products.api.shown import FileShape, file_body, name_of
from products.api.surface import Body, View, only_parameters
from products.api.uploads import FileBodyParser, too_large
from products.domain.evidence import LARGEST, MEDIA_TYPES, TEXT
from products.models import (
    Donor,
    Evidence,
    Laboratory,
    Lot,
    Method,
    Product,
    Run,
    Site,
    TissueSource,
)
from products.queries import registers

TAG = "Evidence"
SANDBOX = "default-src 'none'; sandbox"


def _of_lot(numbers: list[str]) -> Q:
    return record("lot", Lot, "number")(numbers) | record("run__lot", Lot, "number")(numbers)


def _of_kind(kinds: list[str]) -> Q:
    return reduce(or_, (Q(**{f"{_column(EvidenceKind(kind))}__isnull": False}) for kind in kinds))


class EvidenceFilters(Recorded):
    lot = Names(_of_lot, help_text="Number of the lot: its files and those of runs.")
    run = Names(record("run", Run, "number"), help_text="Number of the run.")
    donor = Names(record("donor", Donor, "code"), help_text="Code of the donor.")
    source = Names(record("source", TissueSource, "number"), help_text="Number of the source.")
    product = Names(
        record("specification__product", Product, "code"),
        help_text="Code of the product, of its specification versions.",
    )
    method = Names(
        record("method_version__method", Method, "code"),
        help_text="Code of the method, of its versions.",
    )
    laboratory = Names(record("laboratory", Laboratory, "code"), help_text="Of the laboratory.")
    site = Names(record("site", Site, "name"), help_text="Name of the site.")
    kind = Words(_of_kind, EvidenceKind, help_text="What it is attached to.")
    sha256 = Names(text("sha256"), help_text="Of the bytes.")


class EvidenceShape(FileShape):
    kind = serializers.CharField(help_text=f"One of {', '.join(EvidenceKind)}.")
    key = serializers.CharField(help_text="Number or code of the record, EXO-1 v2 of a version.")
    description = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()


class EvidenceBody(ActionBody):
    kind = word_of(EvidenceKind)
    key = Text(
        max_length=64,
        help_text="Number or code of the record; EXO-1 v2 of a specification or method version.",
    )
    description = Text(allow_blank=True, default="", max_length=300)
    file = serializers.FileField(
        allow_empty_file=True, help_text="PDF, PNG, JPEG, TIFF, XLSX, DOCX or text, up to 25 MB."
    )


FILES = Listing(EvidenceShape, name="evidence", orders=newest(), filters=EvidenceFilters)


class Files(View):
    parser_classes = [FileBodyParser]

    @lists("list_evidence", "Files, newest first", FILES, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, FILES, registers.files(), _bodies)

    @acts(
        "evidence.attach",
        "attach_evidence",
        "Attach a file to a record, for good; its type is told by its content",
        tag=TAG,
        request=EvidenceBody,
        shape=EvidenceShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, EvidenceBody)
        sent = given.pop("file")
        if sent.size > LARGEST:
            raise too_large()
        made = attach_evidence(context, name=sent.name, content=sent.read(), **given)
        response = Response(_body(registers.file(made.pk)), status=201)
        response["Location"] = reverse("api:evidence", args=[made.pk])
        return response


class OneFile(View):
    @reads("read_evidence", "What is known of one file", EvidenceShape, tag=TAG)
    def get(self, request: Request, evidence: UUID) -> Response:
        only_parameters(request, [])
        return Response(_body(registers.file(evidence)))


class Content(View):
    @downloads("read_evidence_content", "The bytes of one file", MEDIA_TYPES, tag=TAG, tagged=True)
    def get(self, request: Request, evidence: UUID) -> HttpResponseBase:
        only_parameters(request, [])
        tag = f'"{registers.file(evidence).sha256}"'
        asked = [part.strip() for part in request.headers.get("If-None-Match", "").split(",")]
        answer: HttpResponse
        if tag in [part.removeprefix("W/") for part in asked] or asked == ["*"]:
            answer = HttpResponseNotModified()
        else:
            answer = _attachment(registers.file(evidence, with_content=True))
        answer["ETag"] = tag
        return answer


def _attachment(file: Evidence) -> HttpResponse:
    kind = f"{TEXT}; charset=utf-8" if file.media_type == TEXT else file.media_type
    disposition = content_disposition_header(as_attachment=True, filename=file.name)
    return HttpResponse(
        bytes(file.content),
        content_type=kind,
        headers={
            "Content-Disposition": disposition or "attachment",
            "Content-Security-Policy": SANDBOX,
            "X-Content-Type-Options": "nosniff",
        },
    )


def _column(kind: EvidenceKind) -> str:
    return "method_version" if kind is EvidenceKind.METHOD else kind.value


def _bodies(rows: list[Evidence]) -> list[Body]:
    return [_body(row) for row in rows]


def _body(row: Evidence) -> Body:
    kind, key = _subject(row)
    return {
        **file_body(row),
        "kind": kind,
        "key": key,
        "description": row.description,
        "recorded_at": row.recorded_at,
        "recorded_by": name_of(row.recorded_by),
    }


def _subject(row: Evidence) -> tuple[str, str]:
    """What the file is attached to; a table's constraint sees to it that it is one record."""
    kind = next(kind for kind in EvidenceKind if getattr(row, f"{_column(kind)}_id"))
    return kind, str(getattr(row, _column(kind)))
