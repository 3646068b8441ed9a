"""The words of a specification, and its limits as numbers with the digits they round to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from products.domain.errors import InvalidValueError
from products.domain.measurements import Measured, parse_measured
from products.domain.rounding import (
    decimals_of,
    round_to_decimals,
    round_to_significant,
    significant_figures_of,
)
from products.domain.units import label_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal


class Category(StrEnum):
    """What a test is about; results are shown in these groups."""

    PURITY = "purity"
    STERILITY = "sterility"
    SAFETY = "safety"
    VIABILITY = "viability"
    IDENTITY = "identity"
    POTENCY = "potency"
    GENERAL = "general"


CATEGORY_LABELS: Mapping[Category, str] = MappingProxyType(
    {
        Category.PURITY: "Purity",
        Category.STERILITY: "Sterility",
        Category.SAFETY: "Safety",
        Category.VIABILITY: "Viability (parent cells) / vesicle integrity",
        Category.IDENTITY: "Identity",
        Category.POTENCY: "Potency",
        Category.GENERAL: "General",
    }
)


class Stage(StrEnum):
    """Where in production a sample is drawn."""

    PARENT_CELLS = "parent_cells"
    HARVEST = "harvest"
    BULK = "bulk"
    FINAL_CONTAINER = "final_container"


STAGE_LABELS: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.PARENT_CELLS: "Parent cells",
        Stage.HARVEST: "Harvest",
        Stage.BULK: "Bulk",
        Stage.FINAL_CONTAINER: "Final container",
    }
)


class SatisfiedBy(StrEnum):
    """Whose result a criterion asks for."""

    THIS_LOT = "this_lot"
    PARENT = "parent"


class LimitKind(StrEnum):
    """How a criterion limits its attribute."""

    LOWER = "lower"
    UPPER = "upper"
    RANGE = "range"
    PERCENT_OF_LABEL = "percent_of_label"
    WORD = "word"
    ABSENCE = "absence"
    REPORT_ONLY = "report_only"


class Rounding(StrEnum):
    """To which digits a value is rounded before it is reported.

    ``USP`` (General Notices 7.20): to the decimals of the limit. ``EP`` (Ph. Eur.): to the
    significant figures of the limit.
    """

    USP = "usp"
    EP = "ep"


class CompareOn(StrEnum):
    """Whether the rounded or the unrounded value is held against the limit."""

    ROUNDED = "rounded"
    UNROUNDED = "unrounded"


class Verdict(StrEnum):
    """What is known of a run's result. Only ``PASS`` and ``REPORT_ONLY`` satisfy a criterion."""

    PENDING = "pending"
    INTERIM = "interim"
    PASS = "pass"  # noqa: S105  # a verdict is no password
    FAIL = "fail"
    INVALID = "invalid"
    INVALIDATED = "invalidated"
    INDETERMINATE = "indeterminate"
    NOT_COMPARABLE = "not_comparable"
    REPORT_ONLY = "report_only"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One acceptance criterion of a specification.

    ``lower`` and ``upper`` are kept as printed: their digits say how to round. ``unit`` is the code
    of the limit's unit (for per cent of label claim "%" or empty). ``compare_on`` None means
    rounded for inclusive limits; a strict limit has no default.
    """

    code: str
    attribute: str
    category: Category
    stage: Stage
    method: str
    kind: LimitKind
    lower: str = ""
    upper: str = ""
    lower_strict: bool = False
    upper_strict: bool = False
    unit: str = ""
    rounding: Rounding = Rounding.USP
    compare_on: CompareOn | None = None
    allowed_words: tuple[str, ...] = ()
    required: bool = True
    satisfied_by: SatisfiedBy = SatisfiedBy.THIS_LOT

    @property
    def has_lower(self) -> bool:
        return self.kind in {LimitKind.LOWER, LimitKind.RANGE, LimitKind.PERCENT_OF_LABEL}

    @property
    def has_upper(self) -> bool:
        return self.kind in {LimitKind.UPPER, LimitKind.RANGE, LimitKind.PERCENT_OF_LABEL}

    @property
    def is_numeric(self) -> bool:
        return self.has_lower or self.has_upper

    @property
    def is_of_label(self) -> bool:
        return self.kind is LimitKind.PERCENT_OF_LABEL

    @property
    def is_strict(self) -> bool:
        return (self.has_lower and self.lower_strict) or (self.has_upper and self.upper_strict)

    @property
    def compared_on(self) -> CompareOn | None:
        """As chosen; inclusive limits are compared rounded by default (USP GN 7.20)."""
        return self.compare_on or (None if self.is_strict else CompareOn.ROUNDED)

    @property
    def limit_text(self) -> str:
        """The limit as shown to people, such as "< 0.25 EU/mL"."""
        match self.kind:
            case LimitKind.WORD:
                return " or ".join(self.allowed_words)
            case LimitKind.ABSENCE:
                return "no growth" if self.category is Category.STERILITY else "not detected"
            case LimitKind.REPORT_ONLY:
                return "report"
            case LimitKind.PERCENT_OF_LABEL:
                return f"{self._bounds_text} % of label claim"
            case _:
                return f"{self._bounds_text} {label_of(self.unit)}".strip()

    @property
    def _bounds_text(self) -> str:
        if self.has_lower and self.has_upper and not self.is_strict:
            return f"{self.lower} to {self.upper}"
        sides = (
            f"{'>' if self.lower_strict else '≥'} {self.lower}" if self.has_lower else "",
            f"{'<' if self.upper_strict else '≤'} {self.upper}" if self.has_upper else "",
        )
        return " and ".join(side for side in sides if side)


@dataclass(frozen=True, slots=True)
class LabelClaim:
    """What a vial is labelled to hold, each number as entered."""

    value: str
    unit: str
    fill_volume_ml: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a numeric criterion as numbers, with the digits to which values are rounded.

    A range rounds to the digits of whichever of its limits shows more, so that there is one
    rounding and not two.
    """

    lower: Decimal | None
    upper: Decimal | None
    lower_strict: bool
    upper_strict: bool
    rounding: Rounding
    digits: int

    @staticmethod
    def of(criterion: Criterion) -> Limits | None:
        """None when the criterion is not numeric or a limit is missing or unreadable."""
        lower = plain_limit(criterion.lower) if criterion.has_lower else None
        upper = plain_limit(criterion.upper) if criterion.has_upper else None
        present = [limit for limit in (lower, upper) if limit is not None]
        if len(present) != criterion.has_lower + criterion.has_upper or not present:
            return None
        count = decimals_of if criterion.rounding is Rounding.USP else significant_figures_of
        return Limits(
            lower.value if lower else None,
            upper.value if upper else None,
            criterion.lower_strict,
            criterion.upper_strict,
            criterion.rounding,
            max(count(limit.text) for limit in present),
        )

    def rounded(self, value: Decimal) -> Decimal:
        if self.rounding is Rounding.USP:
            return round_to_decimals(value, self.digits)
        return round_to_significant(value, self.digits)

    def compared(self, value: Decimal, way: CompareOn) -> Decimal:
        return self.rounded(value) if way is CompareOn.ROUNDED else value

    def meets_lower(self, value: Decimal) -> bool:
        if self.lower is None:
            return True
        return value > self.lower if self.lower_strict else value >= self.lower

    def meets_upper(self, value: Decimal) -> bool:
        if self.upper is None:
            return True
        return value < self.upper if self.upper_strict else value <= self.upper

    def verdict(self, value: Decimal, way: CompareOn) -> Verdict:
        compared = self.compared(value, way)
        meets = self.meets_lower(compared) and self.meets_upper(compared)
        return Verdict.PASS if meets else Verdict.FAIL

    def verdict_on_bound(self, comparator: str, bound: Decimal, way: CompareOn) -> Verdict:
        """Pass when every value beyond ``bound`` lies within the limits, fail when none does.

        The bound itself is never rounded: "<0.54" does not show compliance with at most 0.5.
        """
        compared = self.compared(bound, way)
        is_exact = way is CompareOn.UNROUNDED
        if comparator == "<":
            if not self.meets_lower(compared) or (is_exact and bound == self.lower):
                return Verdict.FAIL
            is_within = self.lower is None and self.upper is not None and bound <= self.upper
        else:
            if not self.meets_upper(compared) or (is_exact and bound == self.upper):
                return Verdict.FAIL
            is_within = self.upper is None and self.lower is not None and bound >= self.lower
        return Verdict.PASS if is_within else Verdict.INDETERMINATE


def plain_limit(text: str) -> Measured | None:
    try:
        limit = parse_measured(text)
    except InvalidValueError:
        return None
    return None if limit.is_censored else limit
