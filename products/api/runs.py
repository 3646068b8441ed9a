"""Runs: opened on a sample, read, submitted, returned; each with readings and result versions."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, TypedDict

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.laboratories import record_report
from products.actions.readings import save_readings, submit_run
from products.actions.reviews import return_run
from products.actions.runs import discard_run, open_run
from products.api.accepting import accept
from products.api.as_of import then_too
from products.api.bodies import ActionBody, Instant, Part, Text, several
from products.api.filters import FiltersOfRuns, Flag, Time, Words
from products.api.listing import Listing, asked_expansions, by, listed, newest
from products.api.past_shapes import as_of
from products.api.schema import acts, lists, reads, word_of
from products.api.shown_runs import (
    ReadingShape,
    RunRowShape,
    RunShape,
    SupportShape,
    run_bodies,
    run_response,
)
from products.api.surface import View, only_parameters
from products.domain.calculations import ReadingFacts, VesselRole
from products.domain.criteria import Verdict
from products.domain.laboratories import ControlsStatement
from products.domain.results import (
    Purpose,
    SupportFacts,
    SupportKind,
    SupportOutcome,
)
from products.queries import evidence
from products.queries.of_runs import runs_with_verdict

TAG = "Samples and runs"


class RunFilters(FiltersOfRuns):
    verdict = Words(
        runs_with_verdict,
        Verdict,
        help_text="Verdict of the version that counts, under any specification version.",
    )
    performed_from = Time(
        "performed_at", lookup_expr="gte", help_text="Performed at this instant or later."
    )
    performed_until = Time("performed_at", lookup_expr="lt", help_text="Performed before it.")
    from_paper = Flag(
        lambda rows, wanted: rows.filter(from_paper=wanted),
        help_text="true: transcribed from paper.",
    )


class MediaPart(Part):
    material = Text(max_length=40)
    number = Text(max_length=40)


class RunBody(ActionBody):
    purpose = word_of(Purpose)
    performed_at = Instant(help_text="Stated by the analyst; starts any incubation.")
    performed_zone = Text(max_length=64, help_text="IANA name, such as America/New_York.")
    instrument = Text(
        allow_blank=True,
        default="",
        max_length=32,
        help_text="Of this house. Of an outside laboratory or on paper it may be empty.",
    )
    laboratory = Text(
        allow_blank=True, default="", max_length=32, help_text="Code of the outside laboratory."
    )
    from_paper = serializers.BooleanField(
        default=False, help_text="Transcribed from paper of before the site's go-live date."
    )
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


class PlacePart(Part):
    """Where a reading stands in its run."""

    name = Text(max_length=40)
    replicate = serializers.IntegerField(default=1, min_value=1, max_value=999)
    vessel = Text(allow_blank=True, default="", max_length=40)
    medium = Text(allow_blank=True, default="", max_length=40)
    role = word_of(VesselRole, blank=True, default="")
    read_at = Instant(allow_null=True, default=None)


class ReadingPart(PlacePart):
    value = Text(max_length=100, help_text='As printed: "98.2", "<0.05", "3.2E10", "growth".')
    unit = Text(allow_blank=True, default="", max_length=32, help_text="UCUM code.")


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
    readings = several(
        ReadingPart,
        max_length=1000,
        required=False,
        help_text="Kept first, with those saved before.",
    )
    supports = several(SupportPart, required=False, max_length=50)


class DiscardBody(ActionBody):
    pass


class ReturnBody(ActionBody):
    comment = Text(max_length=1000, help_text="What the analyst is to look at.")


class ReportBody(ActionBody):
    report_number = Text(max_length=64)
    reported_on = serializers.DateField()
    signed_by = Text(max_length=100, help_text="As printed on the report.")
    system = Text(max_length=200, help_text="Instrument or test system, as printed.")
    controls = word_of(ControlsStatement)
    controls_text = Text(allow_blank=True, default="", max_length=300)
    started_on = serializers.DateField(allow_null=True, default=None)
    ended_on = serializers.DateField(allow_null=True, default=None)
    evidence = serializers.UUIDField(help_text="The report's file, attached to this run.")


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


RUNS = Listing(
    RunRowShape,
    {
        "readings": ReadingShape(many=True, help_text="Every one ever saved, in order of entry."),
        "supports": SupportShape(many=True),
    },
    name="runs",
    orders={
        **newest(),
        **by("performed", "performed_at", "id", newest_first=True),
        **by("number", "number"),
    },
    filters=RunFilters,
)


class Runs(View):
    @lists("list_runs", "Runs, newest first", RUNS, tag=TAG, past=True)
    @then_too
    def get(self, request: Request, now: datetime) -> Response:
        is_whole = bool(asked_expansions(request, RUNS))
        show = partial(run_bodies, whole=is_whole)
        return listed(request, RUNS, evidence.runs(), show, now=now)


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
        response = run_response(run.number, status=201)
        response["Location"] = reverse("api:run", args=[run.number])
        return response


class OneRun(View):
    @reads(
        "read_run",
        "One run with its readings and result versions",
        RunShape,
        tag=TAG,
        past=as_of(RunShape),
    )
    @then_too
    def get(self, request: Request, now: datetime, run: str) -> Response:
        only_parameters(request, [])
        return run_response(run)


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
        save_readings(context, run=run, **_entries(given))
        return run_response(run)


class Submission(View):
    @acts(
        "run.submit",
        "submit_run",
        "Submit the readings, those sent with it too, as performed by you; they are judged",
        tag=TAG,
        request=SubmissionBody,
        shape=RunShape,
        status=200,
        on_lot=True,
    )
    def post(self, request: Request, run: str) -> Response:
        context, given = accept(request, SubmissionBody, runs__number__iexact=run)
        submit_run(context, run=run, **_entries(given))
        return run_response(run)


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
        return run_response(run)


class Return(View):
    @acts(
        "run.return",
        "return_run",
        "Send a final result back to its analyst",
        tag=TAG,
        request=ReturnBody,
        shape=RunShape,
        status=200,
        on_lot=True,
    )
    def post(self, request: Request, run: str) -> Response:
        context, given = accept(request, ReturnBody, runs__number__iexact=run)
        return_run(context, run=run, **given)
        return run_response(run)


class Report(View):
    @acts(
        "report.record",
        "record_report",
        "Transcribe what an outside laboratory's signed report states beside the values",
        tag=TAG,
        request=ReportBody,
        shape=RunShape,
        on_lot=True,
    )
    def post(self, request: Request, run: str) -> Response:
        context, given = accept(request, ReportBody, runs__number__iexact=run)
        record_report(context, run=run, **given)
        return run_response(run, status=201)


class Entries(TypedDict):
    readings: list[ReadingFacts]
    supports: list[SupportFacts]


def _entries(given: dict[str, Any]) -> Entries:
    return {
        "readings": [reading_facts(part) for part in given.get("readings", [])],
        "supports": [SupportFacts(**part) for part in given.get("supports", [])],
    }


def reading_facts(part: dict[str, Any]) -> ReadingFacts:
    """Of a place alone the text is empty."""
    return ReadingFacts(text=part.pop("value", ""), **part)
