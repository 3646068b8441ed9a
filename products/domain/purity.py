"""Particle concentration and the ratio of particles to protein (Webber and Clayton 2013).

The published bands of that ratio have gaps between them, so none is coded here: a specification
sets its own limit.
"""

from __future__ import annotations

from decimal import Decimal

from products.domain.measurements import DIVISION, Measured, number_text
from products.domain.readings import InvalidAssayError

CENSORED_RATIO = {"": "", "<": ">", ">": "<"}
"""A protein content below a bound makes the ratio lie above the bound's, and the reverse."""


def particle_concentration(mean: Decimal, dilution: Measured) -> Decimal:
    """Particles per mL of the undiluted sample.

    Raises:
        InvalidAssayError: the dilution factor is not a plain number of at least 1.
    """
    if dilution.is_censored or dilution.value < 1:
        message = f"the dilution factor {dilution.text} is not a plain number of at least 1"
        raise InvalidAssayError(message)
    return DIVISION.multiply(mean, dilution.value)


def particles_per_microgram(
    concentration: Decimal, protein: Measured, loq: Decimal | None
) -> Measured:
    """Particles per microgram of protein, both of the same sample; protein and ``loq`` in ug/mL.

    Protein below the limit of quantitation gives no number, only a lower bound of the ratio:
    particles divided by that limit. Without the bound, ever less protein would look ever purer.

    Raises:
        InvalidAssayError: protein is zero, negative or censored and the method states no limit of
            quantitation; or the limit is not above zero.
    """
    bound = _quantified(protein, loq)
    if bound.value <= 0:
        message = f"total protein of {protein.text} ug/mL: no ratio can be formed with it"
        raise InvalidAssayError(message)
    ratio = DIVISION.divide(concentration, bound.value)
    comparator = CENSORED_RATIO[bound.comparator]
    return Measured(comparator + number_text(ratio), comparator, ratio)


def _quantified(protein: Measured, loq: Decimal | None) -> Measured:
    """``protein`` as far as the method can quantify it: what lies below ``loq`` is only "< loq"."""
    if protein.comparator == ">":
        return protein
    if loq is not None:
        return protein if protein.value >= loq else Measured(f"<{number_text(loq)}", "<", loq)
    if protein.comparator == "<":
        message = (
            f"total protein is {protein.text} ug/mL and the method states no limit of "
            "quantitation, so nothing can be said about the ratio"
        )
        raise InvalidAssayError(message)
    return protein
