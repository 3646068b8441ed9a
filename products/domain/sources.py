"""Tissue sources: the birth tissues of the field, and banks made from them."""

from __future__ import annotations

from enum import StrEnum


class TissueKind(StrEnum):
    UMBILICAL_CORD = "umbilical_cord"
    WHARTONS_JELLY = "whartons_jelly"
    PLACENTA = "placenta"
    AMNIOTIC_MEMBRANE = "amniotic_membrane"
    CHORION = "chorion"
    DECIDUA = "decidua"
    AMNIOTIC_FLUID = "amniotic_fluid"
    CORD_BLOOD = "cord_blood"


TISSUE_LABELS: dict[str, str] = {
    TissueKind.UMBILICAL_CORD: "Umbilical cord",
    TissueKind.WHARTONS_JELLY: "Wharton's jelly (umbilical cord)",
    TissueKind.PLACENTA: "Placenta",
    TissueKind.AMNIOTIC_MEMBRANE: "Amniotic membrane",
    TissueKind.CHORION: "Chorion",
    TissueKind.DECIDUA: "Decidua",
    TissueKind.AMNIOTIC_FLUID: "Amniotic fluid",
    TissueKind.CORD_BLOOD: "Cord blood",
}


class SourceForm(StrEnum):
    """The donation itself, or a cell bank made from one."""

    TISSUE = "tissue"
    MASTER_CELL_BANK = "master_cell_bank"
    WORKING_CELL_BANK = "working_cell_bank"
