"""Reviews: a second person, the final version, several under one signature."""

from __future__ import annotations

import json

import pytest
from django.db import DatabaseError, transaction

from products.actions.naming import begin
from products.actions.reviews import review_results
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    SeparationOfDutiesError,
    SignatureRefusedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.domain.roles import Role
from products.models import Result, Review, ReviewItem, Run, Signature, SignIn, User
from products.models.fields import uuid7
from tests.records import (
    ENDOTOXIN,
    STERILITY,
    VIABILITY,
    context,
    lot,
    opened_run,
    people,
    person_of,
    second_account,
    submitted_run,
)
from tests.signed import unsaved_signature

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"


@pytest.fixture(autouse=True)
def _lot() -> None:
    lot(criteria=[VIABILITY, ENDOTOXIN, STERILITY])


def both_roles() -> User:
    """A second account of the analyst's own person, with the role of a reviewer."""
    return second_account(people().analyst, "anna-reviews", Role.REVIEWER)


def test_several_runs_are_reviewed_under_one_signature_and_one_is_left_out() -> None:
    first, second = submitted_run(), submitted_run(ENDOTOXIN)
    left_out = submitted_run(VIABILITY, purpose="information")

    review = review_results(
        context(people().reviewer), lot=LOT, runs=[first.run.number, second.run.number]
    )

    assert {item.result for item in review.items.all()} == {first, second}
    assert not ReviewItem.objects.filter(result=left_out).exists()
    assert Signature.objects.filter(record_kind="review").count() == 1


def test_the_signature_binds_the_readings_that_the_reviewer_saw() -> None:
    result = submitted_run()

    review = review_results(context(people().reviewer), lot=LOT, runs=[result.run.number])

    shown = json.loads(bytes(review.signature.content))["shown"]
    assert shown["results"][0]["readings"][0]["text"] == "982"
    assert shown["signer"]["printed_name"] == "Rita Romero"


def test_edge_case_12_nobody_reviews_data_of_their_own_from_another_account() -> None:
    result = submitted_run()

    with pytest.raises(SeparationOfDutiesError, match="Anna Alvarez recorded data of") as refused:
        review_results(context(both_roles()), lot=LOT, runs=[result.run.number])

    assert refused.value.field == "runs"
    assert not Review.objects.exists()


def test_edge_case_12_a_superuser_is_no_exception() -> None:
    result = submitted_run()
    powerful = people().analyst
    powerful.is_superuser = True

    with pytest.raises(NotPermittedError):
        review_results(context(powerful), lot=LOT, runs=[result.run.number])


def test_edge_case_12_the_database_refuses_the_recorder_too() -> None:
    result = submitted_run()
    review = review_results(
        context(people().reviewer),
        lot=LOT,
        runs=[submitted_run(ENDOTOXIN).run.number],
    )

    with pytest.raises(DatabaseError, match="recorded data of run"):
        _write_own_review(result, review.signature.user)


@transaction.atomic
def _write_own_review(result: Result, signer: User) -> None:
    begin("review.sign", context(people().analyst))
    key = uuid7()
    signature = unsaved_signature(signer, "review", key)
    signature.save(force_insert=True)
    own = Review.objects.create(
        id=key, lot=result.run.lot, reviewer=person_of(people().analyst), signature=signature
    )
    ReviewItem.objects.create(review=own, result=result)


def test_a_run_without_a_final_result_is_not_reviewed() -> None:
    interim = submitted_run(STERILITY)
    saved = opened_run()

    for run in (interim.run, saved):
        with pytest.raises(WrongStatusError, match="no final result yet"):
            review_results(context(people().reviewer), lot=LOT, runs=[run.number])


def test_a_result_is_reviewed_once() -> None:
    result = submitted_run()
    review_results(context(people().reviewer), lot=LOT, runs=[result.run.number])

    with pytest.raises(DuplicateError, match="was reviewed already"):
        review_results(context(people().reviewer), lot=LOT, runs=[result.run.number])


def test_a_review_names_runs_of_its_own_lot_once_each() -> None:
    result = submitted_run()
    lot("EV-26-002")
    number = result.run.number

    with pytest.raises(InvalidValueError, match="at least one run"):
        review_results(context(people().reviewer), lot=LOT, runs=[])
    with pytest.raises(InvalidValueError, match="named twice"):
        review_results(context(people().reviewer), lot=LOT, runs=[number, number.lower()])
    with pytest.raises(InvalidValueError, match="is of lot EV-26-001"):
        review_results(context(people().reviewer), lot="EV-26-002", runs=[number])
    with pytest.raises(UnknownReferenceError):
        review_results(context(people().reviewer), lot="EV-26-009", runs=[number])


def test_a_wrong_password_signs_nothing_and_is_counted() -> None:
    result = submitted_run()

    for _ in range(2):
        with pytest.raises(SignatureRefusedError, match="Nothing was signed"):
            review_results(
                context(people().reviewer, password="guess"), lot=LOT, runs=[result.run.number]
            )

    refused = SignIn.objects.filter(user=people().reviewer, kind="signature", succeeded=False)
    assert refused.count() == 2
    assert not Review.objects.exists()


def test_after_five_wrong_passwords_the_right_one_is_refused_too() -> None:
    result = submitted_run()
    for _ in range(5):
        with pytest.raises(SignatureRefusedError):
            review_results(
                context(people().reviewer, password="guess"), lot=LOT, runs=[result.run.number]
            )

    with pytest.raises(SignatureRefusedError, match="locked"):
        review_results(context(people().reviewer), lot=LOT, runs=[result.run.number])


def test_a_service_token_signs_nothing() -> None:
    result = submitted_run()

    with pytest.raises(SignatureRefusedError, match="service token"):
        review_results(
            context(people().reviewer, may_sign=False), lot=LOT, runs=[result.run.number]
        )


def test_a_signature_needs_a_reason() -> None:
    result = submitted_run()

    with pytest.raises(InvalidValueError, match="needs a reason"):
        review_results(context(people().reviewer, " "), lot=LOT, runs=[result.run.number])


def test_a_run_that_another_analyst_helped_with_is_reviewed_by_neither() -> None:
    run = Run.objects.get(pk=submitted_run(by=people().analyst2).run.pk)
    second = second_account(people().analyst2, "ben-reviews", Role.REVIEWER)

    with pytest.raises(SeparationOfDutiesError):
        review_results(context(second), lot=LOT, runs=[run.number])
