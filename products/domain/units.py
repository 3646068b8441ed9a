"""The closed table of units (UCUM codes) and conversion between them.

A unit is looked up exactly; no text of a user ever reaches the unit library, which would read "pH"
as picohenry. Values convert only within one kind. Kinds that look alike stay apart: per cent,
a plain number, log10, pH and Ct; endotoxin per mL, per mg, per kg, per dose and of no denominator.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import pint

from products.domain.errors import InvalidValueError, NotComparableError
from products.domain.measurements import DIVISION, EXACT, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pint.registry import UnitRegistry


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: its UCUM code, its label for people, and the kind within which it converts.

    ``expression`` is how the unit library writes it, empty for a unit that converts into no other.
    """

    code: str
    label: str
    kind: str
    expression: str = ""


PER_VOLUME = "particles per volume"
PER_VIAL = "particles per vial"
WORD = "{word}"

UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        unit.code: unit
        for unit in (
            Unit(WORD, "", "words"),
            Unit("1", "", "number"),
            Unit("%", "%", "per cent"),
            Unit("{log10}", "log10", "log10"),
            Unit("{Ct}", "Ct", "threshold cycle"),
            Unit("[pH]", "pH", "acidity"),
            Unit("nm", "nm", "length", "nm"),
            Unit("um", "µm", "length", "um"),
            Unit("mm", "mm", "length", "mm"),
            Unit("mL", "mL", "volume", "mL"),
            Unit("uL", "µL", "volume", "uL"),
            Unit("L", "L", "volume", "L"),
            Unit("h", "h", "time"),
            Unit("pg", "pg", "mass", "pg"),
            Unit("ng", "ng", "mass", "ng"),
            Unit("ug", "µg", "mass", "ug"),
            Unit("mg", "mg", "mass", "mg"),
            Unit("g", "g", "mass", "g"),
            Unit("pg/mL", "pg/mL", "mass per volume", "pg/mL"),
            Unit("ng/mL", "ng/mL", "mass per volume", "ng/mL"),
            Unit("ug/mL", "µg/mL", "mass per volume", "ug/mL"),
            Unit("mg/mL", "mg/mL", "mass per volume", "mg/mL"),
            Unit("ng/mg", "ng/mg", "mass per mass", "ng/mg"),
            Unit("ug/mg", "µg/mg", "mass per mass", "ug/mg"),
            Unit("pg/{dose}", "pg/dose", "mass per dose", "pg/dose"),
            Unit("ng/{dose}", "ng/dose", "mass per dose", "ng/dose"),
            Unit("ug/{dose}", "µg/dose", "mass per dose", "ug/dose"),
            Unit("{particles}/mL", "particles/mL", PER_VOLUME, "particle/mL"),
            Unit("{particles}/uL", "particles/µL", PER_VOLUME, "particle/uL"),
            Unit("{particles}/{vial}", "particles/vial", PER_VIAL),
            Unit("{particles}/ug", "particles/µg", "particles per mass", "particle/ug"),
            Unit("{particles}/mg", "particles/mg", "particles per mass", "particle/mg"),
            Unit("{particles}", "particles", "particles"),
            Unit("{cells}", "cells", "cells"),
            Unit("{cells}/mL", "cells/mL", "cells per volume", "cell/mL"),
            Unit("{cells}/uL", "cells/µL", "cells per volume", "cell/uL"),
            Unit("[EU]", "EU", "endotoxin", "EU"),
            Unit("[IU]", "IU", "endotoxin", "IU"),
            Unit("[EU]/mL", "EU/mL", "endotoxin per volume", "EU/mL"),
            Unit("[IU]/mL", "IU/mL", "endotoxin per volume", "IU/mL"),
            Unit("[EU]/mg", "EU/mg", "endotoxin per mass of product", "EU/mg"),
            Unit("[IU]/mg", "IU/mg", "endotoxin per mass of product", "IU/mg"),
            Unit("[EU]/kg", "EU/kg", "endotoxin per body weight"),
            Unit("[EU]/{dose}", "EU/dose", "endotoxin per dose", "EU/dose"),
            Unit("[IU]/{dose}", "IU/dose", "endotoxin per dose", "IU/dose"),
            Unit("[EU]/{vial}", "EU/vial", "endotoxin per vial"),
            Unit("[CFU]", "CFU", "colonies"),
            Unit("[CFU]/mL", "CFU/mL", "colonies per volume", "CFU/mL"),
            Unit("[CFU]/(10.mL)", "CFU/10 mL", "colonies per volume", "CFU/cL"),
            Unit("[CFU]/(100.mL)", "CFU/100 mL", "colonies per volume", "CFU/dL"),
            Unit("mosm/kg", "mOsm/kg", "osmolality"),
            Unit("mV", "mV", "electric potential"),
            Unit("U/L", "U/L", "enzyme activity"),
        )
    }
)

DEFINITIONS = (
    *("pico- = 1e-12 = p-", "nano- = 1e-9 = n-", "micro- = 1e-6 = u-", "milli- = 1e-3 = m-"),
    *("centi- = 1e-2 = c-", "deci- = 1e-1 = d-"),
    *("metre = [length] = m", "litre = [volume] = L", "gram = [mass] = g"),
    *("particle = [particle]", "cell = [cell]", "CFU = [colony]", "dose = [dose]"),
    *("EU = [endotoxin]", "IU = EU"),
)
"""All that the library may know. One international unit of endotoxin is one endotoxin unit."""


def require_unit(code: str, field: str = "") -> Unit:
    """The unit of that exact code.

    Raises:
        InvalidValueError: with code "unknown_unit".
    """
    unit = UNITS.get(code)
    if unit is None:
        message = f"{quoted(code)} is not a unit in the table of units (UCUM codes, such as ug/mL)."
        raise InvalidValueError(message, code="unknown_unit", field=field)
    return unit


def label_of(unit: str) -> str:
    """How people write the unit; a code that is not in the table stands for itself."""
    return UNITS[unit].label if unit in UNITS else unit


def convert(
    value: Decimal, unit: str, to: str, *, fill_volume_ml: Decimal | None = None
) -> Decimal:
    """``value`` in the unit ``to``, exact wherever the factor is a finite decimal.

    ``fill_volume_ml`` is what turns particles per mL into particles per vial and back.

    Raises:
        InvalidValueError: one of the units is not in the table.
        NotComparableError: the units are of different kinds, or the fill volume is missing.
    """
    source, target = require_unit(unit), require_unit(to)
    if source.code == target.code:
        return value
    if {source.kind, target.kind} == {PER_VOLUME, PER_VIAL}:
        return _across_the_fill(value, source, target, fill_volume_ml)
    if source.kind != target.kind:
        raise NotComparableError(
            f"A value in {_named(source)} ({source.kind}) cannot be compared with one in "
            f"{_named(target)} ({target.kind})."
        )
    return _scaled(value, source, target)


def _across_the_fill(
    value: Decimal, source: Unit, target: Unit, fill_volume_ml: Decimal | None
) -> Decimal:
    if fill_volume_ml is None or fill_volume_ml <= 0:
        raise NotComparableError(
            f"A value in {source.label} can be compared with one in {target.label} only when "
            "the fill volume is on record."
        )
    per_ml = UNITS["{particles}/mL"]
    if source.kind == PER_VIAL:
        return _scaled(DIVISION.divide(value, fill_volume_ml), per_ml, target)
    return EXACT.multiply(_scaled(value, source, per_ml), fill_volume_ml)


def _scaled(value: Decimal, source: Unit, target: Unit) -> Decimal:
    if source.code == target.code:
        return value
    return EXACT.multiply(value, _factor(source.expression, target.expression))


def _named(unit: Unit) -> str:
    return unit.label or unit.code


@lru_cache(maxsize=256)
def _factor(source: str, target: str) -> Decimal:
    with localcontext(EXACT):
        factor: Decimal = _registry().Quantity(Decimal(1), source).to(target).magnitude
        return factor.normalize()


@lru_cache(maxsize=1)
def _registry() -> UnitRegistry[Decimal]:
    registry: UnitRegistry[Decimal] = pint.UnitRegistry(
        None, non_int_type=Decimal, cache_folder=None
    )
    for definition in DEFINITIONS:
        registry.define(definition)
    return registry
