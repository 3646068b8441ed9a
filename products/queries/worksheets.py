"""Worksheets: open runs of one method side by side; as many queries for sixty runs as for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from products.domain.calculations import FORMULA_INPUTS, Formula, InputField
from products.domain.criteria import Criterion
from products.domain.errors import UnknownReferenceError
from products.domain.facts import TrainingFacts
from products.domain.lots import zone_named
from products.domain.results import RunState
from products.domain.worksheets import Doubt, Look, RunSeen, Vessel, doubts_about, vessels_of
from products.models import Criterion as CriterionRow
from products.models import (
    MethodVersion,
    Reading,
    Run,
    RunMedia,
    Training,
)
from products.queries.facts import criterion_of
from products.queries.people import Identity
from products.queries.runs import Place, place_of, reading_facts
from products.queries.supporting_facts import supporting_facts
from products.queries.versions import VersionLine, is_in_effect, versions_of

MOST_RUNS = 60


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
