"""What the API shows of runs: readings, supporting records, and who performed and checked them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from rest_framework import serializers
from rest_framework.response import Response

from products.api.shown import (
    AmendmentLineShape,
    FileShape,
    SignatureShape,
    amendment_line,
    file_body,
    name_of,
    signature_body,
)
from products.api.shown_results import (
    InvalidatedShape,
    ResultShape,
    invalidated_by,
    result_body,
)
from products.api.surface import Body
from products.models import OutsideReport, Reading, Rejudgement, Run, RunSupport, Transcription
from products.queries import evidence
from products.queries.facts import criterion_of
from products.queries.runs import place_of
from products.queries.versions import VersionLine, is_in_effect, is_waiting, versions_of


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
    sample = serializers.CharField()
    stage = serializers.CharField()
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


def run_bodies(runs: Sequence[Run]) -> list[Body]:
    keys = [run.pk for run in runs]
    versions, rejudged = versions_of(keys), evidence.rejudgements_of(keys)
    return [_run_body(run, versions.get(run.pk, ()), rejudged) for run in runs]


def run_response(number: str, *, status: int = 200) -> Response:
    run = evidence.run_with_readings(number)
    readings = list(run.readings.all())
    current = {
        place_of(reading): reading for reading in readings if is_in_effect(reading.amendment)
    }
    body = {
        **run_bodies([run])[0],
        "readings": [
            _reading_body(
                reading,
                is_current=current.get(place_of(reading)) is reading and not reading.removed,
            )
            for reading in readings
        ],
        "supports": [_support_body(support) for support in run.supports.all()],
    }
    return Response(body, status=status)


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


def _run_body(
    run: Run, versions: Sequence[VersionLine], rejudged: Mapping[UUID, Sequence[Rejudgement]]
) -> Body:
    criterion = run.criterion
    version = run.method_version
    paper = getattr(run, "transcription", None)
    amendments = list(run.amendments.all())
    waiting = next((found.number for found in amendments if is_waiting(found)), None)
    allowed = timedelta(hours=run.lot.site.late_after_hours)
    return {
        "number": run.number,
        "lot": run.lot.number,
        "sample": run.sample.number,
        "stage": run.sample.stage,
        "criterion": criterion.code if criterion else None,
        "limit": criterion_of(criterion, criterion.method.code).limit_text if criterion else None,
        "method": version.method.code,
        "method_version": version.version,
        "purpose": run.purpose,
        "state": run.state,
        "repeats": run.repeats.number if run.repeats else None,
        "instrument": run.instrument.code if run.instrument else None,
        "laboratory": run.laboratory.code if run.laboratory else None,
        "reports": [_report_body(report) for report in run.reports.all()],
        "from_paper": run.from_paper,
        "transcription": paper and paper_body(paper),
        "media": [str(link.media_lot) for link in run.media_links.all()],
        "performed_at": run.performed_at,
        "performed_zone": run.performed_zone,
        "performed_by": run.performed_by.printed_name if run.performed_by else None,
        "recorded_at": run.recorded_at,
        "recorded_by": name_of(run.recorded_by),
        "entered_late": run.recorded_at - run.performed_at > allowed,
        "late_reason": run.late_reason,
        "discard_reason": run.discard_reason,
        "invalidated_by": invalidated_by(run, versions),
        "amendments": [amendment_line(found, run.number) for found in amendments],
        "waiting_amendment": waiting,
        "returns": [
            {
                "result_version": found.result.version,
                "comment": found.comment,
                "returned_by": name_of(found.returned_by),
                "returned_at": found.recorded_at,
            }
            for found in run.returns.all()
        ],
        "results": [
            result_body(run, line, rejudged.get(line.row.pk, ())) for line in reversed(versions)
        ],
    }


def _report_body(report: OutsideReport) -> Body:
    return {
        "sequence": report.sequence,
        "report_number": report.report_number,
        "reported_on": report.reported_on,
        "signed_by": report.signed_by,
        "system": report.system,
        "controls": report.controls,
        "controls_text": report.controls_text,
        "started_on": report.started_on,
        "ended_on": report.ended_on,
        "evidence": file_body(report.evidence),
        "recorded_at": report.recorded_at,
        "recorded_by": name_of(report.recorded_by),
    }


def _reading_body(reading: Reading, *, is_current: bool) -> Body:
    return {
        "sequence": reading.sequence,
        "is_current": is_current,
        "name": reading.name,
        "value": reading.text,
        "unit": reading.unit,
        "replicate": reading.replicate,
        "vessel": reading.vessel,
        "medium": reading.medium,
        "role": reading.role,
        "read_at": reading.read_at,
        "reason": reading.reason,
        "amendment": reading.amendment.number if reading.amendment else None,
        "removed": reading.removed,
        "recorded_at": reading.recorded_at,
        "recorded_by": name_of(reading.recorded_by),
    }


def _support_body(support: RunSupport) -> Body:
    return {
        "kind": support.kind,
        "document_number": support.document_number,
        "dated_on": support.dated_on,
        "outcome": support.outcome,
        "signed_by": support.signed_by,
        "recorded_at": support.recorded_at,
        "recorded_by": name_of(support.recorded_by),
    }
