"""The formulas as people find them: on their page, and by their labels."""

from __future__ import annotations

import re
from pathlib import Path

from products.domain.calculations import UNIT_OF_FORMULA
from products.domain.readings import FORMULA_INPUTS, FORMULA_LABELS, FORMULA_VERSIONS, Formula

PAGE = Path(__file__).parent.parent.parent / "docs/reference/formulas.md"


def test_the_page_of_formulas_says_what_each_needs_and_gives() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE
    )

    assert rows == [
        (
            formula.value,
            FORMULA_LABELS[formula],
            UNIT_OF_FORMULA.get(formula, "of the method"),
            ", ".join(f"`{field.name}`" for field in FORMULA_INPUTS[formula]),
        )
        for formula in Formula
    ]


def test_a_version_names_its_formula() -> None:
    assert {formula: version.split("/")[0] for formula, version in FORMULA_VERSIONS.items()} == {
        formula: formula.value for formula in Formula
    }


def test_no_formula_asks_for_one_reading_twice() -> None:
    for fields in FORMULA_INPUTS.values():
        names = [field.name for field in fields]
        assert len(set(names)) == len(names)
