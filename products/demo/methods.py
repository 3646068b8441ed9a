"""The methods that the demo's specifications name, and the culture media.

Publications print a method's name and little more; replicates, largest variation and the like are
our choice, and each document says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from products.domain.criteria import Category
from products.domain.methods import MethodFamily
from products.domain.readings import Formula

AEROBIC, ANAEROBIC = "aerobic bottle", "anaerobic bottle"
MEDIA = ((AEROBIC, "AB-4471"), (ANAEROBIC, "NB-2206"))
INCUBATION_HOURS = 168


@dataclass(frozen=True, slots=True)
class DemoMethod:
    """``chosen`` ends the document's text: what the method follows, and what we chose."""

    code: str
    name: str
    attribute: str
    category: Category
    instrument: str
    formula: Formula
    unit: str = "{word}"
    replicates: int = 1
    chosen: str = "demo"
    is_culture: bool = False
    loq: str = ""
    max_cv_percent: str = ""
    minimum_count: int | None = None
    family: MethodFamily | str = ""
    sensitivity: str = ""
    min_recovery_percent: str = ""
    max_recovery_percent: str = ""
    min_correlation: str = ""


SEVEN_DAYS = "incubation 168 h is our choice, as SCRT 2020 prints for its lots"

METHODS = (
    DemoMethod("KARYO", "Karyotyping", "karyotype", Category.IDENTITY, "CYT-01", Formula.WORD),
    DemoMethod(
        "STR", "Short tandem repeats", "STR profile", Category.IDENTITY, "PCR-02", Formula.WORD
    ),
    DemoMethod(
        "MYCO-QPCR",
        "Mycoplasma by qPCR",
        "mycoplasma",
        Category.SAFETY,
        "PCR-01",
        Formula.WORD,
        family=MethodFamily.QPCR,
    ),
    DemoMethod(
        "VIRUS",
        "Exogenous virus, Chinese Pharmacopoeia",
        "exogenous virus",
        Category.SAFETY,
        "PCR-01",
        Formula.WORD,
    ),
    DemoMethod(
        "CULTURE",
        "Microbial culture system",
        "sterility",
        Category.STERILITY,
        "BTA-01",
        Formula.NO_GROWTH,
        chosen=f"STTT 2025 names no system; {SEVEN_DAYS}",
        is_culture=True,
        family=MethodFamily.CULTURE,
    ),
    DemoMethod(
        "BACTALERT",
        "BacT/ALERT",
        "sterility",
        Category.STERILITY,
        "BTA-01",
        Formula.NO_GROWTH,
        chosen=SEVEN_DAYS,
        is_culture=True,
        family=MethodFamily.CULTURE,
    ),
    DemoMethod(
        "NTA-50-400",
        "Share of particles of 50 to 400 nm by NTA",
        "particles 50-400 nm",
        Category.PURITY,
        "NTA-01",
        Formula.VALUE,
        "%",
        family=MethodFamily.NTA,
    ),
    DemoMethod(
        "NTA",
        "Particle concentration by NTA",
        "particle content",
        Category.GENERAL,
        "NTA-01",
        Formula.PARTICLE_CONCENTRATION,
        "{particles}/mL",
        replicates=3,
        max_cv_percent="20",
        chosen="3 replicates, CV at most 20 %: our choice",
        family=MethodFamily.NTA,
    ),
    DemoMethod(
        "WB",
        "Western blot",
        "EV markers",
        Category.IDENTITY,
        "IMG-01",
        Formula.WORD,
        family=MethodFamily.WESTERN_BLOT,
    ),
    DemoMethod(
        "ABX-ELISA",
        "Antibiotic residue by ELISA",
        "antibiotic residue",
        Category.PURITY,
        "PLR-01",
        Formula.WORD,
        family=MethodFamily.ELISA,
    ),
    DemoMethod(
        "NFKB",
        "NF-kB luciferase reporter",
        "NF-kB inhibition",
        Category.POTENCY,
        "PLR-01",
        Formula.WORD,
    ),
    DemoMethod(
        "IMMUNE-FC",
        "Immune response by flow cytometry",
        "immune response",
        Category.POTENCY,
        "FCM-01",
        Formula.WORD,
    ),
    DemoMethod(
        "BCA",
        "Total protein by BCA",
        "total protein",
        Category.PURITY,
        "PLR-01",
        Formula.MEAN,
        "ug/mL",
        replicates=2,
        family=MethodFamily.COLORIMETRIC,
    ),
    DemoMethod(
        "LAL",
        "Endotoxin by limulus assay",
        "endotoxin",
        Category.SAFETY,
        "LAL-01",
        Formula.ENDOTOXIN_KINETIC,
        "[EU]/mL",
        replicates=2,
        chosen="kinetic plate, lambda 0.005 EU/mL, in duplicate: our choice",
        sensitivity="0.005",
        min_recovery_percent="50",
        max_recovery_percent="200",
        min_correlation="0.980",
    ),
    DemoMethod(
        "ENDO-CHP",
        "Endotoxin, Chinese Pharmacopoeia",
        "endotoxin",
        Category.SAFETY,
        "LAL-01",
        Formula.ENDOTOXIN_KINETIC,
        "[EU]/mL",
        replicates=2,
        chosen="kinetic plate, lambda 0.005 EU/mL, in duplicate: our choice",
        sensitivity="0.005",
        min_recovery_percent="50",
        max_recovery_percent="200",
        min_correlation="0.980",
    ),
    DemoMethod(
        "ENDO-STRIP",
        "Endotoxin by test strip",
        "endotoxin",
        Category.SAFETY,
        "LAL-01",
        Formula.VALUE,
        "[EU]/mL",
        chosen="a value without controls, so that the demo shows what that lacks",
    ),
    DemoMethod(
        "TRYPAN",
        "Trypan blue count",
        "viability",
        Category.VIABILITY,
        "CNT-01",
        Formula.VIABILITY,
        "%",
        replicates=2,
        minimum_count=100,
        chosen="2 replicates of at least 100 cells: our choice",
        family=MethodFamily.MICROSCOPY,
    ),
    DemoMethod(
        "FC-POSITIVE",
        "Positive markers by flow cytometry",
        "CD90/CD105/CD73/CD44",
        Category.IDENTITY,
        "FCM-01",
        Formula.VALUE,
        "%",
        chosen="reports the lowest of CD90, CD105, CD73 and CD44: our reading of one printed line",
    ),
    DemoMethod(
        "FC-NEGATIVE",
        "Negative markers by flow cytometry",
        "CD45/CD34/CD11b/HLA-DR",
        Category.IDENTITY,
        "FCM-01",
        Formula.VALUE,
        "%",
        chosen="reports the highest of CD45, CD34, CD11b and HLA-DR: our reading of one line",
    ),
    DemoMethod(
        "TRILINEAGE",
        "Osteo-, lipo- and chondrogenesis",
        "trilineage differentiation",
        Category.POTENCY,
        "MIC-01",
        Formula.WORD,
    ),
    DemoMethod(
        "TEM",
        "Electron microscopy",
        "morphology",
        Category.IDENTITY,
        "TEM-01",
        Formula.WORD,
        family=MethodFamily.MICROSCOPY,
    ),
    DemoMethod(
        "NFCM-SIZE",
        "Median size by nano-flow cytometry",
        "particle size",
        Category.PURITY,
        "NFC-01",
        Formula.MEAN,
        "nm",
        replicates=3,
        chosen="mean of 3 medians: our choice",
        family=MethodFamily.NANO_FLOW,
    ),
    DemoMethod(
        "LYSIS",
        "Lysis by Triton X-100, nano-flow cytometry",
        "membrane integrity",
        Category.VIABILITY,
        "NFC-01",
        Formula.WORD,
        family=MethodFamily.NANO_FLOW,
    ),
    DemoMethod(
        "NTA-BCA",
        "Particles per protein, NTA and BCA",
        "particle to protein ratio",
        Category.PURITY,
        "NTA-01",
        Formula.PARTICLE_TO_PROTEIN,
        "{particles}/ug",
        replicates=3,
        loq="0.5",
        max_cv_percent="20",
        chosen="our own example",
        family=MethodFamily.NTA,
    ),
    DemoMethod(
        "VISUAL", "Visual inspection", "appearance", Category.GENERAL, "VIS-01", Formula.WORD
    ),
)

BY_CODE = {method.code: method for method in METHODS}
