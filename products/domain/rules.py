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
from products.domain.facts import LotFacts
from products.domain.rules_on_lots import (
    block_donors,
    block_expiry,
    block_open_holds,
    block_open_investigations,
    block_specification,
    decided_at_signing,
)
from products.domain.rules_on_results import (
    block_limits,
    block_stages,
    block_sterility,
    block_unresolved_fails,
    block_unreviewed,
    block_untested,
)
from products.domain.selection import incubating_runs, runs_for


@dataclass(frozen=True, slots=True)
class Rule:
    """``find`` yields the blocks at an instant; ``evidence`` the ids of what the rule looked at."""

    id: str
    title: str
    find: Callable[[LotFacts, datetime], Iterator[Block]]
    evidence: Callable[[LotFacts], Iterator[str]]

    def source(self, basis: str) -> str:
        return source_of(self.id, basis)


def _donor_ids(lot: LotFacts) -> Iterator[str]:
    for source in lot.sources:
        yield source.id
        if source.donor.determination is not None:
            yield source.donor.determination.id


def _result_ids(lot: LotFacts) -> Iterator[str]:
    for item in lot.criteria:
        yield from _known(run.result_id for run in runs_for(lot, item))


def _sterility_ids(lot: LotFacts) -> Iterator[str]:
    return _known(run.result_id for run in incubating_runs(lot))


def _specification_ids(lot: LotFacts) -> Iterator[str]:
    return _known([lot.specification.id if lot.specification else None])


def _all_result_ids(lot: LotFacts) -> Iterator[str]:
    return _known(run.result_id for run in lot.runs)


def _known(ids: Iterable[str | None]) -> Iterator[str]:
    return (item for item in ids if item is not None)


def _investigation_ids(lot: LotFacts) -> Iterator[str]:
    return (investigation.id for investigation in lot.investigations)


def _hold_ids(lot: LotFacts) -> Iterator[str]:
    return (hold.id for hold in lot.holds)


def _lot_id(lot: LotFacts) -> Iterator[str]:
    yield lot.id


RULES: tuple[Rule, ...] = (
    Rule("R09", "Every donor is eligible", block_donors, _donor_ids),
    Rule("R01", "Every required test has one final, valid result", block_untested, _result_ids),
    Rule("R04", "Samples were drawn at the right stage", block_stages, _result_ids),
    Rule("R05", "Sterility tests are complete and supported", block_sterility, _sterility_ids),
    Rule("R02", "Every result meets its limit", block_limits, _result_ids),
    Rule("R19", "The specification was in force first", block_specification, _specification_ids),
    Rule("R03", "No failing result is left unresolved", block_unresolved_fails, _all_result_ids),
    Rule("R16", "A second person reviewed every result", block_unreviewed, _all_result_ids),
    Rule("R20", "The lot has not expired", block_expiry, _lot_id),
    Rule("R18", "No investigation is open", block_open_investigations, _investigation_ids),
    Rule("HOLD", "No hold is open", block_open_holds, _hold_ids),
    Rule("R26", "An independent person signs", decided_at_signing, _lot_id),
)
