"""What the API shows of runs: their readings, and every version of their results."""

from __future__ import annotations

from datetime import timedelta

from rest_framework import serializers
from rest_framework.response import Response

from products.api.shown import SignatureShape, name_of, signature_body
from products.api.surface import Body
from products.domain.criteria import Verdict
from products.domain.investigations import InvestigationOutcome
from products.models import Reading, Result, Run
from products.queries import evidence
from products.queries.facts import criterion_of
from products.queries.runs import place_of


class ReviewedShape(serializers.Serializer[None]):
    comment = serializers.CharField()
    signature = SignatureShape()


class ResultShape(serializers.Serializer[None]):
    version = serializers.IntegerField()
    verdict = serializers.CharField(help_text=f"One of {', '.join(Verdict)}.")
    reported = serializers.CharField(help_text="Rounded, with its comparator; empty when none.")
    raw_value = serializers.CharField(help_text="Unrounded, as calculated.")
    unit = serializers.CharField(help_text="UCUM code.")
    final = serializers.BooleanField()
    final_at = serializers.DateTimeField(
        allow_null=True, help_text="Earliest end of an incubation that is not final yet."
    )
    explanation = serializers.CharField(help_text="What was compared, and how it came out.")
    details = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Pairs of name and value that the calculation went through.",
    )
    reason = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    submitted_by = serializers.CharField()
    performed_by = serializers.CharField()
    review = ReviewedShape(allow_null=True)
    investigation = serializers.CharField(allow_null=True, help_text="Opened by this version.")


class InvalidatedShape(serializers.Serializer[None]):
    investigation = serializers.CharField()
    cause = serializers.CharField()
    evidence = serializers.CharField()
    signature = SignatureShape()


class RunRowShape(serializers.Serializer[None]):
    number = serializers.CharField()
    lot = serializers.CharField()
    sample = serializers.CharField()
    stage = serializers.CharField()
    criterion = serializers.CharField(allow_null=True)
    limit = serializers.CharField(allow_null=True, help_text="As shown to people.")
    method = serializers.CharField()
    method_version = serializers.IntegerField()
    purpose = serializers.CharField()
    state = serializers.CharField()
    repeats = serializers.CharField(allow_null=True)
    instrument = serializers.CharField()
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
    results = ResultShape(many=True, help_text="Every version, oldest first; the last one counts.")


class ReadingShape(serializers.Serializer[None]):
    sequence = serializers.IntegerField()
    is_current = serializers.BooleanField(help_text="No later reading replaced it.")
    name = serializers.CharField()
    value = serializers.CharField(help_text="As entered.")
    unit = serializers.CharField()
    replicate = serializers.IntegerField()
    vessel = serializers.CharField()
    medium = serializers.CharField()
    role = serializers.CharField()
    read_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(help_text="Why an earlier reading was replaced.")
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


def run_body(run: Run) -> Body:
    criterion = run.criterion
    version = run.method_version
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
        "instrument": run.instrument.code,
        "media": [str(link.media_lot) for link in run.media_links.all()],
        "performed_at": run.performed_at,
        "performed_zone": run.performed_zone,
        "performed_by": run.performed_by.printed_name if run.performed_by else None,
        "recorded_at": run.recorded_at,
        "recorded_by": name_of(run.recorded_by),
        "entered_late": run.recorded_at - run.performed_at > allowed,
        "late_reason": run.late_reason,
        "discard_reason": run.discard_reason,
        "invalidated_by": _invalidated_by(run),
        "results": [_result_body(run, result) for result in run.results.all()],
    }


def run_response(number: str, *, status: int = 200) -> Response:
    run = evidence.run_with_readings(number)
    current = {place_of(reading): reading.sequence for reading in run.readings.all()}
    body = {
        **run_body(run),
        "readings": [
            _reading_body(reading, is_current=current[place_of(reading)] == reading.sequence)
            for reading in run.readings.all()
        ],
        "supports": [
            {
                "kind": support.kind,
                "document_number": support.document_number,
                "dated_on": support.dated_on,
                "outcome": support.outcome,
                "signed_by": support.signed_by,
                "recorded_at": support.recorded_at,
                "recorded_by": name_of(support.recorded_by),
            }
            for support in run.supports.all()
        ],
    }
    return Response(body, status=status)


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
        "recorded_at": reading.recorded_at,
        "recorded_by": name_of(reading.recorded_by),
    }


def _result_body(run: Run, result: Result) -> Body:
    item = getattr(result, "review_item", None)
    opened = [found.number for found in run.investigations.all() if found.result_id == result.pk]
    return {
        "version": result.version,
        "verdict": result.verdict,
        "reported": result.reported,
        "raw_value": result.raw_text,
        "unit": result.unit,
        "final": result.final,
        "final_at": result.final_at,
        "explanation": result.explanation,
        "details": result.details,
        "reason": result.reason,
        "recorded_at": result.recorded_at,
        "submitted_by": name_of(result.submitted_by),
        "performed_by": result.performed_by.printed_name,
        "review": item
        and {"comment": item.review.comment, "signature": signature_body(item.review.signature)},
        "investigation": opened[0] if opened else None,
    }


def _invalidated_by(run: Run) -> Body | None:
    current = max((result.version for result in run.results.all()), default=0)
    for found in run.investigations.all():
        conclusion = getattr(found, "conclusion", None)
        if (
            conclusion is not None
            and conclusion.outcome == InvestigationOutcome.INVALIDATED
            and found.result.version == current
        ):
            return {
                "investigation": found.number,
                "cause": conclusion.cause,
                "evidence": conclusion.evidence,
                "signature": signature_body(conclusion.signature),
            }
    return None
