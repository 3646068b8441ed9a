"""Runs that wait: to be submitted, read, answered, reviewed."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from products.domain.criteria import SatisfiedBy, Verdict
from products.domain.investigations import InvestigationOutcome
from products.domain.laboratories import ControlsStatement
from products.domain.lots import Decision
from products.domain.results import SATISFYING, Purpose, RunState
from products.domain.roles import Permission
from products.models import (
    Amendment,
    Criterion,
    Investigation,
    Lot,
    MethodVersion,
    OutsideReport,
    Result,
    ReviewItem,
    Run,
    RunReturn,
    SpecificationChange,
)
from products.queries.lots import lots_due
from products.queries.runs import results_in_effect
from products.queries.waiting import Item, Kind, Reader, not_recorded_by

SOON = timedelta(hours=24)
# Codes of blocks that say of a required result that it is not final.
NOT_FINAL_CODES = ("result_interim", "result_pending")
# As the indexes name them.
NAMED_PURPOSES = (Purpose.RELEASE, Purpose.REPEAT, Purpose.RETEST)
NOT_STOPPED = (Verdict.INTERIM, Verdict.PENDING)
# Where there is nothing to ask about it is asked about this: as many queries as of much.
NO_RECORD = UUID(int=0)
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


def _runs_that_may_incubate(now: datetime) -> list[UUID]:
    """Every run whose latest result may be none that is final, found by indexes.

    A rule that no profile leaves out says of each lot, as it was judged last, which of its required
    results are not final. It says nothing of runs for other purposes, for what is not required or
    is inherited, of lots whose specification was changed, of results that are invalid or were
    invalidated, and of outside tests whose controls were not acceptable. Those runs are looked for
    by themselves. They stay for ever: only those that still wait are told here.
    """
    codes = reduce(or_, (Q(blocks__contains=[{"code": code}]) for code in NOT_FINAL_CODES))
    told = Lot.objects.filter(codes, judged_until__gt=now).order_by().values_list("pk")
    lots = [NO_RECORD, *(lot for (lot,) in told.union(lots_due(now).order_by().values_list("pk")))]
    changed = SpecificationChange.objects.order_by().values("lot")
    incubated = MethodVersion.objects.filter(incubation_hours__isnull=False)
    unspoken = Criterion.objects.filter(
        Q(required=False) | Q(satisfied_by=SatisfiedBy.PARENT),
        method__in=incubated.values("method"),
    )
    stopped = Result.objects.filter(final=False).exclude(verdict__in=NOT_STOPPED)
    refused = OutsideReport.objects.filter(controls=ControlsStatement.NOT_ACCEPTABLE)
    incubating = Run.objects.filter(method_version__in=incubated)
    parts = (
        incubating.filter(lot__in=changed),
        incubating.filter(lot__in=_invalidated().values("lot")),
        incubating.exclude(purpose__in=NAMED_PURPOSES),
        incubating.filter(criterion__in=[NO_RECORD, *unspoken.values_list("pk", flat=True)]),
        incubating.filter(pk__in=stopped.values("run")),
        incubating.filter(pk__in=refused.values("run")),
    )
    found = Run.objects.filter(lot__in=lots).order_by().values_list("pk")
    waiting = (_without_final_result(part).order_by().values_list("pk") for part in parts)
    return [NO_RECORD, *(run for (run,) in found.union(*waiting))]


def _without_final_result(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Those whose latest result is not final, or that have none."""
    latest = results_in_effect().filter(run=OuterRef("pk")).order_by("-version")
    return runs.alias(
        is_final=Coalesce(Subquery(latest.values("final")[:1]), Value(value=False))
    ).filter(is_final=False)


def incubations_to_read(who: Reader) -> QuerySet[Result]:
    """Incubations that have ended, or end within `SOON`, and have no final reading."""
    return (
        _latest_results()
        .filter(run__in=_runs_that_may_incubate(who.now))
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
    fails = _invalidated().filter(Exists(unreviewed)).values_list("lot")
    return [NO_RECORD, *(lot for (lot,) in found.union(due, fails))]


def _invalidated() -> QuerySet[Investigation]:
    return Investigation.objects.filter(
        conclusion__outcome=InvestigationOutcome.INVALIDATED
    ).order_by()


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
