"""Worksheets: open runs of one method side by side; as many queries for sixty runs as for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from products.domain.calculations import FORMULA_INPUTS, Formula, InputField
from products.domain.criteria import Criterion, SatisfiedBy, Verdict
from products.domain.errors import UnknownReferenceError
from products.domain.facts import TrainingFacts
from products.domain.investigations import InvestigationOutcome
from products.domain.lots import Decision, zone_named
from products.domain.methods import DocumentState
from products.domain.results import SATISFYING, RunState
from products.domain.worksheets import Doubt, Look, RunSeen, Vessel, doubts_about, vessels_of
from products.models import Criterion as CriterionRow
from products.models import (
    Investigation,
    Lot,
    MethodVersion,
    Reading,
    Result,
    Run,
    RunMedia,
    Sample,
    SpecificationChange,
    Training,
)
from products.queries.facts import criterion_of
from products.queries.lots import lots_due
from products.queries.people import Identity
from products.queries.runs import Place, place_of, reading_facts, results_in_effect
from products.queries.supporting_facts import supporting_facts
from products.queries.versions import VersionLine, is_in_effect, versions_of
from products.queries.waiting_runs import NAMED_PURPOSES, NOT_FINAL_CODES, NOT_STOPPED

MOST_RUNS = 60
MOST_SAMPLES = 200
SET_ASIDE = (RunState.DISCARDED, RunState.RETRACTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRun:
    """One run of a worksheet. ``criterion_row`` is the criterion in force, None without one.

    ``readings`` are all ever saved and in effect, the oldest first; ``version`` is the result that
    counts, None before the first submit.
    """

    run: Run
    criterion_row: CriterionRow | None
    criterion: Criterion | None
    readings: tuple[Reading, ...]
    seen: RunSeen
    version: VersionLine | None
    doubts: tuple[Doubt, ...]
    look: Look | None

    @property
    def is_open(self) -> bool:
        """Whether a worksheet takes readings of it: never submitted, or incubating, and not set
        aside.
        """
        if self.run.state == RunState.SUBMITTED and self.version and self.has_vessels:
            return not self.version.row.final
        return self.run.state == RunState.SAVED

    @property
    def has_vessels(self) -> bool:
        return has_vessels(self.run.method_version)

    @property
    def is_submitted(self) -> bool:
        """Whether a version of the result rests on all that is saved."""
        last = max((row.sequence for row in self.readings), default=0)
        return self.version is not None and self.version.row.reading_sequence >= last

    def vessels(self) -> tuple[Vessel, ...]:
        """Once a look was submitted, those that it was at."""
        assert self.look is not None
        read = [reading_facts(row) for row in self.latest().values()]
        is_begun = bool(read) and self.run.state != RunState.SAVED
        media = () if is_begun else self.run.method_version.media
        return vessels_of(read, media, products=self.look.products, controls=self.look.controls)

    def vessels_ever(self) -> tuple[Vessel, ...]:
        """Those that a worksheet may have shown at this look: read at some time, or planned."""
        assert self.look is not None
        media, look = self.run.method_version.media, self.look
        read = [reading_facts(row) for row in self.readings if row.vessel]
        planned = vessels_of((), media, products=look.products, controls=look.controls)
        return (*vessels_of(read, (), products=0, controls=0), *planned)

    def last_looks(self) -> dict[Vessel, Reading]:
        """Of each vessel the last reading before the present look's."""
        assert self.look is not None
        earlier = [
            (row.read_at, row)
            for row in self.latest().values()
            if row.read_at is not None and row.read_at < self.look.read_at
        ]
        earlier.sort(key=lambda one: one[0])
        return {Vessel(row.medium, row.vessel, row.role): row for _, row in earlier}

    def latest(self, upto: int | None = None) -> dict[Place, Reading]:
        """What stood at each place when the reading number ``upto`` was the last; now, without."""
        found = {
            place_of(row): row for row in self.readings if upto is None or row.sequence <= upto
        }
        return {place: row for place, row in found.items() if not row.removed}


def sheet_runs(
    numbers: Sequence[str], reader: Identity, look: Look | None = None
) -> tuple[SheetRun, ...]:
    """The runs in the order of their lots and samples; doubts are those about ``reader``'s work.

    ``look`` is the one that runs with culture vessels are read at.

    Raises:
        UnknownReferenceError: a number names no run.
    """
    runs = list(
        Run.objects.filter(number__in=numbers)
        .select_related(
            "lot__product",
            "lot__site",
            "lot__specification",
            "sample",
            "criterion__method",
            "method_version__method",
            "instrument",
            "laboratory",
            "performed_by",
            "recorded_by__person",
        )
        .order_by("lot__number", "sample__number", "number")
    )
    if missing := sorted(set(numbers) - {run.number for run in runs}):
        raise UnknownReferenceError(f"There is no run {missing[0]!r}.", field="run")
    criteria = _criteria_in_force(runs)
    readings = _readings(runs)
    versions = versions_of([run.pk for run in runs])
    doubts = _doubts(runs, reader)
    return tuple(
        SheetRun(
            run=run,
            criterion_row=criteria.get(run.pk),
            criterion=_criterion(criteria.get(run.pk)),
            readings=tuple(row for row in readings[run.pk] if is_in_effect(row.amendment)),
            seen=RunSeen(
                max((row.sequence for row in readings[run.pk]), default=0),
                len(versions.get(run.pk, ())),
            ),
            version=next((line for line in versions.get(run.pk, ()) if line.counts), None),
            doubts=doubts[run.pk],
            look=look,
        )
        for run in runs
    )


def has_vessels(version: MethodVersion) -> bool:
    """Whether its readings are looks at culture vessels, each at a time of its own."""
    return any(field.per == "vessel" for field in inputs_of_version(version))


def inputs_of_version(version: MethodVersion) -> tuple[InputField, ...]:
    return FORMULA_INPUTS[Formula(version.formula)]


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
        begun = runs.order_by().values_list("pk")
        found = begun.union(*_that_may_incubate(version, timezone.now()))
        final = results_in_effect().filter(run=OuterRef("pk")).order_by("-version").values("final")
        runs = (
            # Looked up first, so that the database knows how few they are.
            Run.objects.filter(pk__in=[pk for (pk,) in found])
            .annotate(is_final=Subquery(final[:1]))
            .filter(Q(state=RunState.SAVED) | Q(state=RunState.SUBMITTED, is_final=False))
        )
    return (
        _begins(runs, beginning)
        .filter(laboratory__isnull=True)
        .select_related("lot", "sample", "criterion", "recorded_by__person")
        .annotate(saved=Count("readings"))
        .order_by("lot__number", "sample__number", "number")
    )


def _that_may_incubate(version: MethodVersion, now: datetime) -> Iterator[QuerySet[Run, Any]]:
    """Submitted runs whose result may not be final, each part found by an index.

    What a lot was judged by last says which of its required results are not final. It says nothing
    of a lot that is due, was bound to another specification or had a result invalidated, and
    nothing of other purposes, of criteria that are not required or are met by the parent, and of
    results that are not final and yet decided.
    """
    codes = reduce(or_, (Q(blocks__contains=[{"code": code}]) for code in NOT_FINAL_CODES))
    lots = (
        Lot.objects.filter(codes, judged_until__gt=now),
        lots_due(now),
        Lot.objects.filter(pk__in=SpecificationChange.objects.values("lot")),
        Lot.objects.filter(
            pk__in=Investigation.objects.filter(
                conclusion__outcome=InvestigationOutcome.INVALIDATED
            ).values("lot")
        ),
    )
    told = [part.order_by().values("pk") for part in lots]
    unspoken = CriterionRow.objects.filter(method=version.method_id).filter(
        Q(required=False) | Q(satisfied_by=SatisfiedBy.PARENT)
    )
    decided = Result.objects.filter(final=False).exclude(verdict__in=NOT_STOPPED)
    made = Run.objects.filter(method_version=version, state=RunState.SUBMITTED)
    for part in (
        made.filter(lot__in=told[0].union(*told[1:])),
        made.exclude(purpose__in=NAMED_PURPOSES),
        made.filter(criterion__in=unspoken.values("pk")),
        made.filter(pk__in=decided.values("run")),
    ):
        yield part.order_by().values_list("pk")


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


def _criterion(row: CriterionRow | None) -> Criterion | None:
    return criterion_of(row, row.method.code) if row else None


def _criteria_in_force(runs: Iterable[Run]) -> dict[UUID, CriterionRow]:
    """As `products.queries.runs.criterion_in_force`, of all the runs at once."""
    opened_for = {run.pk: run.criterion for run in runs if run.criterion is not None}
    present = {
        (row.specification_id, row.code, row.method_id): row
        for row in CriterionRow.objects.filter(
            specification__in={run.lot.specification_id for run in runs}
        ).select_related("method")
    }
    return {
        run.pk: present.get((run.lot.specification_id, row.code, row.method_id), row)
        for run in runs
        if (row := opened_for.get(run.pk)) is not None
    }


def _readings(runs: Iterable[Run]) -> dict[UUID, list[Reading]]:
    found: dict[UUID, list[Reading]] = defaultdict(list)
    rows = Reading.objects.filter(run__in=[run.pk for run in runs]).select_related(
        "recorded_by__person", "amendment__second"
    )
    for row in rows.order_by("sequence"):
        found[row.run_id].append(row)
    return found


def _doubts(runs: Sequence[Run], reader: Identity) -> dict[UUID, tuple[Doubt, ...]]:
    supporting = supporting_facts({str(run.lot_id) for run in runs})
    used: dict[UUID, list[str]] = defaultdict(list)
    for link in RunMedia.objects.filter(run__in=[run.pk for run in runs]):
        used[link.run_id].append(str(link.media_lot_id))
    training = _training(reader, {run.method_version_id for run in runs})
    return {
        run.pk: tuple(
            doubts_about(
                run.number,
                run.performed_at.astimezone(zone_named(run.lot.site.zone)).date(),
                instrument=supporting.instruments.get(str(run.instrument_id)),
                media=[supporting.media[key] for key in used[run.pk]],
                required_media=run.method_version.media,
                training=training[run.method_version_id],
                analyst=reader.printed_name,
                method=str(run.method_version),
            )
        )
        if run.state == RunState.SAVED and not run.from_paper and run.laboratory_id is None
        else ()
        for run in runs
    }


def _training(reader: Identity, versions: Collection[UUID]) -> Mapping[UUID, list[TrainingFacts]]:
    """The reader's own: who submits a run has performed it."""
    found: dict[UUID, list[TrainingFacts]] = defaultdict(list)
    rows = Training.objects.filter(person=reader.person, method_version__in=versions)
    for row in rows.select_related("signature"):
        found[row.method_version_id].append(
            TrainingFacts(
                str(row.pk),
                row.trained_on,
                row.valid_until,
                row.document,
                row.signature.printed_name,
            )
        )
    return found
