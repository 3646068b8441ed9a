"""Panels of criteria that a specification of extracellular vesicles may begin with.

Templates name what is tested and how, after MISEV2023, never the limit: published bands are no
limits, and a site sets its own. Here too is the check that values of different principles of
measurement are not taken for one another: particles counted by NTA, TRPS and nano-flow differ by
more than any limit is wide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from products.domain.limits import STAGE_LABELS, Category, Criterion, LimitKind, Stage
from products.domain.methods import FAMILY_LABELS, MethodFamily
from products.domain.readings import NEGATIVE, PARTICLES_PER_ML, POSITIVE, Formula
from products.domain.units import UNITS, WORD

MISEV2023 = "MISEV2023 (Welsh et al., J Extracell Vesicles 2024;13:e12404)"
WEBBER_CLAYTON = "Webber and Clayton, J Extracell Vesicles 2013;2:19861"


@dataclass(frozen=True, slots=True)
class CriterionTemplate:
    """A criterion without its limit. ``families`` are the principles that can measure it."""

    code: str
    attribute: str
    category: Category
    stage: Stage
    kind: LimitKind
    unit: str
    allowed_words: tuple[str, ...]
    families: frozenset[MethodFamily]
    formula: Formula
    note: str


@dataclass(frozen=True, slots=True)
class Panel:
    code: str
    title: str
    source: str
    templates: tuple[CriterionTemplate, ...]


COUNTING = frozenset({MethodFamily.NTA, MethodFamily.TRPS, MethodFamily.NANO_FLOW})
SURFACE = frozenset(
    {
        MethodFamily.NANO_FLOW,
        MethodFamily.BEAD_FLOW,
        MethodFamily.ELISA,
        MethodFamily.WESTERN_BLOT,
    }
)
LYSED = frozenset({MethodFamily.ELISA, MethodFamily.WESTERN_BLOT})


def _marker(
    code: str, name: str, word: str, families: frozenset[MethodFamily], note: str
) -> CriterionTemplate:
    return CriterionTemplate(
        code=code,
        attribute=name,
        category=Category.IDENTITY if word == POSITIVE else Category.PURITY,
        stage=Stage.BULK,
        kind=LimitKind.WORD,
        unit=WORD,
        allowed_words=(word,),
        families=families,
        formula=Formula.MARKER,
        note=note,
    )


_SURFACE_NOTE = "Tetraspanin on the surface of vesicles. State the controls that the method uses."
_CYTOSOL_NOTE = "Inside the vesicles: the vesicles are lysed or permeabilised first."
_CELL_NOTE = (
    "Of other compartments of the cell. The positive control is a lysate of the parent cells; "
    "unless it is positive the result is invalid."
)
_CO_ISOLATED_NOTE = (
    "Isolated together with vesicles, from serum or plasma. The positive control holds the "
    "protein; unless it is positive the result is invalid."
)

PANELS: tuple[Panel, ...] = (
    Panel(
        "misev_positive_markers",
        "Positive markers of vesicles",
        MISEV2023,
        (
            _marker("cd9", "CD9", POSITIVE, SURFACE, _SURFACE_NOTE),
            _marker("cd63", "CD63", POSITIVE, SURFACE, _SURFACE_NOTE),
            _marker("cd81", "CD81", POSITIVE, SURFACE, _SURFACE_NOTE),
            _marker("tsg101", "TSG101", POSITIVE, LYSED, _CYTOSOL_NOTE),
            _marker("syntenin", "Syntenin-1", POSITIVE, LYSED, _CYTOSOL_NOTE),
        ),
    ),
    Panel(
        "misev_negative_markers",
        "Negative markers with their controls",
        MISEV2023,
        (
            _marker("calnexin", "Calnexin", NEGATIVE, LYSED, _CELL_NOTE),
            _marker("gm130", "GM130", NEGATIVE, LYSED, _CELL_NOTE),
            _marker("albumin", "Albumin", NEGATIVE, LYSED, _CO_ISOLATED_NOTE),
            _marker("apoa1", "ApoA1", NEGATIVE, LYSED, _CO_ISOLATED_NOTE),
        ),
    ),
    Panel(
        "misev_size",
        "Size distribution",
        MISEV2023,
        (
            CriterionTemplate(
                "size",
                attribute="Particles in the size range",
                category=Category.IDENTITY,
                stage=Stage.BULK,
                kind=LimitKind.LOWER,
                unit="%",
                allowed_words=(),
                families=COUNTING,
                formula=Formula.SIZE_DISTRIBUTION,
                note="The method states the range; mode, mean, D10, D50 and D90 are kept beside.",
            ),
        ),
    ),
    Panel(
        "particle_to_protein",
        "Particles per protein",
        f"{MISEV2023}; {WEBBER_CLAYTON}",
        (
            CriterionTemplate(
                "particle_to_protein",
                attribute="Particles per protein",
                category=Category.PURITY,
                stage=Stage.BULK,
                kind=LimitKind.LOWER,
                unit="{particles}/ug",
                allowed_words=(),
                families=COUNTING,
                formula=Formula.PARTICLE_TO_PROTEIN,
                note=(
                    "Particles and protein of the same sample. The published bands have gaps "
                    "between them and are no limit."
                ),
            ),
        ),
    ),
)

PARTICLE_FORMULAS = frozenset(
    {
        Formula.PARTICLE_CONCENTRATION,
        Formula.PARTICLE_TO_PROTEIN,
        Formula.VESICLE_INTEGRITY,
        Formula.SIZE_DISTRIBUTION,
    }
)
PARTICLE_KINDS = frozenset(
    UNITS[code].kind
    for code in (PARTICLES_PER_ML, "{particles}/{vial}", "{particles}/ug", "{particles}", "nm")
)


def family_defects(
    criteria: Sequence[Criterion],
    families: Mapping[str, MethodFamily | str],
    formulas: Mapping[str, Formula],
) -> tuple[str, ...]:
    """Where the criteria of one specification would take one principle for another.

    ``families`` and ``formulas`` are by method code; "" or none is no family stated. A criterion of
    particles or sizes needs a method of a stated family, and no two of them ask for one attribute
    at one stage by different families: their values are not comparable, so each is an attribute of
    its own.
    """
    counted = [one for one in criteria if _counts_or_sizes(one, formulas)]
    return (*_unstated(counted, families), *_mixed(counted, families))


def _counts_or_sizes(criterion: Criterion, formulas: Mapping[str, Formula]) -> bool:
    unit = UNITS.get(criterion.unit)
    is_of_particles = unit is not None and unit.kind in PARTICLE_KINDS
    return is_of_particles or formulas.get(criterion.method) in PARTICLE_FORMULAS


def _unstated(
    criteria: Sequence[Criterion], families: Mapping[str, MethodFamily | str]
) -> Iterator[str]:
    for criterion in criteria:
        if not families.get(criterion.method):
            yield (
                f"The criterion {criterion.code} counts or sizes particles, and method "
                f"{criterion.method} states no family (NTA, TRPS, nano-flow). Name a method "
                "that states one."
            )


def _label(family: MethodFamily | str) -> str:
    return FAMILY_LABELS.get(family, str(family))


def _mixed(
    criteria: Sequence[Criterion], families: Mapping[str, MethodFamily | str]
) -> Iterator[str]:
    groups: dict[tuple[str, Stage], list[Criterion]] = defaultdict(list)
    for criterion in criteria:
        if families.get(criterion.method):
            attribute = " ".join(criterion.attribute.casefold().split())
            groups[attribute, criterion.stage].append(criterion)
    for group in groups.values():
        if len({families[one.method] for one in group}) > 1:
            named = ", ".join(
                f"{one.code} by {_label(families[one.method])} ({one.method})" for one in group
            )
            yield (
                f"{group[0].attribute} ({STAGE_LABELS[group[0].stage].lower()}) is asked for by "
                f"methods of different families: {named}. Their values are not comparable. Keep "
                "one, or give each an attribute of its own that names its family."
            )
