"""What a product is made under: the basis that the word "released" never appears without."""

from __future__ import annotations

from enum import StrEnum


class Basis(StrEnum):
    RESEARCH_USE_ONLY = "research_use_only"
    US_IND = "us_ind"
    EXPANDED_ACCESS = "expanded_access"
    CLINICAL_TRIAL = "clinical_trial"
    OTHER = "other"


BASIS_LABELS: dict[str, str] = {
    Basis.RESEARCH_USE_ONLY: "research use only, not for human use",
    Basis.US_IND: "investigational, under a US IND",
    Basis.EXPANDED_ACCESS: "investigational, under expanded access",
    Basis.CLINICAL_TRIAL: "investigational, under an EU or UK clinical trial authorisation",
    Basis.OTHER: "other basis",
}


class RuleProfile(StrEnum):
    """Which release rules apply to a product."""

    STRICT = "strict"
    PHASE_1_IND = "phase_1_ind"
    RESEARCH_USE_ONLY = "research_use_only"


PROFILE_LABELS: dict[str, str] = {
    RuleProfile.STRICT: "strict",
    RuleProfile.PHASE_1_IND: "Phase 1 IND",
    RuleProfile.RESEARCH_USE_ONLY: "research use only",
}


def basis_text(basis: str, reference: str) -> str:
    """The basis as shown beside every status: "investigational, under a US IND (IND 12345)"."""
    label = BASIS_LABELS.get(basis, basis)
    return f"{label} ({reference})" if reference else label
