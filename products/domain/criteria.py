"""Acceptance criteria: what a specification asks of one attribute, and judging a value against it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    PASS = "pass"
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
    of the limit's unit. ``compare_on`` None means rounded for inclusive limits; a strict limit has
    no default.
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


@dataclass(frozen=True, slots=True)
class LabelClaim:
    """What a vial is labelled to hold, each number as entered."""

    value: str
    unit: str
    fill_volume_ml: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one value.

    ``reported`` is the rounded value with its comparator, empty when there is none; ``reason`` is
    one sentence that says what was compared.
    """

    verdict: Verdict
    reported: str
    unit: str
    reason: str
