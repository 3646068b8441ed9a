"""Quality's later decisions at the pages: recall, acknowledgement, official holds, other limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from products.actions.amendments import correct_run
from products.actions.dispositions import acknowledge_changes, recall_lot, release_lot
from products.actions.products import assign_profile
from products.actions.reviews import review_results
from products.actions.specification_changes import change_lot_specification
from products.actions.specifications import approve_specification, draft_specification
from products.domain.criteria import SatisfiedBy
from products.models import Acknowledgement, Hold, Lot, Run, SpecificationVersion
from tests.admin.pages import CONFIRMED, Page, address, the_lot, visitor
from tests.records import (
    VIABILITY,
    context,
    counted,
    lot,
    people,
    product,
    submitted_run,
    today,
)

pytestmark = pytest.mark.django_db
NUMBER = "EV-26-001"


def released(number: str = NUMBER) -> Run:
    lot(number)
    run = submitted_run(lot=number).run
    review_results(context(people().reviewer), lot=number, runs=[run.number])
    release_lot(context(people().quality), lot=number)
    return run


def corrected(run: Run) -> None:
    correct_run(
        context(people().analyst, "Typing slip"),
        run=run.number,
        readings=counted("972"),
        source_document="Notebook 7, page 12",
    )


def stricter(lower: str = "99.0", code: str = VIABILITY.code) -> SpecificationVersion:
    drafted = draft_specification(
        context(people().quality),
        product="EXO-1",
        document="SPEC-002",
        effective_from=today(),
        criteria=[replace(VIABILITY, lower=lower, code=code)],
        change_reason="Tighter limit",
    )
    return approve_specification(
        context(people().quality), product="EXO-1", version=drafted.version
    )


def lot_page(reader: str = "auditor", number: str = NUMBER) -> Page:
    return visitor(reader).open(address("lot_change", the_lot(number)))


def test_a_released_lot_is_recalled_and_says_since_when_and_why() -> None:
    released()

    page = visitor("quality").sign(address("lot_recall", the_lot()), reason="Glass in a vial")

    assert f"Lot {NUMBER} was recalled on 20" in page
    assert "having been released on 20" in page
    assert "Reason: Glass in a vial" in page
    assert "↩ Recalled" in page


def test_a_lot_that_was_never_released_is_not_recalled() -> None:
    lot()
    quality = visitor("quality")

    page = quality.open(address("lot_change", the_lot()))
    refused = quality.sign(address("lot_recall", the_lot()))

    assert "Recall: the lot was never released." in page
    assert "was never released and is not recalled. Reject it instead." in refused


def test_the_page_of_a_recall_lists_what_was_made_from_the_lot() -> None:
    released()
    lot("EV-26-002", parents=[NUMBER], sources=[])

    page = visitor("quality").open(address("lot_recall", the_lot()))

    assert "Lots made from it EV-26-002 □ Quarantine" in page


def test_a_recalled_parent_shows_on_the_page_of_the_child() -> None:
    released()
    lot("EV-26-002", parents=[NUMBER], sources=[])
    recall_lot(context(people().quality), lot=NUMBER)

    page = lot_page(number="EV-26-002")

    assert f"Made from lots {NUMBER} ↩ Recalled" in page
    assert "Made into lots EV-26-002" in lot_page()


def test_what_changed_since_release_is_listed_and_acknowledged() -> None:
    corrected(released())
    quality = visitor("quality")

    before = quality.open(address("lot_change", the_lot()))
    page = quality.sign(address("lot_acknowledge", the_lot()), reason="Seen, still in limits")

    assert "Changed since release" in before
    assert "was corrected: pass, 98.2 % became pass, 98.2 %" in before
    assert "Quality has not acknowledged 2 of these changes." in before
    assert f"The changes of lot {NUMBER} are acknowledged." in page
    assert "Quality has not acknowledged" not in page
    assert "Seen, still in limits" in page
    assert Acknowledgement.objects.count() == 1


def test_a_lot_to_which_nothing_happened_has_nothing_to_acknowledge() -> None:
    released()
    quality = visitor("quality")

    page = quality.open(address("lot_change", the_lot()))
    refused = quality.sign(address("lot_acknowledge", the_lot()))

    assert "Changed since release" not in page
    assert "Acknowledge changes: nothing changed since the release" in page
    assert "Nothing changed on lot" in refused


def test_a_change_after_an_acknowledgement_is_told_apart() -> None:
    run = released()
    corrected(run)
    acknowledge_changes(context(people().quality), lot=NUMBER)
    correct_run(
        context(people().analyst, "Another slip"),
        run=run.number,
        readings=counted("962"),
        source_document="Notebook 7, page 13",
    )

    page = lot_page()

    assert "since the last acknowledgement" in page
    assert "Quality has not acknowledged" in page


def test_an_official_hold_names_its_authority_and_is_lifted_with_its_document() -> None:
    lot()
    quality = visitor("quality")

    held = quality.sign(
        address("lot_hold", the_lot()), kind="official", reference="CBER 26-4", reason="Samples"
    )
    refused = quality.sign(address("lot_lift_hold", the_lot()))
    lifted = quality.sign(address("lot_lift_hold", the_lot()), reference="Release letter 9")

    assert "on hold, by an authority, under the basis" in held
    assert "official, reference CBER 26-4" in held
    assert (
        "Name the document by which the authority released the lot."
        in refused.errors["reference"][0]
    )
    assert "(reference Release letter 9)" in lifted
    assert "Reference of the authority CBER 26-4" in quality.open(
        address("hold_change", Hold.objects.get())
    )


def test_a_hold_is_of_the_site_unless_told() -> None:
    lot()

    visitor("analyst").sign(address("lot_hold", the_lot()))

    assert Hold.objects.get().kind == "site"


def test_another_specification_version_keeps_both_verdicts() -> None:
    lot()
    submitted_run()
    stricter()

    page = visitor("quality").sign(
        address("lot_change_specification", the_lot()),
        version="2",
        reason="Data of the new assay",
    )

    assert f"Lot {NUMBER} is bound to specification version 2." in page
    assert "Under specification version 1: pass; under specification version 2: fail." in page
    assert "The fail counts." in page
    assert "1 → 2 Data of the new assay Quentin Quality" in page


def test_a_laxer_version_turns_no_fail_green() -> None:
    lot()
    submitted_run(readings=counted("820", "180"))
    stricter("80.0")
    change_lot_specification(context(people().quality), lot=NUMBER, version=2)

    page = lot_page()

    assert "✕ Fail" in page
    assert "Under specification version 1: fail; under specification version 2: pass." in page
    assert "The fail counts." in page


def test_the_signer_sees_what_the_version_changes_for_this_lot() -> None:
    lot()
    run = submitted_run().run
    stricter()

    page = visitor("quality").open(address("lot_change_specification", the_lot()))

    assert f"Bind lot {NUMBER} to specification version 2" in page
    assert "≠ Changed against version 1" in page
    assert "Lower limit: 90.0 → 99.0" in page
    assert f"of run {run.number} ≠ Another verdict" in page
    assert "Verdict: pass → fail" in page


def test_each_difference_is_confirmed_before_the_change_is_signed() -> None:
    lot()
    run = submitted_run().run
    stricter()

    page = visitor("quality").sign(address("lot_change_specification", the_lot()), confirmed=None)

    assert "you have not confirmed the document; " in page
    assert f" of run {run.number}. Look at each" in page
    assert Lot.objects.get().specification.version == 1


def test_a_result_that_the_version_has_no_criterion_for_is_not_judged_again() -> None:
    lot()
    submitted_run()
    stricter(code="viability_dye")

    page = visitor("quality").open(address("lot_change_specification", the_lot()))

    assert "≠ Removed against version 1" in page
    assert "≠ Not judged again" in page
    assert "Version 2 has no such criterion." in page


def test_among_several_versions_none_is_chosen_for_the_signer() -> None:
    lot()
    stricter()
    stricter("99.0")
    place = address("lot_change_specification", the_lot())

    page = visitor("quality").sign(place)

    assert "Choose the version to see what it changes for this lot" in page
    assert Lot.objects.get().specification.version == 1
    assert "specification version 3" in visitor("quality").open(place, version="3")


@pytest.mark.parametrize("version", ["1", "4", "x"])
def test_a_version_that_is_not_offered_is_named(version: str) -> None:
    lot()
    stricter()

    page = visitor("quality").open(address("lot_change_specification", the_lot()), version=version)

    assert f"has no other approved version “{version}”" in page


def test_a_form_signs_for_the_version_that_it_showed() -> None:
    lot()
    stricter()
    quality = visitor("quality")
    page = quality.open(address("lot_change_specification", the_lot()))
    shown = {"version": page.fields["version"], "confirmed": CONFIRMED.findall(page.html)}
    stricter("99.0")
    of_another = address("lot_change_specification", the_lot()) + "?version=3"

    unconfirmed = quality.sign(of_another, version=shown["version"])
    assert "you have not confirmed the document" in unconfirmed
    quality.sign(of_another, **shown)

    assert Lot.objects.get().specification.version == 2


def test_who_approves_nothing_does_not_choose_a_version() -> None:
    lot()
    stricter()
    stricter("99.0")

    assert visitor("analyst").open(address("lot_change_specification", the_lot())).status == 403


def test_a_lot_without_another_version_says_so() -> None:
    lot()

    page = visitor("quality").open(address("lot_change", the_lot()))

    assert "Change the specification version: its product has no other" in page


def test_an_inherited_result_names_the_lot_it_was_measured_on() -> None:
    lot()
    submitted_run()
    lot(
        "EV-26-002",
        criteria=[replace(VIABILITY, satisfied_by=SatisfiedBy.PARENT)],
        parents=[NUMBER],
        sources=[],
    )

    page = lot_page(number="EV-26-002")

    assert f"✓ Pass ↧ inherited from lot {NUMBER}" in page
    assert address("run_change", Run.objects.get()) in page.html


def test_a_criterion_of_the_parent_without_result_says_where_it_is_recorded() -> None:
    lot()
    lot(
        "EV-26-002",
        criteria=[replace(VIABILITY, satisfied_by=SatisfiedBy.PARENT)],
        parents=[NUMBER],
        sources=[],
    )

    page = lot_page("analyst", "EV-26-002")

    assert "No result of a parent lot yet." in page
    assert "?criterion=viability" not in page.html


def test_what_a_profile_leaves_out_is_listed_with_who_signed_it() -> None:
    product(basis="research_use_only", basis_reference="")
    assign_profile(context(people().quality), product="EXO-1", profile="research_use_only")
    lot()

    page = lot_page()

    assert "Rules that the profile leaves out" in page
    assert "Not required by profile research use only, signed by Quentin Quality on 20" in page
    assert "Rule profile research use only signed by Quentin Quality" in page
