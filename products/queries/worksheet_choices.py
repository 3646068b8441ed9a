"""What a worksheet can be made of: methods, their open runs, and samples to open others on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from products.domain.criteria import Criterion, SatisfiedBy, Verdict
from products.domain.investigations import InvestigationOutcome
from products.domain.lots import Decision
from products.domain.methods import DocumentState
from products.domain.results import SATISFYING, RunState
from products.models import Criterion as CriterionRow
from products.models import (
    Investigation,
    MethodVersion,
    Run,
    Sample,
)
from products.queries.facts import criterion_of
from products.queries.incubating import runs_that_may_incubate
from products.queries.runs import results_in_effect
from products.queries.worksheets import MOST_RUNS, has_vessels

MOST_SAMPLES = 200
SET_ASIDE = (RunState.DISCARDED, RunState.RETRACTED)


def methods_on_worksheets() -> list[MethodVersion]:
    """Of each method the approved version that a run would be opened by."""
    rows = MethodVersion.objects.filter(state=DocumentState.APPROVED).select_related("method")
    latest: dict[UUID, MethodVersion] = {}
    for row in rows.order_by("method__code", "-version"):
        latest.setdefault(row.method_id, row)
    return list(latest.values())


def open_runs(version: MethodVersion, *, beginning: str = "") -> QuerySet[Run]:
    """Made in this house and not submitted, or incubating; with ``saved``, how many readings."""
    runs = Run.objects.filter(method_version=version, state=RunState.SAVED)
    if has_vessels(version):
        itself = MethodVersion.objects.filter(pk=version.pk)
        waiting = runs_that_may_incubate(itself, timezone.now())
        # Looked up first, so that the database knows how few they are.
        begun = [*runs.order_by().values_list("pk", flat=True), *waiting]
        runs = Run.objects.filter(pk__in=begun, state__in=[RunState.SAVED, RunState.SUBMITTED])
    return (
        _begins(runs, beginning)
        .filter(laboratory__isnull=True)
        .select_related("lot", "sample", "criterion", "recorded_by__person")
        .annotate(saved=Count("readings"))
        .order_by("lot__number", "sample__number", "number")
    )


def outside_runs(version: MethodVersion, *, beginning: str = "") -> QuerySet[Run]:
    """Those of outside laboratories that are not submitted: their reports are transcribed."""
    runs = Run.objects.filter(
        method_version=version, state=RunState.SAVED, laboratory__isnull=False
    )
    return (
        _begins(runs, beginning)
        .select_related("lot", "sample", "laboratory")
        .order_by("lot__number", "sample__number", "number")
    )


@dataclass(frozen=True, slots=True)
class FirstRuns:
    """As many as one worksheet takes; ``most`` is how many, where there are others."""

    rows: tuple[Run, ...] = ()
    most: int = 0


def first_of(runs: QuerySet[Run]) -> FirstRuns:
    rows = tuple(runs[: MOST_RUNS + 1])
    return FirstRuns(rows[:MOST_RUNS], MOST_RUNS if len(rows) > MOST_RUNS else 0)


def _begins(runs: QuerySet[Run], beginning: str) -> QuerySet[Run]:
    return runs.filter(sample__number__istartswith=beginning) if beginning else runs


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sample, and a criterion of its lot that asks for the method at the sample's stage.

    ``runs`` are those made by the method on the sample before, but for discarded and retracted
    ones; ``repeatable`` those of the criterion on the whole lot that are invalid or were
    invalidated.
    """

    sample: Sample
    criterion_row: CriterionRow
    criterion: Criterion
    runs: tuple[Run, ...]
    repeatable: tuple[Run, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.sample.number}~{self.criterion.code}"


def candidates(
    version: MethodVersion, *, beginning: str = "", keys: Collection[str] | None = None
) -> list[Candidate]:
    """What the method can be run on, of lots that are not closed; the newest samples first.

    ``beginning`` narrows to samples (whose numbers begin with that of their lot); ``keys`` to those
    candidates, in their order, and leaves out what is none.
    """
    asked = CriterionRow.objects.filter(method=version.method_id).exclude(
        satisfied_by=SatisfiedBy.PARENT
    )
    samples = (
        Sample.objects.filter(lot__specification__in=asked.values("specification"))
        .exclude(lot__decision__in=[Decision.REJECTED, Decision.RECALLED, Decision.VOID])
        .select_related("lot__product", "lot__site", "lot__specification")
        .order_by("-recorded_at", "-number")
    )
    if keys is not None:
        samples = samples.filter(number__in={key.rpartition("~")[0] for key in keys})
    if beginning:
        samples = samples.filter(number__istartswith=beginning)
    drawn = list(samples[:MOST_SAMPLES])
    criteria: dict[UUID, list[CriterionRow]] = defaultdict(list)
    wanted = asked.filter(specification__in={row.lot.specification_id for row in drawn})
    for row in wanted.select_related("method").order_by("position"):
        criteria[row.specification_id].append(row)
    runs = _runs_before(drawn, version)
    repeatable = _repeatable(drawn, version)
    found = {
        one.key: one
        for one in (
            Candidate(
                row,
                asking,
                criterion_of(asking, asking.method.code),
                tuple(runs[row.pk]),
                tuple(repeatable.get((row.lot_id, asking.code), ())),
            )
            for row in drawn
            for asking in criteria[row.lot.specification_id]
            if asking.stage == row.stage
        )
    }
    return list(found.values()) if keys is None else [found[key] for key in keys if key in found]


def _runs_before(samples: Iterable[Sample], version: MethodVersion) -> dict[UUID, list[Run]]:
    found: dict[UUID, list[Run]] = defaultdict(list)
    rows = Run.objects.filter(
        sample__in=[row.pk for row in samples], method_version__method=version.method_id
    ).exclude(state__in=SET_ASIDE)
    for run in rows.order_by("recorded_at", "number"):
        found[run.sample_id].append(run)
    return found


def _repeatable(
    samples: Iterable[Sample], version: MethodVersion
) -> dict[tuple[UUID, str], list[Run]]:
    """By lot and criterion, where none of their runs stands (`products.queries.runs`)."""
    current = results_in_effect().filter(run=OuterRef("pk")).order_by("-version")
    invalidated = Investigation.objects.filter(
        result=OuterRef("current"), conclusion__outcome=InvestigationOutcome.INVALIDATED
    )
    rows = (
        Run.objects.filter(
            lot__in={row.lot_id for row in samples},
            criterion__method=version.method_id,
            purpose__in=SATISFYING,
        )
        .exclude(state__in=SET_ASIDE)
        .annotate(current=Subquery(current.values("pk")[:1]))
        .annotate(verdict=Subquery(current.values("verdict")[:1]))
        .annotate(is_void=Q(verdict=Verdict.INVALID) | Exists(invalidated))
        .select_related("criterion")
        .order_by("recorded_at", "number")
    )
    found: dict[tuple[UUID, str], list[Run]] = defaultdict(list)
    standing = set()
    for run in rows:
        assert run.criterion is not None
        found[run.lot_id, run.criterion.code].append(run)
        if not run.is_void:
            standing.add((run.lot_id, run.criterion.code))
    return {which: runs for which, runs in found.items() if which not in standing}
