"""Runs that wait: to be submitted, read, answered, reviewed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from products.domain.criteria import Verdict
from products.domain.lots import Decision
from products.domain.results import SATISFYING, RunState
from products.domain.roles import Permission
from products.models import (
    Amendment,
    Lot,
    MethodVersion,
    Result,
    ReviewItem,
    Run,
    RunReturn,
)
from products.queries.incubating import NO_RECORD, invalidated, runs_that_may_incubate
from products.queries.lots import lots_due
from products.queries.runs import results_in_effect
from products.queries.waiting import Item, Kind, Reader, not_recorded_by

SOON = timedelta(hours=24)
DONE_WITH = (Decision.REJECTED, Decision.RECALLED, Decision.VOID)


def amendments_waiting(amendments: QuerySet[Amendment]) -> QuerySet[Amendment]:
    """Those that count only when a second person has signed, and nobody has."""
    return amendments.filter(needs_second=True, second__isnull=True)


def runs_to_submit(who: Reader) -> QuerySet[Run]:
    """Those that the person opened. Whoever opened one submits it, or discards it."""
    return (
        Run.objects.filter(state=RunState.SAVED, recorded_by__person=who.person)
        .select_related("method_version__method", "lot__site")
        .order_by("recorded_at", "id")
    )


def _run_to_submit(run: Run) -> Item:
    return Item(
        label=run.number,
        model="run",
        key=run.pk,
        remark=run.method_version.method.name,
        since=run.recorded_at,
        zone=run.lot.site.zone,
        work=("run", run.pk),
    )


def runs_to_answer(who: Reader) -> QuerySet[Run]:
    """For every analyst: whoever is there answers, also for a colleague who is not."""
    returned = RunReturn.objects.filter(run=OuterRef("pk")).order_by("-recorded_at", "-id")
    return (
        Run.objects.filter(pk__in=RunReturn.objects.values("run"), state=RunState.RETURNED)
        .annotate(returned_at=Subquery(returned.values("recorded_at")[:1]))
        .select_related("performed_by", "lot__site")
        .order_by("returned_at", "id")
    )


def _run_to_answer(run: Run) -> Item:
    return Item(
        label=run.number,
        model="run",
        key=run.pk,
        remark=f"performed by {run.performed_by.printed_name}" if run.performed_by else "",
        since=vars(run)["returned_at"],
        zone=run.lot.site.zone,
    )


def _latest_results() -> QuerySet[Result]:
    later = results_in_effect().filter(run=OuterRef("run"), version__gt=OuterRef("version"))
    return results_in_effect().filter(~Exists(later))


def incubations_to_read(who: Reader) -> QuerySet[Result]:
    """Incubations that have ended, or end within `SOON`, and have no final reading."""
    incubated = MethodVersion.objects.filter(incubation_hours__isnull=False)
    return (
        _latest_results()
        .filter(run__in=runs_that_may_incubate(incubated, who.now))
        .filter(final=False, final_at__lte=who.now + SOON)
        .exclude(run__state__in=[RunState.DISCARDED, RunState.RETRACTED])
        .select_related("run__lot__site", "run__method_version__method")
        .order_by("final_at", "id")
    )


def _incubation(result: Result) -> Item:
    return Item(
        label=result.run.number,
        model="run",
        key=result.run_id,
        remark=result.run.method_version.method.name,
        due=result.final_at,
        zone=result.run.lot.site.zone,
        work=("run", result.run_id),
    )


def _lots_with_unreviewed(now: datetime) -> list[UUID]:
    """Every lot of which a result may wait for its review, found by indexes.

    A rule that no profile leaves out says so of each lot as it was judged last, whatever was
    decided on it: but for a fail that was invalidated, which nothing speaks of any more. They are
    looked up first, so that the database knows how few they are.
    """
    told = Lot.objects.filter(judged_until__gt=now, blocks__contains=[{"code": "review_missing"}])
    found = told.exclude(decision__in=DONE_WITH).order_by().values_list("pk")
    due = lots_due(now).order_by().values_list("pk")
    unreviewed = Result.objects.filter(run=OuterRef("run"), review_item__isnull=True)
    fails = invalidated().filter(Exists(unreviewed)).values_list("lot")
    return [NO_RECORD, *(lot for (lot,) in found.union(due, fails))]


def runs_to_review(who: Reader) -> QuerySet[Result]:
    """Final results in effect, without review, of runs of which the person recorded nothing.

    What waits for a second signature is reviewed after it. Of a released lot too: what was
    corrected since is reviewed anew.
    """
    unsigned = amendments_waiting(Amendment.objects.filter(run=OuterRef("run")))
    rows = (
        _latest_results()
        .filter(run__lot__in=_lots_with_unreviewed(who.now))
        .filter(final=True, run__state=RunState.SUBMITTED)
        .filter(~Exists(ReviewItem.objects.filter(result=OuterRef("pk"))), ~Exists(unsigned))
        .exclude(run__lot__decision__in=DONE_WITH)
        .filter(
            Q(run__purpose__in=SATISFYING) | Q(verdict=Verdict.FAIL, run__criterion__isnull=False)
        )
    )
    return (
        not_recorded_by(who.person, rows, "run")
        .select_related("run__lot__site", "run__criterion")
        .order_by("recorded_at", "id")
    )


def _run_to_review(result: Result) -> Item:
    run = result.run
    return Item(
        label=run.number,
        model="run",
        key=run.pk,
        remark=run.criterion.attribute if run.criterion else "",
        since=result.recorded_at,
        zone=run.lot.site.zone,
        work=("lot", run.lot_id),
    )


KINDS = (
    Kind(
        name="incubations",
        title="Incubations that end within 24 hours, or have ended",
        nothing="No incubation ends within 24 hours.",
        permissions=frozenset({Permission.RECORD}),
        rows=incubations_to_read,
        item=_incubation,
        page="readings",
        verb="Enter the reading",
    ),
    Kind(
        name="runs-to-answer",
        title="Runs returned by the reviewer, to be answered",
        nothing="No run was returned.",
        permissions=frozenset({Permission.RECORD}),
        rows=runs_to_answer,
        item=_run_to_answer,
    ),
    Kind(
        name="runs-to-submit",
        title="Runs you saved and have not submitted",
        nothing="Every run that you saved is submitted.",
        permissions=frozenset({Permission.RECORD}),
        rows=runs_to_submit,
        item=_run_to_submit,
        page="readings",
        verb="Enter readings",
    ),
    Kind(
        name="runs-to-review",
        title="Runs to review",
        nothing="No run waits for a review by you.",
        permissions=frozenset({Permission.REVIEW}),
        rows=runs_to_review,
        item=_run_to_review,
        page="review",
        verb="Review",
    ),
)
