"""The life of a controlled document: a method version or a specification version."""

from __future__ import annotations

from enum import StrEnum


class DocumentState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    RETIRED = "retired"


class MethodFamily(StrEnum):
    """The principle of measurement. Values of different families are never compared or mixed."""

    NTA = "nta"
    TRPS = "trps"
    NANO_FLOW = "nano_flow"
    BEAD_FLOW = "bead_flow"
    ELISA = "elisa"
    WESTERN_BLOT = "western_blot"
    COLORIMETRIC = "colorimetric"
    MICROSCOPY = "microscopy"
    CULTURE = "culture"
    QPCR = "qpcr"
    OTHER = "other"


FAMILY_LABELS: dict[str, str] = {
    MethodFamily.NTA: "Nanoparticle tracking (NTA)",
    MethodFamily.TRPS: "Resistive pulse sensing (TRPS)",
    MethodFamily.NANO_FLOW: "Nano-flow cytometry",
    MethodFamily.BEAD_FLOW: "Bead-based flow cytometry",
    MethodFamily.ELISA: "ELISA",
    MethodFamily.WESTERN_BLOT: "Western blot",
    MethodFamily.COLORIMETRIC: "Colorimetric assay",
    MethodFamily.MICROSCOPY: "Microscopy",
    MethodFamily.CULTURE: "Culture",
    MethodFamily.QPCR: "qPCR",
    MethodFamily.OTHER: "Other",
}
