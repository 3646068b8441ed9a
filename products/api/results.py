"""The results of a lot by category, each beside its limit."""

from __future__ import annotations

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.schema import reads
from products.api.shown_runs import RunRowShape, run_body
from products.api.surface import Body, View, only_parameters
from products.domain.criteria import CATEGORY_LABELS, Category
from products.models import Criterion, Run
from products.queries.evidence import criteria_of_lot, runs_of_lot
from products.queries.facts import criterion_of
from products.queries.listing import lot_row


class TestedShape(serializers.Serializer[None]):
    criterion = serializers.CharField(
        allow_null=True, help_text="None: runs of this attribute for no criterion."
    )
    attribute = serializers.CharField()
    method = serializers.CharField()
    stage = serializers.CharField(allow_null=True)
    limit = serializers.CharField(allow_null=True, help_text="As shown to people.")
    required = serializers.BooleanField()  # type: ignore[assignment]  # a field of the answer
    runs = RunRowShape(many=True, help_text="Oldest first; discarded ones too.")


class CategoryShape(serializers.Serializer[None]):
    category = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of the answer
    criteria = TestedShape(many=True)


class LotResultsShape(serializers.Serializer[None]):
    lot = serializers.CharField()
    specification_version = serializers.IntegerField()
    categories = CategoryShape(many=True)


class LotResults(View):
    @reads(
        "read_lot_results",
        "All results of a lot by category, beside their limits",
        LotResultsShape,
        tag="Lots",
    )
    def get(self, request: Request, lot: str) -> Response:
        only_parameters(request, [])
        row = lot_row(lot, timezone.now())
        runs = runs_of_lot(row.id)
        tested = [
            *((found.category, _of_criterion(found, runs)) for found in criteria_of_lot(row.id)),
            *_of_no_criterion(runs),
        ]
        categories = [
            {
                "category": category,
                "label": CATEGORY_LABELS[category],
                "criteria": [body for of, body in tested if of == category],
            }
            for category in Category
        ]
        return Response(
            {
                "lot": row.number,
                "specification_version": row.specification,
                "categories": [found for found in categories if found["criteria"]],
            }
        )


def _of_criterion(criterion: Criterion, runs: list[Run]) -> Body:
    return {
        "criterion": criterion.code,
        "attribute": criterion.attribute,
        "method": criterion.method.code,
        "stage": criterion.stage,
        "limit": criterion_of(criterion, criterion.method.code).limit_text,
        "required": criterion.required,
        "runs": [run_body(run) for run in runs if run.criterion_id == criterion.pk],
    }


def _of_no_criterion(runs: list[Run]) -> list[tuple[str, Body]]:
    methods = {
        run.method_version.method.pk: run.method_version.method
        for run in runs
        if run.criterion_id is None
    }
    return [
        (
            method.category,
            {
                "criterion": None,
                "attribute": method.attribute,
                "method": method.code,
                "stage": None,
                "limit": None,
                "required": False,
                "runs": [
                    run_body(run)
                    for run in runs
                    if run.criterion_id is None and run.method_version.method_id == method.pk
                ],
            },
        )
        for method in methods.values()
    ]
