"""Runs whose latest result may not be final, found by indexes whatever the number of runs is."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from products.domain.criteria import SatisfiedBy, Verdict
from products.domain.investigations import InvestigationOutcome
from products.domain.laboratories import ControlsStatement
from products.domain.results import Purpose
from products.models import (
    Criterion,
    Investigation,
    Lot,
    MethodVersion,
    OutsideReport,
    Result,
    Run,
    SpecificationChange,
)
from products.queries.lots import lots_due
from products.queries.runs import results_in_effect

# Codes of blocks that say of a required result that it is not final.
NOT_FINAL_CODES = ("result_interim", "result_pending")
# As the indexes name them.
NAMED_PURPOSES = (Purpose.RELEASE, Purpose.REPEAT, Purpose.RETEST)
NOT_STOPPED = (Verdict.INTERIM, Verdict.PENDING)
# Where there is nothing to ask about it is asked about this: as many queries as of much.
NO_RECORD = UUID(int=0)


def runs_that_may_incubate(versions: QuerySet[MethodVersion], now: datetime) -> list[UUID]:
    """Every run by one of ``versions`` whose latest result is none that is final.

    A rule that no profile leaves out says of each lot, as it was judged last, which of its required
    results are not final. It says nothing of runs for other purposes, for what is not required or
    is inherited, of lots whose specification was changed, of results that are invalid or were
    invalidated, and of outside tests whose controls were not acceptable. Those runs are looked for
    by themselves. They stay for ever: only those that still wait are told.
    """
    codes = reduce(or_, (Q(blocks__contains=[{"code": code}]) for code in NOT_FINAL_CODES))
    told = Lot.objects.filter(codes, judged_until__gt=now).order_by().values_list("pk")
    # Looked up first, so that the database knows how few they are.
    lots = [NO_RECORD, *(lot for (lot,) in told.union(lots_due(now).order_by().values_list("pk")))]
    unspoken = Criterion.objects.filter(
        Q(required=False) | Q(satisfied_by=SatisfiedBy.PARENT),
        method__in=versions.values("method"),
    )
    stopped = Result.objects.filter(final=False).exclude(verdict__in=NOT_STOPPED)
    refused = OutsideReport.objects.filter(controls=ControlsStatement.NOT_ACCEPTABLE)
    made = Run.objects.filter(method_version__in=versions)
    parts = (
        made.filter(lot__in=lots),
        made.filter(lot__in=SpecificationChange.objects.order_by().values("lot")),
        made.filter(lot__in=invalidated().values("lot")),
        made.exclude(purpose__in=NAMED_PURPOSES),
        made.filter(criterion__in=[NO_RECORD, *unspoken.values_list("pk", flat=True)]),
        made.filter(pk__in=stopped.values("run")),
        made.filter(pk__in=refused.values("run")),
    )
    first, *others = (_without_final_result(part).order_by().values_list("pk") for part in parts)
    return [NO_RECORD, *(run for (run,) in first.union(*others))]


def invalidated() -> QuerySet[Investigation]:
    return Investigation.objects.filter(
        conclusion__outcome=InvestigationOutcome.INVALIDATED
    ).order_by()


def _without_final_result(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Those whose latest result is not final, or that have none."""
    latest = results_in_effect().filter(run=OuterRef("pk")).order_by("-version")
    is_final = Coalesce(Subquery(latest.values("final")[:1]), Value(value=False))
    return runs.alias(is_final=is_final).filter(is_final=False)
