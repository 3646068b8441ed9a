"""The size distribution of one run, reported as the per cent of particles in the method's range."""

from __future__ import annotations

from products.domain.measurements import Measured, number_text
from products.domain.readings import InvalidAssayError, MethodFacts
from products.domain.replicates import Details, Readings, in_unit, single

DIAMETERS = ("mode", "mean", "d10", "d50", "d90")


def size_distribution(_: MethodFacts, readings: Readings) -> tuple[str, str, Details]:
    """Raises:
    InvalidAssayError: a diameter that none can be, quantiles out of order, or a part of the
        particles outside 0 to 100 %.
    """
    sizes = {name: in_unit(single(readings, name), "nm") for name in DIAMETERS}
    for name, size in sizes.items():
        if size.is_censored or size.value <= 0:
            message = f"{name}: {size.text} is not a measured diameter"
            raise InvalidAssayError(message)
    if not sizes["d10"].value <= sizes["d50"].value <= sizes["d90"].value:
        quantiles = ", ".join(f"{name.upper()} {sizes[name].text}" for name in DIAMETERS[2:])
        message = f"D10, D50 and D90 do not follow one another: {quantiles}"
        raise InvalidAssayError(message)
    part: Measured = in_unit(single(readings, "percent_in_range"), "%")
    if part.is_censored or not 0 <= part.value <= 100:  # noqa: PLR2004  # per cent
        message = f"{part.text} is not a part between 0 and 100 % of the particles"
        raise InvalidAssayError(message)
    return (
        part.text,
        "%",
        tuple((f"{name}_nm", number_text(sizes[name].value)) for name in DIAMETERS),
    )
