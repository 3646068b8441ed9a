"""The words of a calculation: formulas and their inputs, readings, methods, reportable values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from products.domain.criteria import Verdict


class InvalidAssayError(Exception):
    """The readings give no reportable value; the message says why. Never leaves the domain."""


class Formula(StrEnum):
    """How a method turns its readings into one reportable value."""

    VALUE = "value"
    MEAN = "mean"
    PARTICLE_CONCENTRATION = "particle_concentration"
    PARTICLE_TO_PROTEIN = "particle_to_protein"
    VIABILITY = "viability"
    NO_GROWTH = "no_growth"
    WORD = "word"
    VESICLE_INTEGRITY = "vesicle_integrity"
    ENDOTOXIN_KINETIC = "endotoxin_kinetic"
    ENDOTOXIN_CARTRIDGE = "endotoxin_cartridge"
    ENDOTOXIN_GEL_CLOT = "endotoxin_gel_clot"
    MARKER = "marker"
    SIZE_DISTRIBUTION = "size_distribution"


class VesselRole(StrEnum):
    """What a culture vessel was inoculated with."""

    PRODUCT = "product"
    NEGATIVE_CONTROL = "negative_control"


@dataclass(frozen=True, slots=True)
class InputField:
    """One reading that a formula needs. ``unit`` empty means the method's own unit."""

    name: str
    label: str
    unit: str
    per: Literal["replicate", "run", "vessel"]
    kind: Literal["number", "count", "word", "growth"]


_PARTICLES = InputField(
    "particles", "Particles per mL as measured", "{particles}/mL", "replicate", "number"
)
_DILUTION = InputField("dilution", "Dilution factor", "1", "run", "number")

FORMULA_INPUTS: Mapping[Formula, tuple[InputField, ...]] = MappingProxyType(
    {
        Formula.VALUE: (InputField("value", "Value", "", "replicate", "number"),),
        Formula.MEAN: (InputField("value", "Value", "", "replicate", "number"),),
        Formula.PARTICLE_CONCENTRATION: (_PARTICLES, _DILUTION),
        Formula.PARTICLE_TO_PROTEIN: (
            _PARTICLES,
            _DILUTION,
            InputField("protein", "Total protein", "ug/mL", "run", "number"),
        ),
        Formula.VIABILITY: (
            InputField("live", "Live cells counted", "{cells}", "replicate", "count"),
            InputField("dead", "Dead cells counted", "{cells}", "replicate", "count"),
        ),
        Formula.NO_GROWTH: (InputField("growth", "Growth", "{word}", "vessel", "growth"),),
        Formula.WORD: (InputField("word", "Result", "{word}", "replicate", "word"),),
    }
)


@dataclass(frozen=True, slots=True)
class ReadingFacts:
    """One raw value as printed or typed; ``role`` is a `VesselRole`, empty when there is none."""

    name: str
    text: str
    unit: str = ""
    replicate: int = 1
    vessel: str = ""
    medium: str = ""
    role: str = ""
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """What a calculation needs of a method version.

    ``media`` are those that a sterility test must use; ``lod``, ``loq`` (in the unit of what is
    quantified) and ``max_cv_percent`` are kept as entered, empty when the method states none;
    ``minimum_count`` is the number of cells that each replicate must count.
    """

    code: str
    version: int
    formula: Formula
    unit: str
    replicates: int
    incubation_hours: int | None = None
    media: tuple[str, ...] = ()
    lod: str = ""
    loq: str = ""
    max_cv_percent: str = ""
    minimum_count: int | None = None
    family: str = ""
    sensitivity: str = ""
    min_recovery_percent: str = ""
    max_recovery_percent: str = ""
    min_correlation: str = ""


@dataclass(frozen=True, slots=True)
class Reportable:
    """The reportable value of a run, unrounded.

    ``verdict`` is set when the readings alone decide (invalid, interim, pending, not comparable)
    and None when the value is to be judged. ``details`` are (name, value) pairs of what the
    calculation went through.
    """

    text: str
    unit: str
    final: bool
    verdict: Verdict | None
    reason: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RunJudgement:
    """A run's reportable value and its verdict; ``raw_text`` is unrounded, ``reported`` rounded."""

    verdict: Verdict
    raw_text: str
    reported: str
    unit: str
    final: bool
    reason: str
    details: tuple[tuple[str, str], ...] = ()
