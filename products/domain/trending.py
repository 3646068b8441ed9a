"""The values of each numeric attribute over the lots of a product, as the rules select them.

Every result that counts is in: a fail that was tested again stays beside the later pass. What was
replaced, retracted or invalidated counts for nothing and is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from products.domain.criteria import Criterion, LimitKind, Verdict
from products.domain.errors import DomainError
from products.domain.facts import CriterionFacts, LotFacts, RunFacts
from products.domain.limits import Limits
from products.domain.measurements import parse_measured
from products.domain.selection import Selection, effective_verdict
from products.domain.units import convert, label_of

WITHOUT_NUMBER = frozenset({LimitKind.WORD, LimitKind.ABSENCE})


@dataclass(frozen=True, slots=True)
class TrendValue:
    """One reported value in the unit of the trend; ``text`` is as reported, with its
    own unit where that is another.

    ``comparator`` is "<" or ">" for a censored value. ``origin`` is the lot it was measured on
    where that is another; ``is_current`` says that no younger run of the criterion counts.
    """

    run: str
    text: str
    comparator: str
    value: Decimal
    verdict: Verdict
    is_current: bool
    origin: str = ""


@dataclass(frozen=True, slots=True)
class TrendLot:
    """A lot in a trend, with the limits of its own specification; ``values`` the oldest first.

    ``limit_text`` is empty where its specification has no such criterion.
    """

    number: str
    specification: int
    limit_text: str = ""
    lower: Decimal | None = None
    upper: Decimal | None = None
    values: tuple[TrendValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Trend:
    """``unit`` is the code of the unit of every number in it; ``lots`` the oldest first."""

    criterion: Criterion
    unit: str
    lots: tuple[TrendLot, ...]


def trends_of(lots: Sequence[LotFacts], criteria: Sequence[CriterionFacts]) -> tuple[Trend, ...]:
    """Of each numeric criterion its values over ``lots``; without any value there is no trend.

    Values of another method, family of methods or stage are never put beside each other.
    """
    selections = [Selection(lot) for lot in lots]
    found = (
        _trend(item, selections) for item in criteria if item.criterion.kind not in WITHOUT_NUMBER
    )
    return tuple(trend for trend in found if any(lot.values for lot in trend.lots))


def _trend(item: CriterionFacts, selections: Sequence[Selection]) -> Trend:
    pairs = [(selection, _same(item, selection.lot)) for selection in selections]
    unit = "%" if item.criterion.is_of_label else item.criterion.unit or _first_unit(pairs)
    lots = tuple(_lot(selection, own, unit) for selection, own in pairs)
    return Trend(item.criterion, unit, lots)


def _same(item: CriterionFacts, lot: LotFacts) -> CriterionFacts | None:
    """The criterion of the lot's own specification that asks for the same."""
    return next((own for own in lot.criteria if _key(own) == _key(item)), None)


def _key(item: CriterionFacts) -> tuple[object, ...]:
    asked = item.criterion
    return (asked.code.casefold(), asked.method, item.family, asked.stage, asked.is_of_label)


def _first_unit(pairs: Sequence[tuple[Selection, CriterionFacts | None]]) -> str:
    """What is only reported may have no unit of its own: that of its first value."""
    runs = (run for selection, own in pairs if own for run in selection.reportable(own))
    return next((run.unit for run in runs), "")


def _lot(selection: Selection, item: CriterionFacts | None, unit: str) -> TrendLot:
    lot = selection.lot
    version = lot.specification.version if lot.specification else 0
    if item is None:
        return TrendLot(lot.number, version)
    limits = Limits.of(item.criterion)
    return TrendLot(
        lot.number,
        version,
        item.criterion.limit_text,
        _limit(limits.lower if limits else None, item.criterion, unit),
        _limit(limits.upper if limits else None, item.criterion, unit),
        tuple(_values(selection, item, unit)),
    )


def _limit(limit: Decimal | None, criterion: Criterion, unit: str) -> Decimal | None:
    if limit is None or criterion.is_of_label:
        return limit
    return _in_unit(limit, criterion.unit, unit)


def _values(selection: Selection, item: CriterionFacts, unit: str) -> Iterator[TrendValue]:
    current = {run.id for run in selection.current(item)}
    for run in selection.reportable(item):
        read = _read(run, unit)
        if read is not None:
            comparator, value = read
            yield TrendValue(
                run=run.number,
                text=run.reported
                if run.unit == unit
                else f"{run.reported} {label_of(run.unit)}".rstrip(),
                comparator=comparator,
                value=value,
                verdict=effective_verdict(run),
                is_current=run.id in current,
                origin=run.lot if run.lot != selection.lot.number else "",
            )


def _read(run: RunFacts, unit: str) -> tuple[str, Decimal] | None:
    """None for words, and for a value that cannot be brought to the unit."""
    try:
        measured = parse_measured(run.reported)
    except DomainError:
        return None
    value = _in_unit(measured.value, run.unit, unit)
    return None if value is None else (measured.comparator, value)


def _in_unit(value: Decimal, unit: str, to: str) -> Decimal | None:
    try:
        return value if unit == to else convert(value, unit, to)
    except DomainError:
        return None
