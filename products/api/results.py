"""Results across lots: every version of the result of every run, beside what it was judged by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.as_of import then_too
from products.api.filters import FiltersOfRuns, Flag, Time, Words
from products.api.listing import Listing, listed, newest
from products.api.schema import lists
from products.api.shown_results import ResultShape
from products.api.shown_runs import run_documents_shown
from products.api.surface import Body, View
from products.domain.criteria import Verdict
from products.queries.of_runs import (
    Place,
    is_counting,
    is_invalidated,
    is_reviewed,
    result_places,
    with_verdict,
)

# What a result shows of its run, beside what it says itself.
OF_RUN = (
    *("lot", "product", "sample", "stage", "criterion", "limit", "category", "attribute"),
    *("method", "method_version", "purpose", "state", "instrument", "laboratory", "from_paper"),
    *("performed_at", "performed_zone", "entered_late"),
)


class ResultLinksShape(serializers.Serializer[None]):
    run = serializers.CharField(help_text="With its readings.")
    lot = serializers.CharField()


class ResultRowShape(ResultShape):
    run = serializers.CharField(help_text="Number of the run.")
    lot = serializers.CharField(help_text="The lot that it was measured on.")
    product = serializers.CharField()
    sample = serializers.CharField()
    stage = serializers.CharField()
    criterion = serializers.CharField(allow_null=True)
    limit = serializers.CharField(allow_null=True, help_text="As shown to people.")
    category = serializers.CharField(help_text="Of the criterion; without one of the method.")
    attribute = serializers.CharField(help_text="What is measured.")
    method = serializers.CharField()
    method_version = serializers.IntegerField()
    purpose = serializers.CharField()
    state = serializers.CharField(help_text="Of the run.")
    instrument = serializers.CharField(allow_null=True)
    laboratory = serializers.CharField(allow_null=True, help_text="The outside laboratory.")
    from_paper = serializers.BooleanField()
    performed_at = serializers.DateTimeField()
    performed_zone = serializers.CharField()
    entered_late = serializers.BooleanField()
    links = ResultLinksShape()


class ResultFilters(FiltersOfRuns):
    way_to_lot = "run__lot__"
    way_to_run = "run__"

    verdict = Words(
        with_verdict,
        Verdict,
        help_text="Verdict as recorded or under a later specification version of the lot; "
        "invalidated: by a signed conclusion.",
    )
    counts = Flag(is_counting, help_text="true: the version of its run that counts.")
    final = Flag(
        lambda rows, wanted: rows.filter(final=wanted), help_text="false: of an open incubation."
    )
    invalidated = Flag(is_invalidated, help_text="true: by a signed conclusion.")
    reviewed = Flag(is_reviewed, help_text="true: under a second person's signature.")
    performed_from = Time(
        "run__performed_at", lookup_expr="gte", help_text="Performed at this instant or later."
    )
    performed_until = Time("run__performed_at", lookup_expr="lt", help_text="Performed before it.")
    from_paper = Flag(
        lambda rows, wanted: rows.filter(run__from_paper=wanted),
        help_text="true: transcribed from paper.",
    )


RESULTS = Listing(ResultRowShape, name="results", orders=newest(), filters=ResultFilters)


class Results(View):
    @lists(
        "list_results",
        "Results of all lots, every version, newest first",
        RESULTS,
        tag="Samples and runs",
        past=True,
    )
    @then_too
    def get(self, request: Request, now: datetime) -> Response:
        return listed(request, RESULTS, result_places(), _bodies, now=now)


def _bodies(rows: list[Place]) -> list[Body]:
    runs = run_documents_shown({row["run"] for row in rows})
    return [_body(runs[row["run"]], row["version"]) for row in rows]


def _body(run: Mapping[str, Any], version: int) -> Body:
    (result,) = (found for found in run["results"] if found["version"] == version)
    return {
        **result,
        "run": run["number"],
        **{name: run[name] for name in OF_RUN},
        "links": {
            "run": reverse("api:run", args=[run["number"]]),
            "lot": reverse("api:lot", args=[run["lot"]]),
        },
    }
