"""Whose signatures and files stand behind a lot: its own, and those of what it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from products.actions.amendments import correct_run
from products.actions.products import assign_profile
from products.actions.reviews import review_results
from products.actions.second_signatures import sign_second
from products.domain.criteria import SatisfiedBy
from products.models import Evidence, LaboratoryQualification, Lot, Review, Signature, Verification
from products.queries.dossier import files_of
from products.queries.lot_signatures import signatures_of, signatures_on_grounds
from products.queries.of_products import of_products
from tests.outside import go_live, outside_result, paper_result, transcribed, verified
from tests.queries.facts import NUMBER, facts
from tests.records import VIABILITY, context, counted, lot, people, submitted_run, today

pytestmark = pytest.mark.django_db
INHERITED = replace(VIABILITY, satisfied_by=SatisfiedBy.PARENT)
BULK, BULK_LOT = "BULK-1", "BULK-26-001"


def filled_from_bulk() -> Lot:
    """A lot that inherits its only result from a bulk lot, which is another product's."""
    lot(BULK_LOT, product=BULK, criteria=[VIABILITY])
    return lot(criteria=[INHERITED], parents=[BULK_LOT], sources=[])


def reviewed_outside() -> str:
    """The number of a run on the bulk lot by an outside laboratory, compared with its report."""
    run = outside_result(lot=BULK_LOT).run.number
    report = Evidence.objects.get(run__number=run).pk
    review_results(context(people().reviewer), lot=BULK_LOT, runs=[run], compared={run: report})
    return run


def kinds(rows: Iterable[Signature]) -> Counter[str]:
    return Counter(row.record_kind for row in rows)


def test_an_inherited_result_comes_with_what_was_signed_and_attached_there() -> None:
    filled_from_bulk()
    run = reviewed_outside()

    grounds = signatures_on_grounds(facts())
    files = files_of(facts(), Evidence.objects.all())

    assert kinds(grounds) == {
        "specification_version": 1,
        "determination": 1,
        "review": 1,
        "training": 1,
        "method_version": 1,
        "laboratory_qualification": 1,
    }
    assert {Review.objects.get().signature, LaboratoryQualification.objects.get().signature} <= {
        *grounds
    }
    assert [file.belongs_to for file in files] == [run]


def test_of_an_ancestor_only_runs_that_count_for_the_lot_are_among_its_grounds() -> None:
    filled_from_bulk()
    for purpose in ("release", "information"):
        run = submitted_run(lot=BULK_LOT, purpose=purpose).run.number
        review_results(context(people().reviewer), lot=BULK_LOT, runs=[run])

    grounds = signatures_on_grounds(facts())

    assert kinds(grounds)["review"] == 1
    assert kinds(signatures_of(Lot.objects.get(number=BULK_LOT).pk))["review"] == 2


def test_a_correction_of_an_inherited_result_is_there_with_both_its_signatures() -> None:
    filled_from_bulk()
    run = submitted_run(VIABILITY, counted("820", "180"), lot=BULK_LOT).run
    amendment = correct_run(
        context(people().analyst),
        run=run.number,
        readings=counted(),
        source_document="Notebook 12, page 34",
    )
    sign_second(context(people().reviewer), amendment=amendment.number, outcome="confirmed")

    found = kinds(signatures_on_grounds(facts()))

    assert (found["amendment"], found["second_signature"]) == (1, 1)


def test_a_token_of_the_product_reads_nothing_of_the_other_that_the_lot_rests_on() -> None:
    filled_from_bulk()
    reviewed_outside()

    ours = of_products(signatures_on_grounds(facts()), ["EXO-1"])
    files = files_of(facts(), of_products(Evidence.objects.all(), ["EXO-1"]))

    assert kinds(ours) == {"specification_version": 1, "determination": 1}
    assert files == []
    assert kinds(of_products(signatures_on_grounds(facts()), [BULK]))["review"] == 1


def test_each_paper_original_that_was_compared_is_among_the_grounds() -> None:
    lot()
    submitted_run()
    go_live(today())
    for kind, key, owner in (
        ("specification", "EXO-1 v1", ""),
        ("method", "VIA-01 v1", ""),
        ("source", "UC-0042", ""),
        ("determination", "D-0042 v1", "D-0042"),
    ):
        verified(transcribed(kind, key, owner, dated_on=today() - timedelta(days=2)))

    grounds = signatures_on_grounds(facts())

    assert {row.signature for row in Verification.objects.all()} <= {*grounds}
    assert kinds(grounds)["verification"] == 4


def test_every_profile_of_the_product_is_among_the_grounds() -> None:
    lot()
    for profile in ("phase_1_ind", "strict"):
        assign_profile(context(people().quality), product="EXO-1", profile=profile)

    assert kinds(signatures_on_grounds(facts()))["profile_assignment"] == 2


def test_who_compared_a_run_with_its_paper_signed_on_the_lot() -> None:
    made = lot()
    verified(transcribed("run", paper_result().run.number))

    (own,) = signatures_of(made.pk)

    assert own == Verification.objects.get().signature
    assert own not in signatures_on_grounds(facts(NUMBER))
