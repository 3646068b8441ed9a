"""Records transcribed from paper of before a site's go-live date, and their verification."""

from __future__ import annotations

from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.paper import name_of, subject_of
from products.actions.transcriptions import transcribe, verify_transcription
from products.api.accepting import accept
from products.api.bodies import ActionBody, SignedBody, Text
from products.api.filters import Flag, Names, Recorded, Words, record, without, word
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists, reads, word_of
from products.api.shown_runs import PaperShape, paper_body
from products.api.surface import Body, View, only_parameters
from products.domain.amendments import SecondOutcome
from products.domain.transcriptions import TRANSCRIPTION_LABELS, TranscriptionKind
from products.models import Lot, Transcription
from products.queries import registers

TAG = "Outside laboratories and paper"


class TranscriptionFilters(Recorded):
    kind = Words(word("kind"), TranscriptionKind, TRANSCRIPTION_LABELS, help_text="Kind of record.")
    lot = Names(record("run__lot", Lot, "number"), help_text="Lot of a run.")
    waiting = Flag(without("verification"), help_text="true: not verified yet.")


class TranscriptionShape(PaperShape):
    kind = serializers.CharField(help_text=f"One of {', '.join(TranscriptionKind)}.")
    record = serializers.CharField(help_text="As people call it.")


class TranscriptionBody(ActionBody):
    kind = word_of(TranscriptionKind)
    key = Text(
        max_length=64,
        help_text="Number of the run or source; EXO-1 v2 of a specification, method version or "
        "determination.",
    )
    signatory = Text(max_length=100, help_text="As signed on the paper.")
    dated_on = serializers.DateField(help_text="Date on the paper.")
    evidence = serializers.UUIDField(
        help_text="The scan, attached to that record; of a determination to its donor."
    )


class VerificationBody(SignedBody):
    outcome = word_of(SecondOutcome)
    comment = Text(allow_blank=True, default="", max_length=1000)


TRANSCRIPTIONS = Listing(
    TranscriptionShape, name="transcriptions", orders=newest(), filters=TranscriptionFilters
)


class Transcriptions(View):
    @lists(
        "list_transcriptions",
        "Transcriptions from paper, newest first",
        TRANSCRIPTIONS,
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        return listed(request, TRANSCRIPTIONS, registers.transcriptions(), _bodies)

    @acts(
        "transcription.record",
        "transcribe",
        "Name the original date and signatory of a record that was on paper before",
        tag=TAG,
        request=TranscriptionBody,
        shape=TranscriptionShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, TranscriptionBody)
        made = transcribe(context, **given)
        response = _response(made.number, status=201)
        response["Location"] = reverse("api:transcription", args=[made.number])
        return response


class OneTranscription(View):
    @reads("read_transcription", "One transcription", TranscriptionShape, tag=TAG)
    def get(self, request: Request, transcription: str) -> Response:
        only_parameters(request, [])
        return _response(transcription)


class Verification(View):
    @acts(
        "transcription.verify",
        "verify_transcription",
        "Sign for having compared a transcription with its scan",
        tag=TAG,
        request=VerificationBody,
        shape=TranscriptionShape,
        status=200,
    )
    def post(self, request: Request, transcription: str) -> Response:
        context, given = accept(request, VerificationBody)
        verify_transcription(context, transcription=transcription, **given)
        return _response(transcription)


def _response(number: str, *, status: int = 200) -> Response:
    return Response(_bodies([registers.transcription(number)])[0], status=status)


def _bodies(rows: list[Transcription]) -> list[Body]:
    return [
        {**paper_body(row), "kind": row.kind, "record": name_of(subject_of(row))} for row in rows
    ]
