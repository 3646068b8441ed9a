"""Conditions on runs and their results, by which lists are chosen.

``run`` is the way to the run from the rows that are asked: ``run__``, empty for runs themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from products.domain.criteria import Verdict
from products.domain.investigations import InvestigationOutcome
from products.models import (
    Instrument,
    Laboratory,
    Method,
    MethodVersion,
    Rejudgement,
    Result,
    ReviewItem,
    Sample,
)
from products.queries.runs import amendments_in_effect, results_in_effect
from products.queries.selecting import any_of, by_people, keys_named

INVALIDATED = Q(investigation__conclusion__outcome=InvestigationOutcome.INVALIDATED)


def of_sample(numbers: Sequence[str], run: str) -> Q:
    return any_of(f"{run}sample", keys_named(Sample, "number", numbers))


def at_stage(stages: Sequence[str], run: str) -> Q:
    return Q(**{f"{run}sample__stage__in": stages})


def for_criterion(codes: Sequence[str], run: str) -> Q:
    return Q(**{f"{run}criterion__code__in": codes})


def of_category(categories: Sequence[str], run: str) -> Q:
    """That of the criterion, and without one that of the method."""
    return Q(**{f"{run}criterion__category__in": categories}) | Q(
        **{f"{run}criterion__isnull": True}
    ) & Q(**{f"{run}method_version__method__category__in": categories})


def by_method(codes: Sequence[str], run: str) -> Q:
    methods = keys_named(Method, "code", codes)
    versions = MethodVersion.objects.filter(method__in=methods).values_list("pk", flat=True)
    return any_of(f"{run}method_version", list(versions))


def on_instrument(codes: Sequence[str], run: str) -> Q:
    return any_of(f"{run}instrument", keys_named(Instrument, "code", codes))


def at_laboratory(codes: Sequence[str], run: str) -> Q:
    return any_of(f"{run}laboratory", keys_named(Laboratory, "code", codes))


def with_purpose(purposes: Sequence[str], run: str) -> Q:
    return Q(**{f"{run}purpose__in": purposes})


def in_state(states: Sequence[str], run: str) -> Q:
    return Q(**{f"{run}state__in": states})


def of_people(names: Sequence[str], run: str) -> Q:
    """Who performed the run, or opened it."""
    return by_people(names, persons=[f"{run}performed_by"], accounts=[f"{run}recorded_by"])


def with_verdict(verdicts: Sequence[str]) -> Q:
    """Results with the verdict, as recorded or under a later specification version of the lot.

    What an investigation invalidated keeps its verdict, and is found by both.
    """
    again = Rejudgement.objects.filter(verdict__in=verdicts)
    asked = Q(verdict__in=verdicts)
    # With an "or" no index finds the rows; it is left out where nothing was judged again so.
    if again.exists():
        asked |= Q(pk__in=again.values("result"))
    if Verdict.INVALIDATED in verdicts:
        asked |= INVALIDATED
    return asked


def counts() -> Q:
    """Whether no later version of the same run is in effect; the row is in effect itself."""
    own = results_in_effect().filter(run=OuterRef("run"))
    return ~Q(Exists(own.filter(version__gt=OuterRef("version"))))


def runs_with_verdict(verdicts: Sequence[str]) -> Q:
    """Runs of which the version that counts has the verdict."""
    found = results_in_effect().filter(counts(), with_verdict(verdicts))
    return Q(pk__in=found.values("run"))


class Place(TypedDict):
    """Where a version of a result is found."""

    id: UUID
    run: UUID
    version: int


def result_places() -> QuerySet[Result, Place]:
    """Every version of every result: where it is found, not what it says."""
    places: QuerySet[Result, Place] = Result.objects.values("id", "run", "version")
    return places


def is_counting(rows: QuerySet[Result, Any], wanted: bool) -> QuerySet[Result, Any]:
    """Results that count, or those that wait, were refused or replaced."""
    takes_effect = Q(amendment__isnull=True) | Q(amendment__in=amendments_in_effect())
    return rows.filter(takes_effect & counts() if wanted else ~takes_effect | ~counts())


def is_invalidated(rows: QuerySet[Result, Any], wanted: bool) -> QuerySet[Result, Any]:
    return rows.filter(INVALIDATED) if wanted else rows.exclude(INVALIDATED)


def is_reviewed(rows: QuerySet[Result, Any], wanted: bool) -> QuerySet[Result, Any]:
    reviewed = Exists(ReviewItem.objects.filter(result=OuterRef("pk")))
    return rows.filter(reviewed if wanted else ~reviewed)
