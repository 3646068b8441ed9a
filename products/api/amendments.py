"""Amendments: corrections, retractions, lots registered in error, and their second signatures."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.amendments import correct_run
from products.actions.retractions import retract_run, void_lot
from products.actions.second_signatures import sign_second
from products.api.accepting import accept
from products.api.bodies import SignedBody, Text, several
from products.api.filters import PERSON, Flag, Names, Recorded, Words, people, record, word
from products.api.listing import Listing, listed, newest
from products.api.runs import PlacePart, ReadingPart, reading_facts
from products.api.schema import acts, lists, reads, word_of
from products.api.shown import FileShape, SignatureShape, file_body, name_of, signature_body
from products.api.surface import Body, View, only_parameters
from products.domain.amendments import AMENDMENT_LABELS, AmendmentKind, SecondOutcome
from products.models import Amendment, Lot, Result, Run
from products.queries import registers
from products.queries.runs import place_of, readings_in_effect
from products.queries.versions import second_of, state_of

TAG = "Corrections"


def _waiting(rows: QuerySet[Amendment], value: bool) -> QuerySet[Amendment]:
    return registers.waiting(rows) if value else registers.not_waiting(rows)


class AmendmentFilters(Recorded):
    lot = Names(record("lot", Lot, "number"), help_text="Number of the lot.")
    run = Names(record("run", Run, "number"), help_text="Number of the run.")
    kind = Words(word("kind"), AmendmentKind, AMENDMENT_LABELS, help_text="Kind.")
    person = Names(people(accounts=["recorded_by"]), help_text=PERSON)
    waiting = Flag(_waiting, help_text="true: for its second signature.")


class AmendedResultShape(serializers.Serializer[None]):
    version = serializers.IntegerField()
    verdict = serializers.CharField()
    reported = serializers.CharField()
    unit = serializers.CharField()


class SecondShape(serializers.Serializer[None]):
    outcome = serializers.CharField(help_text="confirmed or refused")
    comment = serializers.CharField()
    evidence = FileShape(allow_null=True)
    signature = SignatureShape()


class AmendmentRowShape(serializers.Serializer[None]):
    number = serializers.CharField()
    lot = serializers.CharField()
    run = serializers.CharField(allow_null=True)
    kind = serializers.CharField(help_text=f"One of {', '.join(AmendmentKind)}.")
    state = serializers.CharField(
        help_text="waits (for its second signature), in_effect or refused"
    )
    needs_second = serializers.BooleanField()
    reason = serializers.CharField()
    source_document = serializers.CharField()
    evidence = FileShape(allow_null=True)
    belongs_to = serializers.CharField(help_text="The lot or sample that a retracted run is of.")
    corrects = AmendedResultShape(allow_null=True, help_text="The version as it was.")
    result = AmendedResultShape(allow_null=True, help_text="The version that it makes.")
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()
    signature = SignatureShape()
    second = SecondShape(allow_null=True)


class ReadingChangeShape(serializers.Serializer[None]):
    name = serializers.CharField()
    replicate = serializers.IntegerField()
    vessel = serializers.CharField()
    medium = serializers.CharField()
    role = serializers.CharField()
    read_at = serializers.DateTimeField(allow_null=True)
    before = serializers.CharField(allow_null=True, help_text="None: a new reading.")
    after = serializers.CharField(allow_null=True, help_text="None: the reading is taken out.")
    unit = serializers.CharField()


class AmendmentShape(AmendmentRowShape):
    changes = ReadingChangeShape(many=True, help_text="Each reading that differs.")


class CorrectionBody(SignedBody):
    readings = several(
        ReadingPart,
        max_length=1000,
        required=False,
        help_text="As they should be; each replaces the one at its place, or is new.",
    )
    removed = several(PlacePart, max_length=1000, required=False, help_text="To be taken out.")
    transcription_error = serializers.BooleanField(default=False)
    source_document = Text(
        allow_blank=True,
        default="",
        max_length=200,
        help_text="Where the right value stands; or name the evidence.",
    )
    evidence = serializers.UUIDField(
        allow_null=True, default=None, help_text="A file attached to the lot or one of its runs."
    )


class RetractionBody(SignedBody):
    belongs_to = Text(
        allow_blank=True,
        default="",
        max_length=64,
        help_text="The lot or sample that the run is of; none for one from paper whose "
        "transcription was refused.",
    )
    source_document = Text(allow_blank=True, default="", max_length=200)
    evidence = serializers.UUIDField(allow_null=True, default=None)


class VoidBody(SignedBody):
    pass


class SecondBody(SignedBody):
    outcome = word_of(SecondOutcome)
    comment = Text(allow_blank=True, default="", max_length=1000)
    evidence = serializers.UUIDField(
        allow_null=True, default=None, help_text="A further file that you compared."
    )


class Correction(View):
    @acts(
        "run.correct",
        "correct_run",
        "Correct a final result; what failed counts until a second person has signed",
        tag=TAG,
        request=CorrectionBody,
        shape=AmendmentShape,
        on_lot=True,
    )
    def post(self, request: Request, run: str) -> Response:
        context, given = accept(request, CorrectionBody, runs__number__iexact=run)
        for field in ("readings", "removed"):
            given[field] = [reading_facts(part) for part in given.get(field, [])]
        return _made(correct_run(context, run=run, **given))


class Retraction(View):
    @acts(
        "run.retract",
        "retract_run",
        "Ask for a run to be set aside that was recorded against the wrong lot or sample",
        tag=TAG,
        request=RetractionBody,
        shape=AmendmentShape,
        on_lot=True,
    )
    def post(self, request: Request, run: str) -> Response:
        context, given = accept(request, RetractionBody, runs__number__iexact=run)
        return _made(retract_run(context, run=run, **given))


class Voiding(View):
    @acts(
        "lot.void",
        "void_lot",
        "Ask for a lot that was registered in error to be declared void",
        tag=TAG,
        request=VoidBody,
        shape=AmendmentShape,
        decides=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, VoidBody, deciding_on=lot)
        return _made(void_lot(context, lot=lot, **given))


AMENDMENTS = Listing(
    AmendmentRowShape, name="amendments", orders=newest(), filters=AmendmentFilters
)


class Amendments(View):
    @lists(
        "list_amendments",
        "Amendments, newest first",
        AMENDMENTS,
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        return listed(request, AMENDMENTS, registers.amendments(), _bodies)


class OneAmendment(View):
    @reads("read_amendment", "One amendment with what it changes", AmendmentShape, tag=TAG)
    def get(self, request: Request, amendment: str) -> Response:
        only_parameters(request, [])
        return _response(amendment)


class SecondSign(View):
    @acts(
        "amendment.sign_second",
        "sign_second",
        "Sign, as a second person, that an amendment is right, or refuse it",
        tag=TAG,
        request=SecondBody,
        shape=AmendmentShape,
        status=200,
        decides=True,
    )
    def post(self, request: Request, amendment: str) -> Response:
        context, given = accept(
            request, SecondBody, deciding_on={"amendments__number__iexact": amendment}
        )
        sign_second(context, amendment=amendment, **given)
        return _response(amendment)


def _made(amendment: Amendment) -> Response:
    response = _response(amendment.number, status=201)
    response["Location"] = reverse("api:amendment", args=[amendment.number])
    return response


def _response(number: str, *, status: int = 200) -> Response:
    found = registers.amendment(number)
    return Response({**_body(found), "changes": _changes(found)}, status=status)


def _bodies(rows: list[Amendment]) -> list[Body]:
    return [_body(row) for row in rows]


def _body(found: Amendment) -> Body:
    second = second_of(found)
    return {
        "number": found.number,
        "lot": found.lot.number,
        "run": found.run.number if found.run else None,
        "kind": found.kind,
        "state": state_of(found),
        "needs_second": found.needs_second,
        "reason": found.reason,
        "source_document": found.source_document,
        "evidence": found.evidence and file_body(found.evidence),
        "belongs_to": found.belongs_to,
        "corrects": _result_body(found.corrects),
        "result": _result_body(found.result),
        "recorded_at": found.recorded_at,
        "recorded_by": name_of(found.recorded_by),
        "signature": signature_body(found.signature),
        "second": second
        and {
            "outcome": second.outcome,
            "comment": second.comment,
            "evidence": second.evidence and file_body(second.evidence),
            "signature": signature_body(second.signature),
        },
    }


def _result_body(result: Result | None) -> Body | None:
    if result is None:
        return None
    return {
        "version": result.version,
        "verdict": result.verdict,
        "reported": result.reported,
        "unit": result.unit,
    }


def _changes(found: Amendment) -> list[Body]:
    if found.run is None or found.corrects is None:
        return []
    before = readings_in_effect(found.run, found.corrects)
    return [
        {
            "name": row.name,
            "replicate": row.replicate,
            "vessel": row.vessel,
            "medium": row.medium,
            "role": row.role,
            "read_at": row.read_at,
            "before": before[place_of(row)].text if place_of(row) in before else None,
            "after": None if row.removed else row.text,
            "unit": row.unit,
        }
        for row in found.readings.order_by("sequence")
    ]
