"""Decisions on a lot, under signature: release, rejection, recall; changes since the release."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.dispositions import (
    acknowledge_changes,
    recall_lot,
    reject_lot,
    release_lot,
)
from products.actions.specification_changes import change_lot_specification
from products.api.accepting import accept
from products.api.as_of import then_too
from products.api.bodies import SignedBody
from products.api.filters import PERSON, FiltersOnLots, Names, Words, people, word
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists, reads
from products.api.shown_lots import DecisionShape, LotShape, decision_body, lot_response
from products.api.surface import Body, View, only_parameters
from products.domain.changes import Change
from products.domain.dispositions import DispositionKind
from products.models import Disposition
from products.queries import decisions
from products.queries.changes import changes_since_release
from products.queries.facts import lot_facts
from products.queries.listing import lot_row

TAG = "Decisions"


class ReleaseBody(SignedBody):
    pass


class RejectionBody(SignedBody):
    pass


class RecallBody(SignedBody):
    pass


class AcknowledgementBody(SignedBody):
    pass


class ChangeOfSpecificationBody(SignedBody):
    version = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="Another approved version for the product."
    )


class DecisionRowShape(DecisionShape):
    lot = serializers.CharField()


class DecisionFilters(FiltersOnLots):
    kind = Words(word("kind"), DispositionKind, help_text="Kind of the decision.")
    person = Names(people(persons=["signature__user__person"]), help_text=f"Signer. {PERSON}")


DECISIONS = Listing(DecisionRowShape, name="decisions", orders=newest(), filters=DecisionFilters)


class Decisions(View):
    @lists(
        "list_decisions",
        "Signed decisions on all lots, newest first",
        DECISIONS,
        tag=TAG,
        past=True,
    )
    @then_too
    def get(self, request: Request, now: datetime) -> Response:
        return listed(request, DECISIONS, decisions.dispositions(), _decisions, now=now)


class ChangeShape(serializers.Serializer[None]):
    record = serializers.CharField()
    message = serializers.CharField()


class ChangesShape(serializers.Serializer[None]):
    lot = serializers.CharField()
    was_released = serializers.BooleanField()
    every = ChangeShape(many=True, help_text="Each difference from what the releaser signed.")
    new = ChangeShape(many=True, help_text="Since quality last signed for having seen them.")


class Release(View):
    @acts(
        "lot.release",
        "release_lot",
        "Release a lot; refused with every reason while any speaks against it",
        tag=TAG,
        request=ReleaseBody,
        shape=LotShape,
        status=200,
        decides=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, ReleaseBody, deciding_on=lot)
        release_lot(context, lot=lot, **given)
        return lot_response(lot, context.at)


class Rejection(View):
    @acts(
        "lot.reject",
        "reject_lot",
        "Reject a lot for good",
        tag=TAG,
        request=RejectionBody,
        shape=LotShape,
        status=200,
        decides=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, RejectionBody, deciding_on=lot)
        reject_lot(context, lot=lot, **given)
        return lot_response(lot, context.at)


class Recall(View):
    @acts(
        "lot.recall",
        "recall_lot",
        "Recall a released lot for good",
        tag=TAG,
        request=RecallBody,
        shape=LotShape,
        status=200,
        decides=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, RecallBody, deciding_on=lot)
        recall_lot(context, lot=lot, **given)
        return lot_response(lot, context.at)


class Acknowledgement(View):
    @acts(
        "lot.acknowledge_changes",
        "acknowledge_changes",
        "Sign for having seen what changed on a released lot since its release",
        tag=TAG,
        request=AcknowledgementBody,
        shape=LotShape,
        status=200,
        decides=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, AcknowledgementBody, deciding_on=lot)
        acknowledge_changes(context, lot=lot, **given)
        return lot_response(lot, context.at)


class ChangeOfSpecification(View):
    @acts(
        "lot.change_specification",
        "change_lot_specification",
        "Bind a lot to another version; every result is judged again, both verdicts are kept",
        tag=TAG,
        request=ChangeOfSpecificationBody,
        shape=LotShape,
        status=200,
        decides=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, ChangeOfSpecificationBody, deciding_on=lot)
        change_lot_specification(context, lot=lot, **given)
        return lot_response(lot, context.at)


class ChangesSinceRelease(View):
    @reads(
        "read_changes_since_release",
        "What changed on a lot since its release was signed",
        ChangesShape,
        tag="Lots",
    )
    def get(self, request: Request, lot: str) -> Response:
        only_parameters(request, [])
        row = lot_row(lot, timezone.now())
        found = changes_since_release(lot_facts([row.id])[row.id])
        return Response(
            {
                "lot": row.number,
                "was_released": found is not None,
                "every": [_change_body(change) for change in found.every] if found else [],
                "new": [_change_body(change) for change in found.new] if found else [],
            }
        )


def _change_body(change: Change) -> Body:
    return {"record": change.record, "message": change.message}


def _decisions(rows: list[Disposition]) -> list[Body]:
    return [{"lot": row.lot.number, **decision_body(row)} for row in rows]
