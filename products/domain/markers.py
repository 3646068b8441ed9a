"""A marker of vesicles, or of what must not be there, beside its two controls.

A marker that is absent shows something only when the assay could have found it: without a positive
positive control there is no result, whatever the sample shows.
"""

from __future__ import annotations

from products.domain.readings import NEGATIVE, POSITIVE, InvalidAssayError, MethodFacts
from products.domain.replicates import Details, Readings, one_of, series, single
from products.domain.units import WORD

SIGNS = (POSITIVE, NEGATIVE)


def marker(method: MethodFacts, readings: Readings) -> tuple[str, str, Details]:
    """``positive`` or ``negative``, the same in every replicate.

    Raises:
        InvalidAssayError: a control did not show what it must, or the replicates differ.
    """
    signs = {one_of(reading, SIGNS) for reading in series(method, readings, "marker")}
    for name, expected in (("positive_control", POSITIVE), ("negative_control", NEGATIVE)):
        found = one_of(single(readings, name), SIGNS)
        if found != expected:
            message = f"the {name.replace('_', ' ')} is {found}, so the assay shows nothing"
            raise InvalidAssayError(message)
    if len(signs) > 1:
        message = f"the replicates differ: {', '.join(sorted(signs))}"
        raise InvalidAssayError(message)
    return signs.pop(), WORD, ()
