"""What the API shows of runs: readings, supporting records, and who performed and checked them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from rest_framework import serializers
from rest_framework.response import Response

from products.api.shown import (
    AmendmentLineShape,
    FileShape,
    SignatureShape,
    content_address,
    file_body,
    name_of,
    signature_body,
)
from products.api.shown_results import InvalidatedShape, ResultShape
from products.api.surface import Body
from products.models import Run, Transcription
from products.queries.lot_rows import Row
from products.queries.run_documents import run_document, run_documents


class ReturnShape(serializers.Serializer[None]):
    result_version = serializers.IntegerField()
    comment = serializers.CharField()
    returned_by = serializers.CharField()
    returned_at = serializers.DateTimeField()


class ReportShape(serializers.Serializer[None]):
    sequence = serializers.IntegerField()
    report_number = serializers.CharField()
    reported_on = serializers.DateField()
    signed_by = serializers.CharField(help_text="As printed on the report.")
    system = serializers.CharField()
    controls = serializers.CharField(help_text="acceptable, not_acceptable or not_stated")
    controls_text = serializers.CharField()
    started_on = serializers.DateField(allow_null=True)
    ended_on = serializers.DateField(allow_null=True)
    evidence = FileShape()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()


class VerificationShape(serializers.Serializer[None]):
    outcome = serializers.CharField(help_text="confirmed or refused")
    comment = serializers.CharField()
    signature = SignatureShape()


class PaperShape(serializers.Serializer[None]):
    number = serializers.CharField()
    signatory = serializers.CharField(help_text="As signed on the paper.")
    dated_on = serializers.DateField()
    evidence = FileShape(help_text="The scan.")
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()
    verification = VerificationShape(allow_null=True, help_text="By a second person.")


class RunRowShape(serializers.Serializer[None]):
    number = serializers.CharField()
    lot = serializers.CharField(help_text="The lot that it was measured on.")
    product = serializers.CharField()
    sample = serializers.CharField()
    stage = serializers.CharField()
    category = serializers.CharField(help_text="Of the criterion; without one of the method.")
    attribute = serializers.CharField(help_text="What is measured.")
    criterion = serializers.CharField(allow_null=True)
    limit = serializers.CharField(allow_null=True, help_text="As shown to people.")
    method = serializers.CharField()
    method_version = serializers.IntegerField()
    purpose = serializers.CharField()
    state = serializers.CharField()
    repeats = serializers.CharField(allow_null=True)
    instrument = serializers.CharField(
        allow_null=True, help_text="None of a run made elsewhere, or before, on paper."
    )
    laboratory = serializers.CharField(allow_null=True, help_text="The outside laboratory.")
    reports = ReportShape(
        many=True, help_text="Of the outside laboratory, as transcribed; the last one counts."
    )
    from_paper = serializers.BooleanField()
    transcription = PaperShape(allow_null=True)
    media = serializers.ListField(child=serializers.CharField())
    performed_at = serializers.DateTimeField()
    performed_zone = serializers.CharField()
    performed_by = serializers.CharField(allow_null=True)
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()
    entered_late = serializers.BooleanField()
    late_reason = serializers.CharField()
    discard_reason = serializers.CharField()
    invalidated_by = InvalidatedShape(allow_null=True)
    amendments = AmendmentLineShape(many=True, help_text="Corrections and retraction, in order.")
    waiting_amendment = serializers.CharField(
        allow_null=True, help_text="The one that waits for its second signature."
    )
    returns = ReturnShape(many=True, help_text="To the analyst, in order.")
    results = ResultShape(many=True, help_text="Every version, oldest first.")


class ReadingShape(serializers.Serializer[None]):
    sequence = serializers.IntegerField()
    is_current = serializers.BooleanField(
        help_text="It is the one in effect at its place: neither replaced nor removed."
    )
    name = serializers.CharField()
    value = serializers.CharField(help_text="As entered.")
    unit = serializers.CharField()
    replicate = serializers.IntegerField()
    vessel = serializers.CharField()
    medium = serializers.CharField()
    role = serializers.CharField()
    read_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(help_text="Why an earlier reading was replaced.")
    amendment = serializers.CharField(
        allow_null=True, help_text="The correction that it belongs to, and counts with."
    )
    removed = serializers.BooleanField(help_text="Takes the reading at this place out.")
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()


class SupportShape(serializers.Serializer[None]):
    kind = serializers.CharField()
    document_number = serializers.CharField()
    dated_on = serializers.DateField(allow_null=True)
    outcome = serializers.CharField()
    signed_by = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()


class RunShape(RunRowShape):
    readings = ReadingShape(many=True, help_text="Every one ever saved, in order of entry.")
    supports = SupportShape(many=True)


def run_bodies(runs: Sequence[Run], *, whole: bool = False) -> list[Body]:
    """In the order of ``runs``; ``whole``: with their readings and supporting records."""
    found = run_documents_shown([run.pk for run in runs], whole=whole)
    return [found[run.pk] for run in runs]


def run_documents_shown(runs: Collection[UUID], *, whole: bool = False) -> dict[UUID, Body]:
    found = run_documents(runs, whole=whole)
    return {run: _with_addresses(row) for run, row in found.items()}


def run_response(number: str, *, status: int = 200) -> Response:
    return Response(_with_addresses(run_document(number)), status=status)


def paper_body(paper: Transcription) -> Body:
    verification = getattr(paper, "verification", None)
    return {
        "number": paper.number,
        "signatory": paper.signatory,
        "dated_on": paper.dated_on,
        "evidence": file_body(paper.evidence),
        "recorded_at": paper.recorded_at,
        "recorded_by": name_of(paper.recorded_by),
        "verification": verification
        and {
            "outcome": verification.outcome,
            "comment": verification.comment,
            "signature": signature_body(verification.signature),
        },
    }


def _with_addresses(row: Row) -> Body:
    """The run with the address of every file that it names."""
    paper = row["transcription"]
    files = [
        *(report["evidence"] for report in row["reports"]),
        *(paper["evidence"] for paper in [paper] if paper),
        *(
            result["review"]["compared_with"]
            for result in row["results"]
            if result["review"] and result["review"]["compared_with"]
        ),
    ]
    for file in files:
        file["content"] = content_address(file["id"])
    return row
