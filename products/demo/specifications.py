"""The specifications of the demo's products: two as printed in publications, one of our own.

Limits, stages and strict operators are the printed ones. What a publication leaves open is chosen
here and stated in the document: whether strict limits hold for rounded values, and which stage of
ours a printed stage is.
"""

from __future__ import annotations

from dataclasses import replace

from products.actions.specifications import approve_specification, draft_specification
from products.demo.house import House
from products.demo.products import MSC, NEBULISED, PLACENTAL
from products.domain.criteria import (
    Category,
    CompareOn,
    Criterion,
    LimitKind,
    Rounding,
    Stage,
)

CELLS, HARVEST = Stage.PARENT_CELLS, Stage.HARVEST
BULK, FINAL = Stage.BULK, Stage.FINAL_CONTAINER
SAFETY, PURITY = Category.SAFETY, Category.PURITY
IDENTITY, POTENCY = Category.IDENTITY, Category.POTENCY


def _words(  # noqa: PLR0917  # read as a row of the printed table
    code: str, attribute: str, category: Category, stage: Stage, method: str, word: str
) -> Criterion:
    return Criterion(
        code, attribute, category, stage, method, LimitKind.WORD, allowed_words=(word,)
    )


def _sterile(code: str, stage: Stage, method: str) -> Criterion:
    """Printed as "negative": no growth over the whole incubation."""
    return Criterion(code, "sterility", Category.STERILITY, stage, method, LimitKind.ABSENCE)


def _at_least(  # noqa: PLR0917  # as above
    code: str, attribute: str, category: Category, stage: Stage, method: str, limit: str, unit: str
) -> Criterion:
    return Criterion(
        code, attribute, category, stage, method, LimitKind.LOWER, lower=limit, unit=unit
    )


def _at_most(  # noqa: PLR0917  # as above
    code: str, attribute: str, category: Category, stage: Stage, method: str, limit: str, unit: str
) -> Criterion:
    return Criterion(
        code, attribute, category, stage, method, LimitKind.UPPER, upper=limit, unit=unit
    )


def _strict(criterion: Criterion, compare_on: CompareOn) -> Criterion:
    return replace(
        criterion,
        lower_strict=criterion.has_lower,
        upper_strict=criterion.has_upper,
        compare_on=compare_on,
    )


STTT_2025 = (
    _words(
        "CELLS-KARYOTYPE",
        "karyotype",
        IDENTITY,
        CELLS,
        "KARYO",
        "normal; no deletions, translocations, mutations",
    ),
    _words("CELLS-STR", "STR profile", IDENTITY, CELLS, "STR", "no cross-contamination"),
    _words("HARVEST-MYCOPLASMA", "mycoplasma", SAFETY, HARVEST, "MYCO-QPCR", "negative"),
    _words("HARVEST-VIRUS", "exogenous virus", SAFETY, HARVEST, "VIRUS", "negative"),
    _words("BULK-MYCOPLASMA", "mycoplasma", SAFETY, BULK, "MYCO-QPCR", "negative"),
    _words("BULK-VIRUS", "exogenous virus", SAFETY, BULK, "VIRUS", "negative"),
    _sterile("BULK-STERILITY", BULK, "CULTURE"),
    _strict(
        _at_least("BULK-50-400", "particles 50-400 nm", PURITY, BULK, "NTA-50-400", "90", "%"),
        CompareOn.UNROUNDED,
    ),
    _words("BULK-CD9", "CD9", IDENTITY, BULK, "WB", "positive"),
    _words("BULK-CD63", "CD63", IDENTITY, BULK, "WB", "positive"),
    _words("BULK-CD81", "CD81", IDENTITY, BULK, "WB", "positive"),
    _words("BULK-CALNEXIN", "calnexin (CANX)", PURITY, BULK, "WB", "negative"),
    _words("BULK-ANTIBIOTIC", "antibiotic residue", PURITY, BULK, "ABX-ELISA", "negative"),
    _words(
        "BULK-NFKB",
        "potency: NF-kB inhibition",
        POTENCY,
        BULK,
        "NFKB",
        "inhibits NF-kB signalling in co-cultured cells",
    ),
    _words(
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
    _words("FINAL-MYCOPLASMA", "mycoplasma", SAFETY, FINAL, "MYCO-QPCR", "negative"),
    _words("FINAL-VIRUS", "exogenous virus", SAFETY, FINAL, "VIRUS", "negative"),
    _sterile("FINAL-STERILITY", FINAL, "CULTURE"),
    _strict(
        _at_most("FINAL-ENDOTOXIN", "endotoxin", SAFETY, FINAL, "LAL", "0.25", "[EU]/mL"),
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
    _sterile("CELLS-STERILITY", CELLS, "BACTALERT"),
    _strict(
        _at_most("CELLS-ENDOTOXIN", "endotoxin", SAFETY, CELLS, "ENDO-CHP", "0.5", "[EU]/mL"),
        CompareOn.ROUNDED,
    ),
    _words("CELLS-MYCOPLASMA", "mycoplasma", SAFETY, CELLS, "MYCO-QPCR", "negative"),
    _at_least("CELLS-VIABILITY", "viability", Category.VIABILITY, CELLS, "TRYPAN", "90", "%"),
    _at_least("CELLS-POSITIVE", "CD90/CD105/CD73/CD44", IDENTITY, CELLS, "FC-POSITIVE", "95", "%"),
    _at_most("CELLS-NEGATIVE", "CD45/CD34/CD11b/HLA-DR", IDENTITY, CELLS, "FC-NEGATIVE", "2", "%"),
    _words(
        "CELLS-TRILINEAGE", "trilineage differentiation", POTENCY, CELLS, "TRILINEAGE", "positive"
    ),
    _sterile("FINAL-STERILITY", FINAL, "BACTALERT"),
    _strict(
        _at_most("FINAL-ENDOTOXIN", "endotoxin", SAFETY, FINAL, "ENDO-CHP", "0.5", "[EU]/mL"),
        CompareOn.ROUNDED,
    ),
    _words("FINAL-MYCOPLASMA", "mycoplasma", SAFETY, FINAL, "MYCO-QPCR", "negative by qPCR"),
    _words(
        "FINAL-MORPHOLOGY",
        "morphology",
        IDENTITY,
        FINAL,
        "TEM",
        "non-agglomerated, saucer/cup shaped, clear membrane",
    ),
    _strict(
        _at_most("FINAL-SIZE", "particle size", PURITY, FINAL, "NFCM-SIZE", "200", "nm"),
        CompareOn.ROUNDED,
    ),
    _words("FINAL-CD9", "CD9", IDENTITY, FINAL, "WB", "present"),
    _words("FINAL-CD81", "CD81", IDENTITY, FINAL, "WB", "present"),
    _words("FINAL-TSG101", "TSG101", IDENTITY, FINAL, "WB", "present"),
    _words("FINAL-GM130", "GM130", PURITY, FINAL, "WB", "absent"),
    _words(
        "FINAL-INTEGRITY",
        "membrane integrity",
        Category.VIABILITY,
        FINAL,
        "LYSIS",
        "particles lysed by Triton X-100",
    ),
)

OUR_PLACENTAL_EXAMPLE = (
    _at_least("CELLS-VIABILITY", "viability", Category.VIABILITY, CELLS, "TRYPAN", "85", "%"),
    replace(
        _at_least(
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
    _words("FINAL-CD63", "CD63", IDENTITY, FINAL, "WB", "positive"),
    _sterile("FINAL-STERILITY", FINAL, "BACTALERT"),
    _at_most("FINAL-ENDOTOXIN", "endotoxin", SAFETY, FINAL, "LAL", "0.50", "[EU]/mL"),
    _words("FINAL-MYCOPLASMA", "mycoplasma", SAFETY, FINAL, "MYCO-QPCR", "not detected"),
    _words(
        "FINAL-APPEARANCE",
        "appearance",
        Category.GENERAL,
        FINAL,
        "VISUAL",
        "clear, free of visible particles",
    ),
)

DOCUMENTS = {
    NEBULISED.code: "DEMO-SPEC-NEB v1, after Signal Transduct Target Ther 2025, "
    "s41392-025-02262-3, Table 1. Our choice: > and < hold for unrounded values; the working cell "
    "bank is tested as parent cells.",
    MSC.code: "DEMO-SPEC-MSC v1, after World J Stem Cells 2025;17(10):110445, Table 1. Our choice: "
    "< holds for rounded values; EV product is tested in the final container.",
    PLACENTAL.code: "DEMO-SPEC-PLA v1, an example of our own: not published, its limits come from "
    "no literature.",
}
CRITERIA = {
    NEBULISED.code: STTT_2025,
    MSC.code: WJSC_2025,
    PLACENTAL.code: OUR_PLACENTAL_EXAMPLE,
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
