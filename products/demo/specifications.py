"""The specifications of the demo's products: two as printed in publications, one of our own.

Limits, stages and strict operators are the printed ones. What a publication leaves open is chosen
here and stated in the document: whether strict limits hold for rounded values, and which stage of
ours a printed stage is.
"""

from __future__ import annotations

from dataclasses import replace

from products.actions.specifications import approve_specification, draft_specification
from products.demo.criteria import (
    BULK,
    CELLS,
    FINAL,
    HARVEST,
    IDENTITY,
    POTENCY,
    PURITY,
    SAFETY,
    at_least,
    at_most,
    sterile,
    strict,
    words,
)
from products.demo.house import House
from products.demo.products import AMNIOTIC, MSC, NEBULISED, PLACENTAL, REFILLED
from products.domain.criteria import (
    Category,
    CompareOn,
    Criterion,
    LimitKind,
    Rounding,
    SatisfiedBy,
)

STTT_2025 = (
    words(
        "CELLS-KARYOTYPE",
        "karyotype",
        IDENTITY,
        CELLS,
        "KARYO",
        "normal; no deletions, translocations, mutations",
    ),
    words("CELLS-STR", "STR profile", IDENTITY, CELLS, "STR", "no cross-contamination"),
    words("HARVEST-MYCOPLASMA", "mycoplasma", SAFETY, HARVEST, "MYCO-QPCR", "negative"),
    words("HARVEST-VIRUS", "exogenous virus", SAFETY, HARVEST, "VIRUS", "negative"),
    words("BULK-MYCOPLASMA", "mycoplasma", SAFETY, BULK, "MYCO-QPCR", "negative"),
    words("BULK-VIRUS", "exogenous virus", SAFETY, BULK, "VIRUS", "negative"),
    sterile("BULK-STERILITY", BULK, "CULTURE"),
    strict(
        at_least("BULK-50-400", "particles 50-400 nm", PURITY, BULK, "NTA-50-400", "90", "%"),
        CompareOn.UNROUNDED,
    ),
    words("BULK-CD9", "CD9", IDENTITY, BULK, "WB", "positive"),
    words("BULK-CD63", "CD63", IDENTITY, BULK, "WB", "positive"),
    words("BULK-CD81", "CD81", IDENTITY, BULK, "WB", "positive"),
    words("BULK-CALNEXIN", "calnexin (CANX)", PURITY, BULK, "WB", "negative"),
    words("BULK-ANTIBIOTIC", "antibiotic residue", PURITY, BULK, "ABX-ELISA", "negative"),
    words(
        "BULK-NFKB",
        "potency: NF-kB inhibition",
        POTENCY,
        BULK,
        "NFKB",
        "inhibits NF-kB signalling in co-cultured cells",
    ),
    words(
        "BULK-IMMUNE",
        "potency: immune response",
        POTENCY,
        BULK,
        "IMMUNE-FC",
        "inhibits Th1/2/17, promotes Treg",
    ),
    Criterion(
        "BULK-PROTEIN",
        "total protein",
        PURITY,
        BULK,
        "BCA",
        LimitKind.REPORT_ONLY,
        unit="ug/mL",
    ),
    words("FINAL-MYCOPLASMA", "mycoplasma", SAFETY, FINAL, "MYCO-QPCR", "negative"),
    words("FINAL-VIRUS", "exogenous virus", SAFETY, FINAL, "VIRUS", "negative"),
    sterile("FINAL-STERILITY", FINAL, "CULTURE"),
    strict(
        at_most("FINAL-ENDOTOXIN", "endotoxin", SAFETY, FINAL, "LAL", "0.25", "[EU]/mL"),
        CompareOn.UNROUNDED,
    ),
    Criterion(
        "FINAL-PARTICLES",
        "particle content",
        Category.GENERAL,
        FINAL,
        "NTA",
        LimitKind.PERCENT_OF_LABEL,
        lower="80",
        upper="120",
        unit="%",
    ),
)

WJSC_2025 = (
    sterile("CELLS-STERILITY", CELLS, "BACTALERT"),
    strict(
        at_most("CELLS-ENDOTOXIN", "endotoxin", SAFETY, CELLS, "ENDO-CHP", "0.5", "[EU]/mL"),
        CompareOn.ROUNDED,
    ),
    words("CELLS-MYCOPLASMA", "mycoplasma", SAFETY, CELLS, "MYCO-QPCR", "negative"),
    at_least("CELLS-VIABILITY", "viability", Category.VIABILITY, CELLS, "TRYPAN", "90", "%"),
    at_least("CELLS-POSITIVE", "CD90/CD105/CD73/CD44", IDENTITY, CELLS, "FC-POSITIVE", "95", "%"),
    at_most("CELLS-NEGATIVE", "CD45/CD34/CD11b/HLA-DR", IDENTITY, CELLS, "FC-NEGATIVE", "2", "%"),
    words(
        "CELLS-TRILINEAGE", "trilineage differentiation", POTENCY, CELLS, "TRILINEAGE", "positive"
    ),
    sterile("FINAL-STERILITY", FINAL, "BACTALERT"),
    strict(
        at_most("FINAL-ENDOTOXIN", "endotoxin", SAFETY, FINAL, "ENDO-CHP", "0.5", "[EU]/mL"),
        CompareOn.ROUNDED,
    ),
    words("FINAL-MYCOPLASMA", "mycoplasma", SAFETY, FINAL, "MYCO-QPCR", "negative by qPCR"),
    words(
        "FINAL-MORPHOLOGY",
        "morphology",
        IDENTITY,
        FINAL,
        "TEM",
        "non-agglomerated, saucer/cup shaped, clear membrane",
    ),
    strict(
        at_most("FINAL-SIZE", "particle size", PURITY, FINAL, "NFCM-SIZE", "200", "nm"),
        CompareOn.ROUNDED,
    ),
    words("FINAL-CD9", "CD9", IDENTITY, FINAL, "WB", "present"),
    words("FINAL-CD81", "CD81", IDENTITY, FINAL, "WB", "present"),
    words("FINAL-TSG101", "TSG101", IDENTITY, FINAL, "WB", "present"),
    words("FINAL-GM130", "GM130", PURITY, FINAL, "WB", "absent"),
    words(
        "FINAL-INTEGRITY",
        "membrane integrity",
        Category.VIABILITY,
        FINAL,
        "LYSIS",
        "particles lysed by Triton X-100",
    ),
)

OUR_PLACENTAL_EXAMPLE = (
    at_least("CELLS-VIABILITY", "viability", Category.VIABILITY, CELLS, "TRYPAN", "85", "%"),
    replace(
        at_least(
            "FINAL-RATIO",
            "particle to protein ratio",
            PURITY,
            FINAL,
            "NTA-BCA",
            "4.0E9",
            "{particles}/ug",
        ),
        rounding=Rounding.EP,
    ),
    Criterion(
        "FINAL-SIZE",
        "particle size",
        PURITY,
        FINAL,
        "NFCM-SIZE",
        LimitKind.RANGE,
        lower="60",
        upper="180",
        unit="nm",
    ),
    words("FINAL-CD63", "CD63", IDENTITY, FINAL, "WB", "positive"),
    sterile("FINAL-STERILITY", FINAL, "BACTALERT"),
    at_most("FINAL-ENDOTOXIN", "endotoxin", SAFETY, FINAL, "LAL", "0.50", "[EU]/mL"),
    words("FINAL-MYCOPLASMA", "mycoplasma", SAFETY, FINAL, "MYCO-QPCR", "not detected"),
    words(
        "FINAL-APPEARANCE",
        "appearance",
        Category.GENERAL,
        FINAL,
        "VISUAL",
        "clear, free of visible particles",
    ),
)

_CD63 = words("FINAL-CD63", "CD63", IDENTITY, FINAL, "WB", "positive")
_PARTICLES = at_least(
    "FINAL-PARTICLES",
    "particle content",
    Category.GENERAL,
    FINAL,
    "NTA",
    "1.0E9",
    "{particles}/mL",
)
_ENDOTOXIN = at_most("FINAL-ENDOTOXIN", "endotoxin", SAFETY, FINAL, "LAL", "0.50", "[EU]/mL")

OUR_AMNIOTIC_EXAMPLE = (_PARTICLES, _CD63, _ENDOTOXIN)
OUR_TIGHTER_AMNIOTIC_EXAMPLE = (replace(_PARTICLES, lower="2.0E9"), _CD63, _ENDOTOXIN)
"""The second version, approved while the first lot was being tested."""

OUR_REFILLED_EXAMPLE = (
    replace(
        at_least("CELLS-VIABILITY", "viability", Category.VIABILITY, CELLS, "TRYPAN", "85", "%"),
        satisfied_by=SatisfiedBy.PARENT,
    ),
    _CD63,
    replace(_ENDOTOXIN, method="ENDO-STRIP"),
)

DOCUMENTS = {
    NEBULISED.code: "DEMO-SPEC-NEB v1, after Signal Transduct Target Ther 2025, "
    "s41392-025-02262-3, Table 1. Our choice: > and < hold for unrounded values; the working cell "
    "bank is tested as parent cells.",
    MSC.code: "DEMO-SPEC-MSC v1, after World J Stem Cells 2025;17(10):110445, Table 1. Our choice: "
    "< holds for rounded values; EV product is tested in the final container.",
    PLACENTAL.code: "DEMO-SPEC-PLA v1, an example of our own: not published, its limits come from "
    "no literature.",
    AMNIOTIC.code: "DEMO-SPEC-AMF v1, an example of our own for research: not published, its "
    "limits come from no literature.",
    REFILLED.code: "DEMO-SPEC-PLR v1, an example of our own: not published. The viability of the "
    "cells is that of the lots that it is filled from.",
}
CRITERIA = {
    NEBULISED.code: STTT_2025,
    MSC.code: WJSC_2025,
    PLACENTAL.code: OUR_PLACENTAL_EXAMPLE,
    AMNIOTIC.code: OUR_AMNIOTIC_EXAMPLE,
    REFILLED.code: OUR_REFILLED_EXAMPLE,
}


def criteria_of(product: str) -> dict[str, Criterion]:
    return {criterion.code: criterion for criterion in CRITERIA[product]}


def add_specifications(house: House) -> None:
    calendar = house.calendar
    for product, criteria in CRITERIA.items():
        draft_specification(
            house.context("quality", calendar.at(475, "10:00")),
            product=product,
            document=DOCUMENTS[product],
            effective_from=calendar.day(473),
            criteria=criteria,
        )
        approve_specification(
            house.context("quality2", calendar.at(474, "15:00"), "Limits agreed with production"),
            product=product,
            version=1,
        )


def approve_tighter_amniotic(house: House, days_ago: int) -> None:
    """Version 2, in effect from that day on."""
    calendar = house.calendar
    draft_specification(
        house.context("quality", calendar.at(days_ago, "09:00")),
        product=AMNIOTIC.code,
        document="DEMO-SPEC-AMF v2, an example of our own for research: twice the particles.",
        effective_from=calendar.day(days_ago),
        criteria=OUR_TIGHTER_AMNIOTIC_EXAMPLE,
        change_reason="The study that uses the lots needs twice the particles",
    )
    approve_specification(
        house.context("quality2", calendar.at(days_ago, "12:00"), "Limits agreed with the study"),
        product=AMNIOTIC.code,
        version=2,
    )
