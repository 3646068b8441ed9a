"""What differs between two versions of a specification, criterion by criterion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

from products.domain.limits import (
    CATEGORY_LABELS,
    STAGE_LABELS,
    Criterion,
    LimitKind,
    Limits,
    Rounding,
    SatisfiedBy,
    Verdict,
)
from products.domain.measurements import EXACT
from products.domain.units import label_of


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


CHANGE_LABELS: Mapping[ChangeKind, str] = MappingProxyType(
    {
        ChangeKind.ADDED: "Added",
        ChangeKind.REMOVED: "Removed",
        ChangeKind.CHANGED: "Changed",
        ChangeKind.SAME: "Unchanged",
    }
)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """``before`` and ``after`` as shown to people; empty where nothing is stated."""

    name: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CriterionChange:
    """``fields`` are those that differ; of an added or removed criterion all that it states.

    ``effect`` is one sentence on whether less or more passes, empty when that cannot be told.
    """

    code: str
    kind: ChangeKind
    fields: tuple[FieldChange, ...]
    effect: str


KIND_LABELS: Mapping[LimitKind, str] = MappingProxyType(
    {
        LimitKind.LOWER: "lower limit",
        LimitKind.UPPER: "upper limit",
        LimitKind.RANGE: "range",
        LimitKind.PERCENT_OF_LABEL: "per cent of label claim",
        LimitKind.WORD: "allowed words",
        LimitKind.ABSENCE: "absence",
        LimitKind.REPORT_ONLY: "report only",
    }
)
ROUNDING_LABELS: Mapping[Rounding, str] = MappingProxyType(
    {
        Rounding.USP: "to the decimals of the limit",
        Rounding.EP: "to the significant figures of the limit",
    }
)
SATISFIED_LABELS: Mapping[SatisfiedBy, str] = MappingProxyType(
    {SatisfiedBy.THIS_LOT: "this lot", SatisfiedBy.PARENT: "its parent lot"}
)

FIELD_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "attribute": "Attribute",
        "category": "Category",
        "stage": "Stage",
        "method": "Method",
        "kind": "Kind of limit",
        "lower": "Lower limit",
        "upper": "Upper limit",
        "lower_strict": "Lower limit itself is refused",
        "upper_strict": "Upper limit itself is refused",
        "unit": "Unit",
        "rounding": "Rounding",
        "compare_on": "Compared",
        "allowed_words": "Allowed words",
        "required": "Required",
        "satisfied_by": "Result of",
    }
)
"""The fields in the order in which they are shown; the code is the criterion's name."""

TEXTS: Mapping[str, Callable[[Criterion], str]] = MappingProxyType(
    {
        "category": lambda one: CATEGORY_LABELS[one.category],
        "stage": lambda one: STAGE_LABELS[one.stage],
        "kind": lambda one: KIND_LABELS[one.kind],
        "lower_strict": lambda one: "yes" if one.lower_strict else "",
        "upper_strict": lambda one: "yes" if one.upper_strict else "",
        "unit": lambda one: label_of(one.unit),
        "rounding": lambda one: ROUNDING_LABELS[one.rounding] if one.is_numeric else "",
        # Where nothing was chosen, the usual way is in force.
        "compare_on": lambda one: one.compared_on or "" if one.is_numeric else "",
        "allowed_words": lambda one: ", ".join(one.allowed_words),
        "required": lambda one: "yes" if one.required else "no",
        "satisfied_by": lambda one: SATISFIED_LABELS[one.satisfied_by],
    }
)
"""How a field reads that is not shown as it is stored."""

ONLY_COMPARABLE_WITH_ITSELF = ("attribute", "method", "stage", "unit", "satisfied_by")
"""Where one of these differs, another thing is measured: nothing is tighter or looser."""

TIGHTER = "Tightened: some results that passed before would not pass now."
LOOSER = "Loosened: some results that did not pass before would pass now."
SHIFTED = (
    "Shifted: some results that passed before would not pass now, and some that did not pass "
    "before would."
)
EQUAL = "The same results pass."
EFFECTS: Mapping[tuple[bool, bool], str] = MappingProxyType(
    {(True, False): TIGHTER, (False, True): LOOSER, (True, True): SHIFTED, (False, False): EQUAL}
)
"""By whether fewer results pass, and whether more do."""

ASKED_NOW = "Tightened: a result is required now."
ASKED_NO_MORE = "Loosened: a result is no longer required."
MORE = "Tightened: one more test is asked for."
LESS = "Loosened: this test is no longer asked for."


def compare(old: Sequence[Criterion], new: Sequence[Criterion]) -> tuple[CriterionChange, ...]:
    """Every criterion of both versions, matched by code, in the order of the new document.

    A criterion that was removed stands where it stood, after the one it followed.
    """
    before = {criterion.code: criterion for criterion in old}
    after = {criterion.code: criterion for criterion in new}
    order = list(after)
    previous = None
    for code in before:
        if code not in after:
            order.insert(order.index(previous) + 1 if previous is not None else 0, code)
        previous = code
    return tuple(_change(code, before.get(code), after.get(code)) for code in order)


def _change(code: str, old: Criterion | None, new: Criterion | None) -> CriterionChange:
    changes = tuple(
        FieldChange(name, label, before, after)
        for name, label in FIELD_LABELS.items()
        if (before := _text(old, name)) != (after := _text(new, name))
    )
    if old is not None and new is not None:
        kind = ChangeKind.CHANGED if changes else ChangeKind.SAME
        return CriterionChange(code, kind, changes, _effect(old, new) if changes else "")
    if new is not None:
        return CriterionChange(code, ChangeKind.ADDED, changes, MORE if new.required else "")
    asked = old is not None and old.required
    return CriterionChange(code, ChangeKind.REMOVED, changes, LESS if asked else "")


def _text(criterion: Criterion | None, name: str) -> str:
    if criterion is None:
        return ""
    return TEXTS[name](criterion) if name in TEXTS else str(getattr(criterion, name))


def _effect(old: Criterion, new: Criterion) -> str:
    if any(getattr(old, name) != getattr(new, name) for name in ONLY_COMPARABLE_WITH_ITSELF):
        return ""
    sentences = []
    if old.required != new.required:
        sentences.append(ASKED_NOW if new.required else ASKED_NO_MORE)
    if _limit_of(old) != _limit_of(new):
        sentences.append(_effect_of_limits(old, new))
    return " ".join(filter(None, sentences))


def _limit_of(criterion: Criterion) -> tuple[object, ...]:
    """All that decides which results pass."""
    return (
        criterion.kind,
        criterion.lower,
        criterion.upper,
        criterion.lower_strict,
        criterion.upper_strict,
        criterion.rounding,
        criterion.compared_on,
        criterion.allowed_words,
    )


def _effect_of_limits(old: Criterion, new: Criterion) -> str:
    if old.kind is not new.kind and LimitKind.REPORT_ONLY in {old.kind, new.kind}:
        return TIGHTER if old.kind is LimitKind.REPORT_ONLY else LOOSER
    if old.is_numeric and new.is_numeric and old.is_of_label == new.is_of_label:
        return _effect_of_numbers(old, new)
    if {old.kind, new.kind} == {LimitKind.WORD}:
        before = {word.lower() for word in old.allowed_words}
        after = {word.lower() for word in new.allowed_words}
        return EFFECTS[bool(before - after), bool(after - before)]
    return ""


def _effect_of_numbers(old: Criterion, new: Criterion) -> str:
    before, after = Limits.of(old), Limits.of(new)
    ways = (old.compared_on, new.compared_on)
    if before is None or after is None or ways[0] is None or ways[1] is None:
        return ""
    verdicts = {
        (before.verdict(value, ways[0]), after.verdict(value, ways[1]))
        for value in _values_that_tell(before, after)
    }
    fewer = (Verdict.PASS, Verdict.FAIL) in verdicts
    more = (Verdict.FAIL, Verdict.PASS) in verdicts
    return EFFECTS[fewer, more]


def _values_that_tell(*both: Limits) -> list[Decimal]:
    """Every value at which a verdict can turn, one between each two, and one beyond either end.

    A verdict turns at a limit or half a unit of its last digit from it. Below a power of ten the
    unit of a significant figure is ten times smaller.
    """
    turns = {
        turn
        for limits in both
        for limit in (limits.lower, limits.upper)
        if limit is not None
        for turn in _turns_at(limit, limits)
    }
    inner = sorted(turns)
    between = [EXACT.divide(EXACT.add(*pair), Decimal(2)) for pair in pairwise(inner)]
    one = Decimal(1)
    return [EXACT.subtract(inner[0], one), *inner, *between, EXACT.add(inner[-1], one)]


def _turns_at(limit: Decimal, limits: Limits) -> set[Decimal]:
    last = limit.adjusted() - limits.digits + 1
    exponents = [-limits.digits] if limits.rounding is Rounding.USP else [last, last - 1]
    halves = [Decimal((sign, (5,), exponent - 1)) for exponent in exponents for sign in (0, 1)]
    return {limit, *(EXACT.add(limit, half) for half in halves)}
