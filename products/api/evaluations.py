"""The fresh evaluation of a lot: every rule, and what each found."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.as_of import then_too
from products.api.past_shapes import PastShape
from products.api.problem_shapes import BlockShape
from products.api.schema import reads
from products.api.surface import AS_OF, Body, View, only_parameters
from products.domain.blocks import source_of
from products.domain.facts import LotFacts
from products.domain.lots import STATUS_LABELS
from products.domain.release import evaluate
from products.queries.as_of import last_evaluation
from products.queries.facts import lot_facts
from products.queries.listing import LotRow, lot_row


class RuleShape(serializers.Serializer[None]):
    rule = serializers.CharField()
    title = serializers.CharField()
    outcome = serializers.CharField(
        help_text="met, broken, decided_at_signing (depends on the signer) or not_required"
    )
    source = serializers.CharField(  # type: ignore[assignment]  # a field of the answer
        help_text="The text that the rule rests on, for this basis."
    )
    note = serializers.CharField(
        help_text="What to know beside the outcome: who signed that the rule is not required."
    )
    blocks = BlockShape(many=True)
    evidence = serializers.ListField(
        child=serializers.CharField(), help_text="Ids of the records that it looked at."
    )


class EvaluationShape(serializers.Serializer[None]):
    lot = serializers.CharField()
    status = serializers.CharField(help_text="Read it with the basis only.")
    status_label = serializers.CharField()
    basis = serializers.CharField()
    judged_at = serializers.DateTimeField(help_text="The instant of this evaluation.")
    judged_until = serializers.DateTimeField(
        help_text="The next instant at which time alone changes the answer."
    )
    next_status = serializers.CharField(help_text="From that instant on, if nothing is recorded.")
    inputs_sha256 = serializers.CharField(help_text="Of all the facts that were judged.")
    rules = RuleShape(many=True, help_text="Every rule, in order.")
    blocks = BlockShape(many=True, help_text="Every reason against release, in that order.")


class StoredEvaluationShape(serializers.Serializer[None]):
    decision = serializers.IntegerField(help_text="Number of the decision that it was signed with.")
    kind = serializers.CharField(allow_null=True, help_text="Of that decision.")
    sha256 = serializers.CharField(allow_null=True, help_text="Of the stored document.")
    document = serializers.JSONField(help_text="As it was stored; never judged again.")


class PastEvaluationShape(PastShape):
    lot = serializers.CharField()
    status = serializers.CharField(help_text="At the instant; read it with the basis only.")
    status_label = serializers.CharField()
    basis = serializers.CharField(allow_null=True)
    blocks_on_lot = BlockShape(
        many=True, allow_null=True, help_text="As last judged then, signed or not."
    )
    signed_evaluation = StoredEvaluationShape(
        allow_null=True, help_text="Of the last decision by then; null when there was none."
    )


class LotEvaluation(View):
    @reads(
        "evaluate_lot",
        "Every release rule, judged now",
        EvaluationShape,
        tag="Lots",
        past=PastEvaluationShape,
    )
    @then_too
    def get(self, request: Request, now: datetime, lot: str) -> Response:
        only_parameters(request, [])
        row = lot_row(lot, now)
        if AS_OF in request.query_params:
            return Response(_stored(row))
        return Response(evaluation_body(row, lot_facts([row.id])[row.id], now))


def evaluation_body(row: LotRow, facts: LotFacts, now: datetime) -> Body:
    evaluation = evaluate(facts, now)
    return {
        "lot": row.number,
        "status": evaluation.status,
        "status_label": STATUS_LABELS[evaluation.status],
        "basis": row.basis,
        "judged_at": evaluation.at,
        "judged_until": evaluation.judged_until,
        "next_status": evaluation.next_status,
        "inputs_sha256": evaluation.inputs_sha256,
        "rules": [
            {
                "rule": found.rule,
                "title": found.title,
                "outcome": found.outcome,
                "source": source_of(found.rule, facts.basis),
                "note": found.note,
                "blocks": [asdict(block) for block in found.blocks],
                "evidence": list(found.evidence),
            }
            for found in evaluation.outcomes
        ],
        "blocks": [asdict(block) for block in evaluation.blocks],
    }


def _stored(row: LotRow) -> Body:
    """What was on record of the judging of a past lot; nothing of it is judged again."""
    found = last_evaluation(row.id)
    return {
        "lot": row.number,
        "status": row.status,
        "status_label": STATUS_LABELS[row.status],
        "basis": row.basis,
        "blocks_on_lot": row.blocks,
        "signed_evaluation": found and asdict(found),
    }
