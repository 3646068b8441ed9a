"""The results of a lot by category, each beside its limit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.as_of import then_too
from products.api.past_shapes import as_of
from products.api.schema import reads
from products.api.shown_runs import RunRowShape, run_bodies
from products.api.surface import Body, View, only_parameters
from products.domain.criteria import CATEGORY_LABELS, Category, SatisfiedBy
from products.domain.facts import LotFacts
from products.domain.selection import Selection, is_inherited
from products.models import Criterion, Run
from products.queries.evidence import (
    criteria_counted_for,
    criteria_of_lots,
    runs_numbered,
    runs_of_lots,
)
from products.queries.facts import criterion_of, lot_facts
from products.queries.listing import LotRow, lot_row


class TestedShape(serializers.Serializer[None]):
    criterion = serializers.CharField(
        allow_null=True, help_text="None: runs of this attribute for no criterion."
    )
    attribute = serializers.CharField()
    method = serializers.CharField()
    stage = serializers.CharField(allow_null=True)
    limit = serializers.CharField(allow_null=True, help_text="As shown to people.")
    required = serializers.BooleanField()  # type: ignore[assignment]  # a field of the answer
    satisfied_by = serializers.CharField(
        allow_null=True, help_text="this_lot, or parent: inherited from the lots it is made from."
    )
    runs = RunRowShape(many=True, help_text="Of this lot, oldest first; discarded ones too.")
    inherited = RunRowShape(
        many=True, help_text="Of the lots that it is made from; each names its own lot."
    )


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
        past=as_of(LotResultsShape),
    )
    @then_too
    def get(self, request: Request, now: datetime, lot: str) -> Response:
        only_parameters(request, [])
        row = lot_row(lot, now)
        (categories,) = categories_of([row])
        return Response(
            {
                "lot": row.number,
                "specification_version": row.specification,
                "categories": categories,
            }
        )


def categories_of(
    rows: Sequence[LotRow], known: Mapping[UUID, LotFacts] | None = None
) -> list[list[Body]]:
    """Of each lot every criterion with its results; as many queries for a page as for one.

    ``known`` are the facts of the lots, where they are known; only what is inherited is asked of
    them.
    """
    ids = [row.id for row in rows]
    own, criteria = runs_of_lots(ids), criteria_of_lots(ids)
    inheriting = [lot for lot in ids if any(map(_is_of_parent, criteria.get(lot, ())))]
    facts = known or (lot_facts(inheriting) if inheriting else {})
    inherited = {lot: _inherited(facts[lot]) if lot in inheriting else {} for lot in ids}
    others = runs_numbered({number for of in inherited.values() for number in _all(of)})
    documents = run_bodies([*(run for lot in ids for run in own.get(lot, ())), *others])
    shown = {str(run["number"]): run for run in documents}
    return [
        _categories(own.get(lot, []), criteria.get(lot, []), inherited[lot], shown) for lot in ids
    ]


def _is_of_parent(criterion: Criterion) -> bool:
    return criterion.satisfied_by == SatisfiedBy.PARENT


def _categories(
    own: list[Run],
    criteria: list[Criterion],
    inherited: Mapping[str, list[str]],
    shown: Mapping[str, Body],
) -> list[Body]:
    of_criterion: dict[UUID, list[Body]] = defaultdict(list)
    others = []
    for run, counts_for in zip(own, criteria_counted_for(own, criteria), strict=True):
        if counts_for is None:
            others.append((run, shown[run.number]))
        else:
            of_criterion[counts_for].append(shown[run.number])
    tested = [
        *(
            (
                found.category,
                _of_criterion(
                    found,
                    of_criterion[found.pk],
                    [shown[number] for number in inherited.get(str(found.pk), ())],
                ),
            )
            for found in criteria
        ),
        *_of_no_criterion(others),
    ]
    categories: list[Body] = [
        {
            "category": category,
            "label": CATEGORY_LABELS[category],
            "criteria": [body for of, body in tested if of == category],
        }
        for category in Category
    ]
    return [found for found in categories if found["criteria"]]


def _inherited(facts: LotFacts) -> dict[str, list[str]]:
    """Of each criterion the numbers of the runs of other lots that count for it."""
    selection = Selection(facts)
    return {
        item.id: [run.number for run in selection.runs_for(item) if run.lot != facts.number]
        for item in facts.criteria
        if is_inherited(item)
    }


def _all(inherited: Mapping[str, list[str]]) -> set[str]:
    return {number for numbers in inherited.values() for number in numbers}


def _of_criterion(criterion: Criterion, runs: list[Body], inherited: list[Body]) -> Body:
    return {
        "criterion": criterion.code,
        "attribute": criterion.attribute,
        "method": criterion.method.code,
        "stage": criterion.stage,
        "limit": criterion_of(criterion, criterion.method.code).limit_text,
        "required": criterion.required,
        "satisfied_by": criterion.satisfied_by,
        "runs": runs,
        "inherited": inherited,
    }


def _of_no_criterion(runs: list[tuple[Run, Body]]) -> list[tuple[str, Body]]:
    """Runs for no criterion of the version that the lot is bound to now."""
    methods = {run.method_version.method.pk: run.method_version.method for run, _ in runs}
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
                "satisfied_by": None,
                "runs": [body for run, body in runs if run.method_version.method_id == method.pk],
                "inherited": [],
            },
        )
        for method in methods.values()
    ]
