"""Templates of criteria, and that principles of measurement are not taken for one another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from products.domain.calculations import UNIT_OF_FORMULA, Formula
from products.domain.criteria import Criterion, LimitKind, Stage, check_criterion
from products.domain.methods import MethodFamily
from products.domain.panels import PANELS, CriterionTemplate, family_defects
from tests.domain.test_criteria import CONTENT, ENDOTOXIN, MARKER, SIZE, VIABILITY

TEMPLATES = [template for panel in PANELS for template in panel.templates]
PARTICLES = replace(
    VIABILITY,
    code="particles",
    attribute="Particle concentration",
    method="M-NTA",
    lower="1E10",
    unit="{particles}/mL",
)
FAMILIES = {
    "M-NTA": MethodFamily.NTA,
    "M-TRPS": MethodFamily.TRPS,
    "M-FLOW": MethodFamily.NANO_FLOW,
    "LAL": "",
}
FORMULAS = {
    "M-NTA": Formula.PARTICLE_CONCENTRATION,
    "M-TRPS": Formula.PARTICLE_CONCENTRATION,
    "M-FLOW": Formula.PARTICLE_CONCENTRATION,
    "LAL": Formula.ENDOTOXIN_KINETIC,
}


def criterion_from(template: CriterionTemplate) -> Criterion:
    return Criterion(
        code=template.code,
        attribute=template.attribute,
        category=template.category,
        stage=template.stage,
        method="M",
        kind=template.kind,
        unit=template.unit,
        allowed_words=template.allowed_words,
    )


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.code)
def test_a_template_lacks_its_limit_and_nothing_else(template: CriterionTemplate) -> None:
    found = check_criterion(criterion_from(template))

    assert found == (("The lower limit is missing.",) if template.kind is LimitKind.LOWER else ())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.code)
def test_a_template_fits_the_formula_it_names(template: CriterionTemplate) -> None:
    assert UNIT_OF_FORMULA[template.formula] == template.unit
    assert template.families
    assert template.note


def test_the_panels_ask_for_what_misev2023_asks() -> None:
    markers = {
        panel.code: {(one.attribute, one.allowed_words) for one in panel.templates}
        for panel in PANELS
    }

    assert markers["misev_positive_markers"] == {
        (name, ("positive",)) for name in ("CD9", "CD63", "CD81", "TSG101", "Syntenin-1")
    }
    assert markers["misev_negative_markers"] == {
        (name, ("negative",)) for name in ("Calnexin", "GM130", "Albumin", "ApoA1")
    }
    assert set(markers) > {"misev_size", "particle_to_protein"}


def test_no_code_is_used_twice() -> None:
    codes = [template.code for template in TEMPLATES]

    assert len(set(codes)) == len(codes)
    assert len({panel.code for panel in PANELS}) == len(PANELS)


def test_criteria_of_one_family_have_no_defect() -> None:
    size = replace(SIZE, method="M-NTA")
    content = replace(CONTENT, attribute=PARTICLES.attribute, method="M-NTA")

    assert family_defects((PARTICLES, size, content, ENDOTOXIN, MARKER), FAMILIES, FORMULAS) == ()


@pytest.mark.parametrize(
    ("criterion", "formula"),
    [
        (PARTICLES, Formula.VALUE),
        (replace(PARTICLES, unit="{particles}/ug"), Formula.VALUE),
        (replace(PARTICLES, unit="{particles}/{vial}"), Formula.VALUE),
        (SIZE, Formula.VALUE),
        (CONTENT, Formula.PARTICLE_CONCENTRATION),
        (VIABILITY, Formula.SIZE_DISTRIBUTION),
        (VIABILITY, Formula.VESICLE_INTEGRITY),
    ],
)
@pytest.mark.parametrize("families", [{"M": ""}, {}])
def test_particles_and_sizes_need_a_method_whose_family_is_stated(
    criterion: Criterion, formula: Formula, families: dict[str, str]
) -> None:
    [defect] = family_defects((replace(criterion, method="M"),), families, {"M": formula})

    assert criterion.code in defect
    assert "method M states no family" in defect


@pytest.mark.parametrize("criterion", [ENDOTOXIN, MARKER, VIABILITY, replace(PARTICLES, unit="x")])
def test_other_criteria_need_no_family(criterion: Criterion) -> None:
    assert family_defects((replace(criterion, method="M"),), {}, {}) == ()


@pytest.mark.parametrize(
    ("method", "label"),
    [("M-TRPS", "Resistive pulse sensing (TRPS)"), ("M-FLOW", "Nano-flow cytometry")],
)
def test_one_attribute_is_not_asked_for_by_methods_of_different_families(
    method: str, label: str
) -> None:
    second = replace(PARTICLES, code="again", attribute="particle  Concentration", method=method)

    [defect] = family_defects((PARTICLES, second), FAMILIES, FORMULAS)

    assert f"particles by Nanoparticle tracking (NTA) (M-NTA), again by {label}" in defect
    assert "Their values are not comparable." in defect


@pytest.mark.parametrize(
    "second",
    [
        replace(PARTICLES, code="again", method="M-TRPS", attribute="Particles (TRPS)"),
        replace(PARTICLES, code="again", method="M-TRPS", stage=Stage.HARVEST),
        replace(PARTICLES, code="again", method="M-OTHER-NTA"),
    ],
)
def test_an_attribute_of_its_own_keeps_the_families_apart(second: Criterion) -> None:
    families = FAMILIES | {"M-OTHER-NTA": MethodFamily.NTA}

    assert family_defects((PARTICLES, second), families, FORMULAS) == ()


def test_a_family_nobody_knows_is_named_as_it_is() -> None:
    second = replace(PARTICLES, code="again", method="M-TRPS")

    [defect] = family_defects((PARTICLES, second), {**FAMILIES, "M-TRPS": "sonar"}, FORMULAS)

    assert "again by sonar (M-TRPS)" in defect
