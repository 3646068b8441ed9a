"""One order for facts that have none, so that the same facts always give the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeVar

from products.domain.canonical import canonical_bytes
from products.domain.facts import LotFacts, RunFacts, SpecificationFacts
from products.domain.lots import FAR_FUTURE

Facts = TypeVar("Facts")


def normalised(lot: LotFacts) -> LotFacts:
    """The same facts with every tuple in one fixed order: runs oldest first, the rest by name.

    Criteria keep the order of their document, in which people read them, and a line of parents
    keeps its own, which begins with the nearest.
    """
    return replace(
        lot,
        sources=_in_order(lot.sources, _id),
        parents=tuple(sorted(lot.parents)),
        specification=lot.specification and _ordered_specification(lot.specification),
        runs=_in_order(tuple(_ordered_run(run) for run in lot.runs), _age),
        investigations=_in_order(lot.investigations, _id),
        holds=_in_order(lot.holds, _id),
        inherited=_in_order(tuple(_ordered_run(run) for run in lot.inherited), _age),
        lines=tuple(sorted(lot.lines)),
        ancestors=_in_order(lot.ancestors, lambda ancestor: ancestor.number),
        signed_results=lot.signed_results and tuple(sorted(lot.signed_results)),
    )


def _ordered_specification(specification: SpecificationFacts) -> SpecificationFacts:
    changes = _in_order(specification.changes, lambda change: change.signed_at)
    if changes is specification.changes:
        return specification
    return replace(specification, changes=changes)


def _ordered_run(run: RunFacts) -> RunFacts:
    """Most runs are in order as they come, and copying one costs more than looking."""
    instrument = run.instrument
    if instrument is not None:
        calibrations = _in_order(instrument.calibrations, _id)
        if calibrations is not instrument.calibrations:
            instrument = replace(instrument, calibrations=calibrations)
    changes: dict[str, Any] = {
        "recorder_names": _in_order(run.recorder_names, str),
        "supports": _in_order(run.supports, lambda support: support.kind),
        "method_media": _in_order(run.method_media, str),
        "training": _in_order(run.training, _id),
        "media": _in_order(run.media, _id),
        "instrument": instrument,
    }
    if all(getattr(run, name) is value for name, value in changes.items()):
        return run
    return replace(run, **changes)


def _in_order(items: tuple[Facts, ...], key: Callable[[Facts], Any]) -> tuple[Facts, ...]:
    """``items`` by ``key``, those of equal keys by their whole content; the same tuple when it is
    in that order.
    """
    if len(items) < 2:  # noqa: PLR2004 - one item is in order
        return items
    keys = [key(item) for item in items]
    if all(before < after for before, after in pairwise(keys)):
        return items
    if len(set(keys)) == len(keys):
        return tuple(sorted(items, key=key))
    return tuple(sorted(items, key=lambda item: (key(item), canonical_bytes(item))))


def _id(item: Any) -> str:
    return str(item.id)


def _age(run: RunFacts) -> tuple[datetime, datetime, str]:
    return run.first_submitted_at or FAR_FUTURE, run.performed_at, run.number
