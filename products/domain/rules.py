"""The release rules in their order: each finds every reason of its kind against a release.

A rule is one function and one line in `RULES`. A fact that nobody recorded is unknown and blocks.
Messages say nothing that time alone makes untrue, so that a stored block stays right until the
lot is judged again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from products.domain.blocks import Block, source_of
from products.domain.facts import LotFacts, RunFacts
from products.domain.rules_on_lots import (
    block_changes,
    block_donors,
    block_expiry,
    block_official_holds,
    block_open_holds,
    block_open_investigations,
    block_parents,
    block_specification,
    changed_results,
    decided_at_signing,
    note_on_specification,
)
from products.domain.rules_on_records import (
    block_competence,
    block_endotoxin,
    block_equipment,
    block_sterility,
    block_unreviewed,
    endotoxin_runs,
    runs_made_here,
)
from products.domain.rules_on_results import (
    block_limits,
    block_stages,
    block_unresolved_fails,
    block_untested,
)
from products.domain.selection import Selection


def _no_note(lot: LotFacts) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Rule:
    """``find`` yields the blocks at an instant; ``evidence`` the ids of what the rule looked at.

    ``note`` says what a reader has to know even when the rule is met.
    """

    id: str
    title: str
    find: Callable[[Selection, datetime], Iterator[Block]]
    evidence: Callable[[Selection], Iterable[str | None]]
    note: Callable[[LotFacts], str] = _no_note

    def source(self, basis: str) -> str:
        return source_of(self.id, basis)


def _donor_ids(selection: Selection) -> Iterator[str]:
    for source in selection.lot.sources:
        yield source.id
        if source.donor.determination is not None:
            yield source.donor.determination.id


def _parent_numbers(selection: Selection) -> Iterable[str]:
    return (ancestor.number for ancestor in selection.lot.ancestors)


def _result_ids(selection: Selection) -> Iterable[str | None]:
    return (run.result_id for item in selection.criteria for run in selection.runs_for(item))


def _counted_ids(selection: Selection) -> Iterable[str | None]:
    return _results_of(selection.counted())


def _sterility_ids(selection: Selection) -> Iterable[str | None]:
    return _results_of(selection.incubating())


def _endotoxin_ids(selection: Selection) -> Iterable[str | None]:
    return _results_of(endotoxin_runs(selection))


def _results_of(runs: Iterable[RunFacts]) -> Iterable[str | None]:
    return (run.result_id for run in runs)


def _equipment_ids(selection: Selection) -> Iterator[str]:
    for run in runs_made_here(selection):
        yield from (media.id for media in run.media)
        if run.instrument is not None:
            yield run.instrument.id
            yield from (calibration.id for calibration in run.instrument.calibrations)


def _competence_ids(selection: Selection) -> Iterator[str]:
    for run in selection.all_tested():
        yield from (training.id for training in run.training)
        if run.laboratory is not None:
            yield run.laboratory.id


def _specification_ids(selection: Selection) -> Iterator[str]:
    if selection.lot.specification is not None:
        yield selection.lot.specification.id


def _all_result_ids(selection: Selection) -> Iterator[str | None]:
    yield from _results_of(selection.lot.runs)
    yield from _results_of(selection.failing())
    yield from _results_of(selection.inherited)


def _investigation_ids(selection: Selection) -> Iterable[str]:
    return (investigation.id for investigation in selection.lot.investigations)


def _hold_ids(selection: Selection) -> Iterable[str]:
    return (hold.id for hold in selection.lot.holds)


def _changed_ids(selection: Selection) -> Iterable[str | None]:
    return (run.result_id for _, run in changed_results(selection.lot) if run)


def _lot_id(selection: Selection) -> Iterator[str]:
    yield selection.lot.id


RULES: tuple[Rule, ...] = (
    Rule("R09", "Every donor is eligible", block_donors, _donor_ids),
    Rule("R13", "Every parent lot is usable", block_parents, _parent_numbers),
    Rule("R01", "Every required test has one final, valid result", block_untested, _result_ids),
    Rule("R04", "Samples were drawn at the right stage", block_stages, _result_ids),
    Rule("R05", "Sterility tests are complete and supported", block_sterility, _sterility_ids),
    Rule("R07", "Endotoxin tests are shown to be valid", block_endotoxin, _endotoxin_ids),
    Rule("R14", "Instruments and reagents were fit for use", block_equipment, _equipment_ids),
    Rule(
        "R15", "Analysts were trained and laboratories qualified", block_competence, _competence_ids
    ),
    Rule("R02", "Every result meets its limit", block_limits, _result_ids),
    Rule(
        "R19",
        "The specification was in force first",
        block_specification,
        _specification_ids,
        note_on_specification,
    ),
    Rule("R03", "No failing result is left unresolved", block_unresolved_fails, _all_result_ids),
    Rule("R16", "A second person reviewed every result", block_unreviewed, _counted_ids),
    Rule("R20", "The lot has not expired", block_expiry, _lot_id),
    Rule("R18", "No investigation is open", block_open_investigations, _investigation_ids),
    Rule("HOLD", "No hold is open", block_open_holds, _hold_ids),
    Rule("R25", "No authority holds the lot", block_official_holds, _hold_ids),
    Rule("R29", "Nothing signed has changed since the release", block_changes, _changed_ids),
    Rule("R26", "An independent person signs", decided_at_signing, _lot_id),
)
