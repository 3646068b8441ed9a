"""Specifications, methods and rule profiles at the pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from products.actions.products import assign_profile
from products.actions.specifications import draft_specification
from products.domain.criteria import Criterion, SatisfiedBy
from products.domain.panels import PANELS
from products.models import Criterion as CriterionRow
from products.models import (
    Lot,
    Method,
    MethodVersion,
    Product,
    ProfileAssignment,
    SpecificationVersion,
)
from tests.accounts import PASSWORD
from tests.admin.pages import Page, address, untouched, visitor
from tests.records import (
    ENDOTOXIN,
    VIABILITY,
    approved_method,
    approved_specification,
    context,
    lot,
    people,
    product,
    today,
)

pytestmark = [pytest.mark.django_db, pytest.mark.bare]
TIGHTER = replace(VIABILITY, lower="95.0")
INHERITED = replace(ENDOTOXIN, satisfied_by=SatisfiedBy.PARENT)


def drafting(**query: Any) -> str:
    return f"{address('specificationversion_add')}?{urlencode(query, doseq=True)}"


def filled(page: Page) -> dict[str, Any]:
    """What a browser would send of the rows as they are offered."""
    rows = page.response.context["form"].rows
    sent = {field.html_name: field.value() for field in rows.management_form}
    for row in rows.forms:
        sent |= {field.html_name: untouched(field) for field in row}
    return {name: value for name, value in sent.items() if value is not None and value is not False}


def draft(criteria: list[Criterion], reason: str = "More capable") -> SpecificationVersion:
    return draft_specification(
        context(people().quality),
        product="EXO-1",
        document="SPEC-002",
        effective_from=today(),
        criteria=criteria,
        change_reason=reason,
    )


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.code)
def test_a_panel_fills_the_criteria_and_can_be_saved(panel: Any) -> None:
    product()
    approved_method("VIA-01")
    analyst = visitor("analyst")
    where = drafting(product="EXO-1", panel=panel.code)
    offered = analyst.open(where)
    rows = filled(offered)
    methods = {f"criteria-{number}-method": "VIA-01" for number in range(len(panel.templates))}

    page = analyst.send(
        where, **(rows | methods | {"document": "SPEC-1", "effective_from": f"{today()}"})
    )

    assert panel.source in offered
    assert "Specification EXO-1 v1 is drafted." in page
    kept = list(CriterionRow.objects.values_list("code", "unit", "kind", "lower", "upper"))
    assert kept == [(one.code, one.unit, one.kind, "", "") for one in panel.templates]


def test_several_panels_fill_one_form_and_no_code_twice() -> None:
    product()

    page = visitor("analyst").open(drafting(panel=["misev_size", "misev_positive_markers"]))

    codes = [row["code"].value() for row in page.response.context["form"].rows.forms]
    assert [code for code in codes if code] == [
        "cd9",
        "cd63",
        "cd81",
        "tsg101",
        "syntenin",
        "size",
    ]


def test_a_panel_adds_no_criterion_that_the_version_before_has() -> None:
    approved_specification(criteria=[replace(VIABILITY, code="CD63")])

    page = visitor("analyst").open(
        drafting(product="EXO-1", latest="on", panel="misev_positive_markers")
    )

    codes = [row["code"].value() for row in page.response.context["form"].rows.forms]
    assert [code for code in codes if code] == ["CD63", "cd9", "cd81", "tsg101", "syntenin"]


def test_the_next_version_begins_with_the_criteria_of_the_one_before() -> None:
    approved_specification(criteria=[VIABILITY, INHERITED])
    analyst = visitor("analyst")
    where = drafting(product="EXO-1", latest="on")
    rows = filled(analyst.open(where)) | {"document": "SPEC-2", "effective_from": f"{today()}"}

    unsaid = analyst.send(where, **rows)
    page = analyst.send(where, **rows, change_reason="The process became more capable")

    assert (
        "State why product EXO-1 gets a specification after version 1."
        in (unsaid.errors["change_reason"][0])
    )
    assert unsaid.fields["document"] == "SPEC-2"
    assert "Specification EXO-1 v2 is drafted." in page
    assert "The process became more capable" in page
    assert "its parent lot" in page
    criteria = CriterionRow.objects.filter(specification__version=2).order_by("position")
    assert [(row.code, row.lower, row.satisfied_by) for row in criteria] == [
        ("viability", "90.0", "this_lot"),
        ("endotoxin", "", "parent"),
    ]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"panel": "everything"}, "There is no panel “everything”."),
        ({"product": "NOPE", "latest": "on"}, "There is no product 'NOPE'."),
        ({"product": "\x00", "latest": "on"}, "Null characters are not allowed."),
    ],
)
def test_a_beginning_that_does_not_exist_is_named(query: dict[str, str], message: str) -> None:
    page = visitor("analyst").open(drafting(**query))

    assert page.status == 200
    assert message in page
    assert filled(page)["criteria-INITIAL_FORMS"] == 0


@pytest.mark.parametrize("word", ["nobody", "PARENT"])
def test_a_criterion_that_names_no_lot_for_its_result_is_refused(word: str) -> None:
    approved_specification()
    where = drafting(product="EXO-1", latest="on")
    analyst = visitor("analyst")
    rows = filled(analyst.open(where)) | {"criteria-0-satisfied_by": word}

    page = analyst.send(where, **rows, document="SPEC-2", effective_from=f"{today()}")

    assert "Look at the criteria marked below." in page
    assert f"'{word}' is not a valid SatisfiedBy" in page
    assert SpecificationVersion.objects.count() == 1


def test_two_versions_are_compared_on_one_page() -> None:
    approved_specification(criteria=[VIABILITY, ENDOTOXIN])
    second = approved_specification(criteria=[TIGHTER])

    page = visitor("auditor").open(address("specificationversion_compare", second))

    assert "Version 1 and version 2" in page
    assert "2 of 2 differ" in page
    assert "≠ Changed" in page
    assert "Lower limit: 90.0 → 95.0" in page
    assert "Tightened: some results that passed before would not pass now." in page
    assert "Removed" in page
    assert "Loosened: this test is no longer asked for." in page
    assert "The process became more capable" in page


def test_any_other_version_can_be_compared() -> None:
    first = approved_specification(criteria=[VIABILITY])
    approved_specification(criteria=[TIGHTER])
    approved_method("END-01")
    draft([VIABILITY, ENDOTOXIN])

    page = visitor("auditor").open(address("specificationversion_compare", first), **{"with": "3"})

    assert "Version 1 and version 3" in page
    assert "+ Added" in page
    assert "1 of 2 differ" in page


@pytest.mark.parametrize("typed", ["9", "x", "²", "1", "-1", "1" * 5000])
def test_a_version_that_cannot_be_compared_is_named(typed: str) -> None:
    first = approved_specification()
    approved_specification(criteria=[TIGHTER])

    page = visitor("auditor").open(
        address("specificationversion_compare", first), **{"with": typed}
    )

    assert page.status == 200
    assert f"Product EXO-1 has no other version “{typed}”." in page


def test_a_first_version_has_none_to_be_compared_with() -> None:
    first = approved_specification()
    reader = visitor("auditor")

    page = reader.open(address("specificationversion_compare", first))
    record = reader.open(address("specificationversion_change", first))

    assert "Product EXO-1 has no other version." in page
    assert "Compare with another version: the product has no other" in record


def test_a_version_is_superseded_once_a_later_one_is_in_effect() -> None:
    first = approved_specification()
    approved_specification(criteria=[TIGHTER], effective_from=today() + timedelta(days=9))
    reader = visitor("auditor")
    before = reader.open(address("specificationversion_change", first))
    approved_specification(criteria=[TIGHTER])

    after = reader.open(address("specificationversion_change", first))
    listed = reader.open(address("specificationversion_changelist"), state="superseded")

    assert "✓ Approved" in before
    assert "∅ Superseded by version 3" in after
    assert [str(row) for row in listed.response.context["cl"].result_list] == [
        "EXO-1 v2",
        "EXO-1 v1",
    ]
    assert "∅ Superseded by version 3" in reader.open(address("product_change", product()))


@pytest.mark.parametrize("how_many", [1, 4])
def test_the_list_asks_a_bounded_number_of_questions(
    how_many: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(how_many):
        approved_specification()
    reader = visitor("auditor")

    with django_assert_max_num_queries(8):
        page = reader.open(address("specificationversion_changelist"))

    assert f"EXO-1 v{how_many}" in page


def test_a_method_states_its_family_and_its_limits_in_words() -> None:
    analyst = visitor("analyst")
    analyst.send(
        address("method_add"),
        code="LAL-01",
        name="Kinetic LAL",
        attribute="Endotoxin",
        category="safety",
        family="colorimetric",
    )
    method = Method.objects.get()

    page = analyst.send(
        address("method_draft", method),
        document="SOP-9",
        formula="endotoxin_kinetic",
        unit="[EU]/mL",
        replicates="2",
        sensitivity="0.005",
        min_recovery_percent="50",
        max_recovery_percent="200",
        min_correlation="0.980",
        max_cv_percent="10",
    )

    assert "Family Colorimetric assay" in page
    assert "Endotoxin, kinetic plate in EU/mL" in page
    assert "sensitivity 0.005 EU/mL; recovery 50 to 200 %; correlation at least 0.980" in page
    kept = MethodVersion.objects.get()
    assert (kept.min_recovery_percent, kept.max_recovery_percent) == ("50", "200")
    assert "Colorimetric assay" in analyst.open(address("method_changelist"))


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"family": "magic"}, "family", "'magic' is not one of"),
        ({"category": ""}, "category", "is not one of"),
    ],
)
def test_a_bad_method_is_refused(typed: dict[str, str], field: str, message: str) -> None:
    known = {"code": "LAL-01", "name": "LAL", "attribute": "Endotoxin", "category": "safety"}

    page = visitor("analyst").send(address("method_add"), **(known | typed))

    assert message in page.errors[field][0]
    assert page.fields["name"] == "LAL"
    assert Method.objects.count() == 0


def test_the_formulas_are_offered_in_words() -> None:
    page = visitor("analyst").open(address("method_draft", approved_method().method))

    assert "Endotoxin, cartridge with archived curve" in page
    assert "Viability of parent cells" in page
    assert "endotoxin_cartridge" not in page


def assign(profile: str, **changes: Any) -> Page:
    return visitor("quality").sign(
        address("product_profile", product()), profile=profile, **changes
    )


def test_a_profile_is_assigned_under_signature_with_what_it_leaves_out() -> None:
    page = assign("phase_1_ind", reason="One production unit; 21 CFR 210.2(c)")

    assert "Product EXO-1 has the profile Phase 1 IND." in page
    assert "What the profile leaves out the rule “No authority holds the lot” (R25)" in page
    assert "One production unit; 21 CFR 210.2(c)" in page
    assert "Quentin Quality" in page
    assert "Phase 1 IND" in visitor("auditor").open(address("product_changelist"))


def test_the_page_of_a_profile_says_what_each_leaves_out() -> None:
    page = visitor("quality").open(address("product_profile", product()))

    assert "strict (in effect) nothing: all rules apply no every basis yes" in page
    assert "the rules “Every donor is eligible” (R09); “Analysts were trained" in page
    assert "no: its basis is investigational, under a US IND" in page


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"profile": ""}, "profile", "is not one of"),
        ({"profile": "none"}, "profile", "'none' is not one of"),
        ({"profile": "research_use_only"}, "profile", "is not for the basis of product EXO-1"),
        ({"profile": "strict"}, "__all__", "has the profile strict already"),
        ({"password": "wrong"}, "password", "The password is not that of quality"),
        ({"reason": ""}, "reason", "eason"),
    ],
)
def test_a_profile_that_may_not_be_is_refused(
    typed: dict[str, str], field: str, message: str
) -> None:
    page = assign(**({"profile": "phase_1_ind"} | typed))

    assert message in page.errors[field][0]
    assert PASSWORD not in page.html
    assert ProfileAssignment.objects.count() == 0


def test_the_history_of_profiles_names_every_signer() -> None:
    product()
    assign_profile(
        context(people().quality, "First in human"), product="EXO-1", profile="phase_1_ind"
    )
    assign_profile(context(people().quality2, "Phase 2"), product="EXO-1", profile="strict")

    page = visitor("auditor").open(address("product_change", product()))

    assert page.words.index("Phase 2") < page.words.index("First in human")
    assert "Quirina Quist" in page
    assert "Quentin Quality" in page
    assert "Rule profile strict What the profile leaves out nothing: all rules apply" in page


def test_a_product_is_shown_as_strict_until_somebody_signs() -> None:
    lot()

    page = visitor("auditor").open(address("product_change", Product.objects.get()))

    assert "Nobody has assigned a profile: all rules apply (strict)." in page
    assert Lot.objects.get().product == Product.objects.get()


@pytest.mark.parametrize("how_many", [1, 4])
def test_the_list_of_products_asks_a_bounded_number_of_questions(
    how_many: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(how_many):
        product(f"EXO-{number}")
        assign_profile(context(people().quality), product=f"EXO-{number}", profile="phase_1_ind")
    reader = visitor("auditor")

    with django_assert_max_num_queries(9):
        page = reader.open(address("product_changelist"))

    assert page.words.count("Phase 1 IND") == how_many
