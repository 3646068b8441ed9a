"""The fresh evaluation of a lot: every rule, and what each found."""

from __future__ import annotations

from dataclasses import asdict

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.as_of import (
    AS_OF,
    PARAMETER,
    PastEvaluationShape,
    asked_moment,
    past_evaluation_body,
)
from products.api.schema import BlockShape, reads
from products.api.surface import View, only_parameters
from products.domain.blocks import source_of
from products.domain.lots import STATUS_LABELS
from products.domain.release import evaluate
from products.queries.as_of import lot_then
from products.queries.facts import lot_facts
from products.queries.listing import lot_row


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


class LotEvaluation(View):
    @reads(
        "evaluate_lot",
        "Every release rule, judged now",
        EvaluationShape,
        tag="Lots",
        parameters=[AS_OF],
        past=PastEvaluationShape,
    )
    def get(self, request: Request, lot: str) -> Response:
        only_parameters(request, [PARAMETER])
        if then := asked_moment(request):
            return Response(past_evaluation_body(lot_then(lot, then), then))
        now = timezone.now()
        row = lot_row(lot, now)
        facts = lot_facts([row.id])[row.id]
        evaluation = evaluate(facts, now)
        return Response(
            {
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
        )
