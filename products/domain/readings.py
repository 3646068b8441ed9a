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


FORMULA_LABELS: Mapping[Formula, str] = MappingProxyType(
    {
        Formula.VALUE: "Single value",
        Formula.MEAN: "Mean of replicates",
        Formula.PARTICLE_CONCENTRATION: "Particle concentration",
        Formula.PARTICLE_TO_PROTEIN: "Particles per protein",
        Formula.VIABILITY: "Viability of parent cells",
        Formula.NO_GROWTH: "Sterility: no growth over the incubation",
        Formula.WORD: "Result in words",
        Formula.VESICLE_INTEGRITY: "Vesicle integrity",
        Formula.ENDOTOXIN_KINETIC: "Endotoxin, kinetic plate",
        Formula.ENDOTOXIN_CARTRIDGE: "Endotoxin, cartridge with archived curve",
        Formula.ENDOTOXIN_GEL_CLOT: "Endotoxin, gel clot",
        Formula.MARKER: "Marker, positive or negative",
        Formula.SIZE_DISTRIBUTION: "Size distribution: per cent in range",
    }
)

FORMULA_VERSIONS: Mapping[Formula, str] = MappingProxyType(
    {
        Formula.VALUE: "value/1",
        Formula.MEAN: "mean/1",
        Formula.PARTICLE_CONCENTRATION: "particle_concentration/1",
        Formula.PARTICLE_TO_PROTEIN: "particle_to_protein/1",
        Formula.VIABILITY: "viability/1",
        Formula.NO_GROWTH: "no_growth/1",
        Formula.WORD: "word/1",
        Formula.VESICLE_INTEGRITY: "vesicle_integrity/1",
        Formula.ENDOTOXIN_KINETIC: "endotoxin_kinetic/1",
        Formula.ENDOTOXIN_CARTRIDGE: "endotoxin_cartridge/1",
        Formula.ENDOTOXIN_GEL_CLOT: "endotoxin_gel_clot/1",
        Formula.MARKER: "marker/1",
        Formula.SIZE_DISTRIBUTION: "size_distribution/1",
    }
)
"""Kept with every result. A change that can alter a result takes the next number."""

POSITIVE = "positive"
NEGATIVE = "negative"
CLOT = "clot"
NO_CLOT = "no clot"


class VesselRole(StrEnum):
    """What a culture vessel was inoculated with."""

    PRODUCT = "product"
    NEGATIVE_CONTROL = "negative_control"


Per = Literal["replicate", "run", "vessel"]


@dataclass(frozen=True, slots=True)
class InputField:
    """One reading that a formula needs. ``unit`` empty means the method's own unit.

    ``words`` are the only ones that a reading in words may hold, empty for any. An ``optional``
    reading is recorded once or not at all.
    """

    name: str
    label: str
    unit: str
    per: Per
    kind: Literal["number", "count", "word", "growth"]
    words: tuple[str, ...] = ()
    optional: bool = False


PARTICLES_PER_ML = "{particles}/mL"
EU_PER_ML = "[EU]/mL"

_PARTICLES = InputField(
    "particles", "Particles per mL as measured", PARTICLES_PER_ML, "replicate", "number"
)
_DILUTION = InputField("dilution", "Dilution factor", "1", "run", "number")


def _sign(name: str, label: str, per: Per) -> InputField:
    return InputField(name, label, "{word}", per, "word", words=(POSITIVE, NEGATIVE))


def _gel(name: str, label: str) -> InputField:
    return InputField(name, label, "{word}", "replicate", "word", words=(CLOT, NO_CLOT))


_ENDOTOXIN = InputField(
    "endotoxin", "Endotoxin in the diluted test solution", EU_PER_ML, "replicate", "number"
)
_ENDOTOXIN_BLANK = InputField(
    "negative_control", "Endotoxin in the negative control", EU_PER_ML, "run", "number"
)
_ENDOTOXIN_AMOUNTS = (
    InputField(
        "concentration",
        "Concentration of the product, for a limit per mg",
        "mg/mL",
        "run",
        "number",
        optional=True,
    ),
    InputField(
        "dose_volume",
        "Volume of one dose, for a limit per dose",
        "mL",
        "run",
        "number",
        optional=True,
    ),
)
_INTEGRITY: tuple[tuple[str, str, Per], ...] = (
    ("before", "before the detergent", "replicate"),
    ("after", "after the detergent", "replicate"),
    ("detergent_only", "in the detergent-only control", "run"),
    ("buffer_blank", "in the buffer blank", "run"),
)
"""Each is counted at a dilution of its own."""

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
        Formula.VESICLE_INTEGRITY: (
            *(
                InputField(name, f"Particles per mL {where}", PARTICLES_PER_ML, per, "number")
                for name, where, per in _INTEGRITY
            ),
            *(
                InputField(f"{name}_dilution", f"Dilution factor {where}", "1", "run", "number")
                for name, where, _ in _INTEGRITY
            ),
        ),
        Formula.ENDOTOXIN_KINETIC: (
            _ENDOTOXIN,
            InputField(
                "spiked", "Endotoxin in the spiked test solution", EU_PER_ML, "replicate", "number"
            ),
            InputField("spike_added", "Endotoxin added as spike", EU_PER_ML, "run", "number"),
            _ENDOTOXIN_BLANK,
            InputField("correlation", "Correlation r of the standard curve", "1", "run", "number"),
            _DILUTION,
            *_ENDOTOXIN_AMOUNTS,
        ),
        Formula.ENDOTOXIN_CARTRIDGE: (
            _ENDOTOXIN,
            InputField("recovery", "Spike recovery as printed", "%", "run", "number"),
            _ENDOTOXIN_BLANK,
            _DILUTION,
            *_ENDOTOXIN_AMOUNTS,
        ),
        Formula.ENDOTOXIN_GEL_CLOT: (
            _gel("clot", "Diluted test solution"),
            _gel("positive_product_control", "Positive product control (spiked test solution)"),
            _gel("positive_control", "Positive control (spiked water)"),
            _gel("negative_control", "Negative control (water)"),
            _DILUTION,
            *_ENDOTOXIN_AMOUNTS,
        ),
        Formula.MARKER: (
            _sign("marker", "Marker", "replicate"),
            _sign("positive_control", "Positive control", "run"),
            _sign("negative_control", "Negative control", "run"),
        ),
        Formula.SIZE_DISTRIBUTION: (
            InputField("mode", "Mode of the diameter", "nm", "run", "number"),
            InputField("mean", "Mean of the diameter", "nm", "run", "number"),
            InputField("d10", "D10", "nm", "run", "number"),
            InputField("d50", "D50", "nm", "run", "number"),
            InputField("d90", "D90", "nm", "run", "number"),
            InputField(
                "percent_in_range", "Particles within the method's size range", "%", "run", "number"
            ),
        ),
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
    ``minimum_count`` is the number of cells that each replicate must count. ``sensitivity`` of an
    endotoxin method (lambda) is in EU/mL; ``min_recovery_percent`` and ``max_recovery_percent``
    bound its spike recovery, ``min_correlation`` the absolute r of its curve. ``family`` is a
    `MethodFamily`, empty when none is stated.
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
