"""Runs: opened on a sample, read, submitted; each with its readings and all result versions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.runs import discard_run, open_run, save_readings, submit_run
from products.api.filters import CharFilter, ChoiceFilter, Filters
from products.api.listing import listed
from products.api.pagination import Keyset
from products.api.schema import acts, lists, reads, word_of
from products.api.shown import SignatureShape, name_of, signature_body
from products.api.surface import (
    ActionBody,
    Body,
    Instant,
    Part,
    Text,
    View,
    accept,
    only_parameters,
    several,
)
from products.domain.calculations import ReadingFacts, VesselRole
from products.domain.criteria import Verdict
from products.domain.investigations import InvestigationOutcome
from products.domain.results import (
    PURPOSE_LABELS,
    Purpose,
    RunState,
    SupportFacts,
    SupportKind,
    SupportOutcome,
)
from products.models import Reading, Result, Run
from products.models.fields import choices_of
from products.queries import evidence
from products.queries.facts import criterion_of
from products.queries.runs import place_of

TAG = "Samples and runs"
NEWEST = Keyset("runs", ("id",), descending=True)


class RunFilters(Filters):
    lot = CharFilter("lot__number", lookup_expr="iexact", help_text="Number of the lot.")
    sample = CharFilter("sample__number", lookup_expr="iexact", help_text="Number of the sample.")
    method = CharFilter(
        "method_version__method__code", lookup_expr="iexact", help_text="Code of the method."
    )
    purpose = ChoiceFilter(choices=choices_of(Purpose, PURPOSE_LABELS), help_text="Purpose.")
    state = ChoiceFilter(choices=choices_of(RunState), help_text="State.")


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


class MediaPart(Part):
    material = Text(max_length=40)
    number = Text(max_length=40)


class RunBody(ActionBody):
    purpose = word_of(Purpose)
    performed_at = Instant(help_text="Stated by the analyst; starts any incubation.")
    performed_zone = Text(max_length=64, help_text="IANA name, such as America/New_York.")
    instrument = Text(max_length=32)
    criterion = Text(
        allow_blank=True, default="", max_length=48, help_text="Of the lot's specification version."
    )
    method = Text(
        allow_blank=True, default="", max_length=32, help_text="Only without a criterion."
    )
    method_version = serializers.IntegerField(
        allow_null=True,
        default=None,
        max_value=2**31 - 1,
        help_text="None: the latest approved.",
    )
    media = several(MediaPart, required=False, max_length=50)
    repeats = Text(
        allow_blank=True, default="", max_length=48, help_text="The invalid run it repeats."
    )
    late_reason = Text(allow_blank=True, default="", max_length=500)


class ReadingPart(Part):
    name = Text(max_length=40)
    value = Text(max_length=100, help_text='As printed: "98.2", "<0.05", "3.2E10", "growth".')
    unit = Text(allow_blank=True, default="", max_length=32, help_text="UCUM code.")
    replicate = serializers.IntegerField(default=1, min_value=1, max_value=999)
    vessel = Text(allow_blank=True, default="", max_length=40)
    medium = Text(allow_blank=True, default="", max_length=40)
    role = word_of(VesselRole, blank=True, default="")
    read_at = Instant(allow_null=True, default=None)


class SupportPart(Part):
    kind = word_of(SupportKind)
    document_number = Text(allow_blank=True, default="", max_length=100)
    dated_on = serializers.DateField(allow_null=True, default=None)
    outcome = word_of(SupportOutcome, blank=True, default="")
    signed_by = Text(allow_blank=True, default="", max_length=100)


class ReadingsBody(ActionBody):
    readings = several(ReadingPart, max_length=1000)
    supports = several(SupportPart, required=False, max_length=50)


class SubmissionBody(ActionBody):
    pass


class DiscardBody(ActionBody):
    pass


OPENING = OpenApiExample(
    "A run for release",
    request_only=True,
    value={
        "purpose": "release",
        "criterion": "VIABILITY",
        "performed_at": "2026-11-03T09:30:00-05:00",
        "performed_zone": "America/New_York",
        "instrument": "CC-01",
    },
)
READINGS = OpenApiExample(
    "Counts",
    request_only=True,
    value={
        "readings": [
            {"name": "live", "value": "196", "replicate": 1},
            {"name": "dead", "value": "4", "replicate": 1},
        ]
    },
)


class Runs(View):
    @lists("list_runs", "Runs, newest first", RunRowShape, tag=TAG, filters=RunFilters)
    def get(self, request: Request) -> Response:
        return listed(request, evidence.runs(), NEWEST, _bodies, RunFilters)


class RunsOfSample(View):
    @acts(
        "run.open",
        "open_run",
        "Open a run of one method on a sample",
        tag=TAG,
        request=RunBody,
        shape=RunShape,
        on_lot=True,
        examples=[OPENING],
    )
    def post(self, request: Request, sample: str) -> Response:
        context, given = accept(request, RunBody, samples__number__iexact=sample)
        media = [(part["material"], part["number"]) for part in given.pop("media", [])]
        run = open_run(context, sample=sample, media=media, **given)
        response = _response(run.number, status=201)
        response["Location"] = reverse("api:run", args=[run.number])
        return response


class OneRun(View):
    @reads("read_run", "One run with its readings and result versions", RunShape, tag=TAG)
    def get(self, request: Request, run: str) -> Response:
        only_parameters(request, [])
        return _response(run)


class Readings(View):
    @acts(
        "run.save",
        "save_readings",
        "Keep readings and supporting records; nothing is judged before submit",
        tag=TAG,
        request=ReadingsBody,
        shape=RunShape,
        status=200,
        on_lot=True,
        examples=[READINGS],
    )
    def post(self, request: Request, run: str) -> Response:
        context, given = accept(request, ReadingsBody, runs__number__iexact=run)
        save_readings(
            context,
            run=run,
            readings=[_reading_facts(part) for part in given["readings"]],
            supports=[SupportFacts(**part) for part in given.get("supports", [])],
        )
        return _response(run)


class Submission(View):
    @acts(
        "run.submit",
        "submit_run",
        "Submit the readings saved so far, as performed by you; they are judged",
        tag=TAG,
        request=SubmissionBody,
        shape=RunShape,
        status=200,
        on_lot=True,
    )
    def post(self, request: Request, run: str) -> Response:
        context, given = accept(request, SubmissionBody, runs__number__iexact=run)
        submit_run(context, run=run, **given)
        return _response(run)


class Discard(View):
    @acts(
        "run.discard",
        "discard_run",
        "Set aside a run that was never submitted; it stays listed",
        tag=TAG,
        request=DiscardBody,
        shape=RunShape,
        status=200,
        on_lot=True,
    )
    def post(self, request: Request, run: str) -> Response:
        context, given = accept(request, DiscardBody, runs__number__iexact=run)
        discard_run(context, run=run, **given)
        return _response(run)


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


def _response(number: str, *, status: int = 200) -> Response:
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


def _reading_facts(part: dict[str, Any]) -> ReadingFacts:
    return ReadingFacts(text=part.pop("value"), **part)


def _bodies(rows: list[Run]) -> list[Body]:
    return [run_body(row) for row in rows]
