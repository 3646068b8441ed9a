"""Readings as an analyst would type them, and the usual ones of a good lot."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from products.demo.methods import AEROBIC, ANAEROBIC
from products.domain.readings import ReadingFacts, VesselRole
from products.domain.results import SupportFacts, SupportKind, SupportOutcome

Readings = tuple[ReadingFacts, ...]

VESSELS = (
    ("A1", AEROBIC, VesselRole.PRODUCT),
    ("N1", ANAEROBIC, VesselRole.PRODUCT),
    ("AC", AEROBIC, VesselRole.NEGATIVE_CONTROL),
    ("NC", ANAEROBIC, VesselRole.NEGATIVE_CONTROL),
)


def word(text: str) -> Readings:
    return (ReadingFacts("word", text),)


def value(text: str, unit: str = "") -> Readings:
    return (ReadingFacts("value", text, unit),)


def replicates(*texts: str) -> Readings:
    return _series("value", *texts)


def endotoxin(*texts: str, dilution: str = "10") -> Readings:
    """Found in each well of the diluted sample, EU/mL, with a spike of 0.5 wholly recovered."""
    found = (Decimal(0) if text.startswith("<") else Decimal(text) for text in texts)
    spiked = (str(Decimal("0.500") + each) for each in found)
    return (
        *_series("endotoxin", *texts),
        *_series("spiked", *spiked),
        ReadingFacts("spike_added", "0.50"),
        ReadingFacts("negative_control", "<0.005"),
        ReadingFacts("correlation", "-0.998"),
        ReadingFacts("dilution", dilution),
    )


def counts(*live_and_dead: tuple[str, str]) -> Readings:
    live, dead = zip(*live_and_dead, strict=True)
    return _series("live", *live) + _series("dead", *dead)


def particles(*texts: str, dilution: str) -> Readings:
    """Particles per mL as measured in each replicate of the diluted sample."""
    return (*_series("particles", *texts), ReadingFacts("dilution", dilution))


def ratio(*texts: str, dilution: str, protein: str) -> Readings:
    """`particles` and the total protein in ug/mL."""
    return (*particles(*texts, dilution=dilution), ReadingFacts("protein", protein))


def cultures(read_at: datetime, grown: str = "") -> Readings:
    """One look at every vessel; ``grown`` names the vessel that shows growth."""
    return tuple(
        ReadingFacts(
            "growth",
            "growth" if vessel == grown else "no growth",
            vessel=vessel,
            medium=medium,
            role=role,
            read_at=read_at,
        )
        for vessel, medium, role in VESSELS
    )


def supports(product: str, dated: datetime) -> tuple[SupportFacts, ...]:
    """Growth promotion of the media lots, and suitability of the method for the product."""
    return tuple(
        SupportFacts(kind, document, dated.date(), SupportOutcome.PASSED, "Rosa Lindqvist")
        for kind, document in (
            (SupportKind.GROWTH_PROMOTION, "DEMO-GP-0012"),
            (SupportKind.SUITABILITY, f"DEMO-SUIT-{product}"),
        )
    )


def usual(product: str, series: int) -> dict[str, Readings]:
    """What a good lot of the product reads, culture aside; ``series`` varies the numbers."""
    readings = {
        "NEB": _nebulised,
        "MSC": _msc,
        "PLA": _placental,
        "AMF": _amniotic,
        "PLR": _refilled,
    }
    return readings[product](series)


def _series(name: str, *texts: str) -> Readings:
    return tuple(ReadingFacts(name, text, replicate=n) for n, text in enumerate(texts, 1))


def _pick(series: int, *choices: Readings) -> Readings:
    return choices[series % len(choices)]


_NONE_FOUND = endotoxin("<0.005", "<0.005")


def _nebulised(series: int) -> dict[str, Readings]:
    negative, positive = word("negative"), word("positive")
    return {
        "CELLS-KARYOTYPE": word("normal; no deletions, translocations, mutations"),
        "CELLS-STR": word("no cross-contamination"),
        "HARVEST-MYCOPLASMA": negative,
        "HARVEST-VIRUS": negative,
        "BULK-MYCOPLASMA": negative,
        "BULK-VIRUS": negative,
        "BULK-50-400": _pick(series, value("97.1"), value("95.8"), value("96.4")),
        "BULK-CD9": positive,
        "BULK-CD63": positive,
        "BULK-CD81": positive,
        "BULK-CALNEXIN": negative,
        "BULK-ANTIBIOTIC": negative,
        "BULK-NFKB": word("inhibits NF-kB signalling in co-cultured cells"),
        "BULK-IMMUNE": word("inhibits Th1/2/17, promotes Treg"),
        "BULK-PROTEIN": _pick(series, replicates("41.2", "40.6"), replicates("38.9", "39.7")),
        "FINAL-MYCOPLASMA": negative,
        "FINAL-VIRUS": negative,
        "FINAL-ENDOTOXIN": _pick(series, _NONE_FOUND, endotoxin("0.006", "0.006"), _NONE_FOUND),
        "FINAL-PARTICLES": _pick(
            series,
            particles("3.31E7", "3.42E7", "3.28E7", dilution="100"),
            particles("3.05E7", "3.12E7", "2.98E7", dilution="100"),
        ),
    }


def _msc(series: int) -> dict[str, Readings]:
    return {
        "CELLS-ENDOTOXIN": _pick(series, _NONE_FOUND, endotoxin("0.007", "0.007")),
        "CELLS-MYCOPLASMA": word("negative"),
        "CELLS-VIABILITY": _pick(
            series,
            counts(("491", "9"), ("488", "11")),
            counts(("462", "14"), ("455", "17")),
            counts(("503", "21"), ("498", "18")),
        ),
        "CELLS-POSITIVE": _pick(series, value("97.3"), value("96.5"), value("98.1")),
        "CELLS-NEGATIVE": _pick(series, value("1.5"), value("0.4"), value("1.1")),
        "CELLS-TRILINEAGE": word("positive"),
        "FINAL-ENDOTOXIN": _pick(series, _NONE_FOUND, endotoxin("0.011", "0.011"), _NONE_FOUND),
        "FINAL-MYCOPLASMA": word("negative by qPCR"),
        "FINAL-MORPHOLOGY": word("non-agglomerated, saucer/cup shaped, clear membrane"),
        "FINAL-SIZE": _pick(
            series,
            replicates("128.4", "131.0", "129.7"),
            replicates("141.2", "139.8", "143.5"),
        ),
        "FINAL-CD9": word("present"),
        "FINAL-CD81": word("present"),
        "FINAL-TSG101": word("present"),
        "FINAL-GM130": word("absent"),
        "FINAL-INTEGRITY": word("particles lysed by Triton X-100"),
    }


def _placental(series: int) -> dict[str, Readings]:
    return {
        "CELLS-VIABILITY": _pick(
            series,
            counts(("441", "32"), ("436", "29")),
            counts(("470", "41"), ("458", "38")),
            counts(("417", "22"), ("425", "26")),
        ),
        "FINAL-RATIO": _pick(
            series,
            ratio("2.04E8", "2.11E8", "1.98E8", dilution="100", protein="3.4"),
            ratio("1.92E8", "1.87E8", "1.99E8", dilution="100", protein="2.9"),
            ratio("2.21E8", "2.15E8", "2.25E8", dilution="100", protein="4.1"),
        ),
        "FINAL-SIZE": _pick(
            series,
            replicates("118.2", "121.0", "119.4"),
            replicates("109.7", "111.3", "110.2"),
        ),
        "FINAL-CD63": word("positive"),
        "FINAL-ENDOTOXIN": _pick(
            series, endotoxin("0.012", "0.012"), _NONE_FOUND, endotoxin("0.009", "0.009")
        ),
        "FINAL-MYCOPLASMA": word("not detected"),
        "FINAL-APPEARANCE": word("clear, free of visible particles"),
    }


def _amniotic(series: int) -> dict[str, Readings]:
    return {
        "FINAL-PARTICLES": _pick(
            series,
            particles("3.31E7", "3.42E7", "3.28E7", dilution="100"),
            particles("3.05E7", "3.12E7", "2.98E7", dilution="100"),
        ),
        "FINAL-CD63": word("positive"),
        "FINAL-ENDOTOXIN": _pick(series, _NONE_FOUND, endotoxin("0.012", "0.012")),
    }


def _refilled(series: int) -> dict[str, Readings]:
    return {
        "FINAL-CD63": word("positive"),
        "FINAL-ENDOTOXIN": _pick(series, value("0.06"), value("0.08")),
    }
