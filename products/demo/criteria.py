"""Short ways to write the kinds of criteria that the demo's specifications have."""

from __future__ import annotations

from dataclasses import replace

from products.domain.criteria import Category, CompareOn, Criterion, LimitKind, Stage

CELLS, HARVEST = Stage.PARENT_CELLS, Stage.HARVEST
BULK, FINAL = Stage.BULK, Stage.FINAL_CONTAINER
SAFETY, PURITY = Category.SAFETY, Category.PURITY
IDENTITY, POTENCY = Category.IDENTITY, Category.POTENCY


def words(  # noqa: PLR0917  # read as a row of the printed table
    code: str, attribute: str, category: Category, stage: Stage, method: str, word: str
) -> Criterion:
    return Criterion(
        code, attribute, category, stage, method, LimitKind.WORD, allowed_words=(word,)
    )


def sterile(code: str, stage: Stage, method: str) -> Criterion:
    """Printed as "negative": no growth over the whole incubation."""
    return Criterion(code, "sterility", Category.STERILITY, stage, method, LimitKind.ABSENCE)


def at_least(  # noqa: PLR0917  # as above
    code: str, attribute: str, category: Category, stage: Stage, method: str, limit: str, unit: str
) -> Criterion:
    return Criterion(
        code, attribute, category, stage, method, LimitKind.LOWER, lower=limit, unit=unit
    )


def at_most(  # noqa: PLR0917  # as above
    code: str, attribute: str, category: Category, stage: Stage, method: str, limit: str, unit: str
) -> Criterion:
    return Criterion(
        code, attribute, category, stage, method, LimitKind.UPPER, upper=limit, unit=unit
    )


def strict(criterion: Criterion, compare_on: CompareOn) -> Criterion:
    return replace(
        criterion,
        lower_strict=criterion.has_lower,
        upper_strict=criterion.has_upper,
        compare_on=compare_on,
    )
