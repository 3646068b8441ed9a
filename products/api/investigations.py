"""Investigations, and their conclusion under signature."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.investigations import conclude_investigation, open_investigation
from products.api.accepting import accept
from products.api.bodies import ActionBody, SignedBody, Text
from products.api.filters import FiltersOnLots, Flag, Names, Words, record, without, word
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists, reads, word_of
from products.api.shown import SignatureShape, name_of, signature_body
from products.api.surface import Body, View, only_parameters
from products.domain.errors import NotFoundError
from products.domain.investigations import KIND_LABELS, InvestigationKind, InvestigationOutcome
from products.models import Investigation, Run
from products.queries import evidence

TAG = "Investigations"


class InvestigationFilters(FiltersOnLots):
    run = Names(record("run", Run, "number"), help_text="Number of the run.")
    kind = Words(word("kind"), InvestigationKind, KIND_LABELS, help_text="Kind.")
    outcome = Words(
        word("conclusion__outcome"), InvestigationOutcome, help_text="Of its signed conclusion."
    )
    open = Flag(without("conclusion"), help_text="true: without a signed conclusion.")


class ConclusionShape(serializers.Serializer[None]):
    outcome = serializers.CharField()
    cause = serializers.CharField()
    evidence = serializers.CharField()
    signature = SignatureShape()


class InvestigationShape(serializers.Serializer[None]):
    number = serializers.CharField()
    lot = serializers.CharField()
    run = serializers.CharField()
    result_version = serializers.IntegerField()
    verdict = serializers.CharField()
    kind = serializers.CharField()
    opened_at = serializers.DateTimeField()
    opened_by = serializers.CharField()
    conclusion = ConclusionShape(allow_null=True)


class ConclusionBody(SignedBody):
    outcome = word_of(InvestigationOutcome)
    cause = Text(allow_blank=True, default="", max_length=1000)
    evidence = Text(
        allow_blank=True, default="", max_length=500, help_text="Documents that show the cause."
    )


class OpeningBody(ActionBody):
    reason = Text(max_length=1000, help_text="What is to be investigated.")


INVESTIGATIONS = Listing(
    InvestigationShape, name="investigations", orders=newest(), filters=InvestigationFilters
)


class Investigations(View):
    @lists(
        "list_investigations",
        "Investigations, newest first",
        INVESTIGATIONS,
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        return listed(request, INVESTIGATIONS, evidence.investigations(), _bodies)


class OneInvestigation(View):
    @reads("read_investigation", "One investigation", InvestigationShape, tag=TAG)
    def get(self, request: Request, investigation: str) -> Response:
        only_parameters(request, [])
        return Response(_body(_find(investigation)))


class InvestigationsOfRun(View):
    @acts(
        "investigation.open",
        "open_investigation",
        "Open an investigation of a result that no rule has opened one for",
        tag=TAG,
        request=OpeningBody,
        shape=InvestigationShape,
        on_lot=True,
    )
    def post(self, request: Request, run: str) -> Response:
        context, given = accept(request, OpeningBody, runs__number__iexact=run)
        opened = open_investigation(context, run=run, **given)
        return Response(_body(_find(opened.number)), status=201)


class Conclusion(View):
    @acts(
        "investigation.conclude",
        "conclude_investigation",
        "Conclude an investigation",
        tag=TAG,
        request=ConclusionBody,
        shape=InvestigationShape,
        status=200,
        on_lot=True,
    )
    def post(self, request: Request, investigation: str) -> Response:
        context, given = accept(
            request, ConclusionBody, investigations__number__iexact=investigation
        )
        conclude_investigation(context, investigation=investigation, **given)
        return Response(_body(_find(investigation)))


def _find(number: str) -> Investigation:
    found = evidence.investigations().filter(number__iexact=number).first()
    if found is None:
        raise NotFoundError(f"There is no investigation {number!r}.", field="investigation")
    return found


def _body(found: Investigation) -> Body:
    conclusion = getattr(found, "conclusion", None)
    return {
        "number": found.number,
        "lot": found.lot.number,
        "run": found.run.number,
        "result_version": found.result.version,
        "verdict": found.result.verdict,
        "kind": found.kind,
        "opened_at": found.recorded_at,
        "opened_by": name_of(found.opened_by),
        "conclusion": conclusion
        and {
            "outcome": conclusion.outcome,
            "cause": conclusion.cause,
            "evidence": conclusion.evidence,
            "signature": signature_body(conclusion.signature),
        },
    }


def _bodies(rows: list[Investigation]) -> list[Body]:
    return [_body(row) for row in rows]
