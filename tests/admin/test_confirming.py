"""What a signer has to have looked at: nothing unconfirmed is signed for at a page."""

from __future__ import annotations

import pytest

from products.actions.amendments import correct_run
from products.actions.reviews import review_results
from products.actions.second_signatures import sign_second
from products.models import Disposition, ReviewItem, Signature, SignIn
from tests.accounts import PASSWORD
from tests.admin.pages import Page, address, the_lot, visitor
from tests.records import ENDOTOXIN, VIABILITY, context, counted, lot, people, submitted_run, value

pytestmark = pytest.mark.django_db
NUMBER = "EV-26-001"


def two_runs() -> tuple[str, str]:
    """The numbers of two submitted runs of one lot."""
    lot(criteria=[ENDOTOXIN, VIABILITY])
    return submitted_run(ENDOTOXIN).run.number, submitted_run().run.number


def labels(page: Page) -> list[str]:
    return [item.label for item in page.response.context["form"].items]


def test_a_release_is_signed_only_when_each_part_of_it_is_confirmed() -> None:
    endotoxin, viability = two_runs()
    corrected = correct_run(
        context(people().analyst, "Typing slip"),
        run=viability,
        readings=counted("972"),
        source_document="Notebook 7, page 12",
    )
    review_results(context(people().reviewer), lot=NUMBER, runs=[endotoxin, viability])
    quality, where = visitor("quality"), address("lot_release", the_lot())
    offered = quality.open(where)
    safety, cells, correction = (item.key for item in offered.response.context["form"].items)
    attempts = SignIn.objects.count()

    nothing = quality.sign(where, confirmed=[])
    part = quality.sign(where, confirmed=[safety, "0" * 16], reason="All is fine")

    assert labels(offered) == [
        "Safety results",
        "Viability (parent cells) / vesicle integrity results",
        corrected.number,
    ]
    assert "Endotoxin: <0.05 EU/mL pass (" in offered
    assert "from 98.2 % pass to 98.2 % pass, in effect. Reason: Typing slip" in offered
    assert "you have not confirmed Safety results; Viability" in nothing
    assert f"vesicle integrity results; {corrected.number}. Look at each, tick it" in part
    assert part.words.count("not confirmed") == 3
    assert part.fields["reason"] == "All is fine"
    assert PASSWORD not in part.html
    assert not Disposition.objects.exists()
    assert SignIn.objects.count() == attempts

    signed = quality.sign(where, confirmed=[safety, cells, correction])

    assert "is released; your signature is recorded" in signed


def test_a_result_that_changed_is_confirmed_anew() -> None:
    _, viability = two_runs()
    quality, where = visitor("quality"), address("lot_release", the_lot())
    before = [item.key for item in quality.open(where).response.context["form"].items]
    correct_run(
        context(people().analyst, "Typing slip"),
        run=viability,
        readings=counted("960", "40"),
        source_document="Notebook 7, page 12",
    )

    refused = quality.sign(where, confirmed=before)

    assert "you have not confirmed Viability (parent cells) / vesicle integrity results;" in refused


def test_a_run_is_neither_reviewed_nor_passed_over_unseen() -> None:
    first, second = two_runs()
    reviewer, where = visitor("reviewer"), address("lot_review", the_lot())

    refused = reviewer.sign(where, runs=[first], comment="Read")

    (said,) = refused.errors["rest_left_out"]
    assert said.startswith(f"Nothing is signed: you have not confirmed {second}. Check each")
    assert refused.fields["comment"] == "Read"
    assert not Signature.objects.filter(meaning="Reviewed").exists()

    left_out = reviewer.sign(where, runs=[first], rest_left_out="on")

    assert "1 result is reviewed." in left_out
    assert ReviewItem.objects.get().result.run.number == first


def test_what_changed_since_it_was_entered_is_marked_with_old_and_new() -> None:
    lot(criteria=[ENDOTOXIN, VIABILITY])
    failing = submitted_run(ENDOTOXIN, value("9")).run
    amendment = correct_run(
        context(people().analyst, "Decimal point lost"),
        run=failing.number,
        readings=value("0.09"),
        source_document="Notebook 7, page 12",
    )
    sign_second(context(people().reviewer), amendment=amendment.number, outcome="confirmed")
    page = visitor("reviewer").open(address("lot_review", the_lot()))

    assert "Changed since entry: fail, 9.00 EU/mL → pass, 0.09 EU/mL" in page
    assert "Changed since entry: 9 → 0.09" in page
