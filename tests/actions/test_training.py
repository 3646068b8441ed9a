"""Training: signed by quality, never for oneself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from products.actions.training import record_training
from products.domain.errors import (
    InvalidValueError,
    NotPermittedError,
    SeparationOfDutiesError,
    SignatureRefusedError,
    UnknownReferenceError,
)
from products.domain.roles import Role
from products.models import Lot, Training
from tests.records import (
    approved_method,
    context,
    lot,
    now,
    people,
    person_of,
    second_account,
    submitted_run,
    today,
    trained,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_training_is_kept_with_what_was_signed() -> None:
    version = approved_method()

    made = trained(people().reviewer, version, trained_on=today() - DAY, valid_until=today())

    kept = Training.objects.get(pk=made.pk)
    assert (kept.person, kept.method_version) == (person_of(people().reviewer), version)
    assert (kept.trained_on, kept.valid_until) == (today() - DAY, today())
    assert kept.signature.meaning == "Trained for this method version"
    assert b'"person":"Rita Romero"' in bytes(kept.signature.content)


def test_a_training_without_end_is_possible() -> None:
    assert trained(people().reviewer, approved_method()).valid_until is None


def test_a_training_may_be_repeated() -> None:
    version = approved_method()
    trained(people().reviewer, version)

    trained(people().reviewer, version, trained_on=today())

    assert version.trainings.filter(person=people().reviewer.person_id).count() == 2


def test_nobody_signs_an_own_training() -> None:
    with pytest.raises(SeparationOfDutiesError, match="Quentin Quality does not sign") as refusal:
        trained(people().quality, approved_method())

    assert refusal.value.field == "person"


def test_an_analyst_does_not_sign_an_own_training_by_an_account_of_quality() -> None:
    version = approved_method()
    own = second_account(people().analyst, "anna-quality", Role.QUALITY)
    before = Training.objects.count()

    with pytest.raises(SeparationOfDutiesError, match="Anna Alvarez does not sign"):
        record_training(
            context(own),
            person=person_of(people().analyst).pk,
            method="VIA-01",
            version=version.version,
            trained_on=today(),
            document="TRN-0008",
        )

    assert Training.objects.count() == before


def test_an_analyst_signs_no_training() -> None:
    approved_method()

    with pytest.raises(NotPermittedError):
        record_training(
            context(people().analyst),
            person=person_of(people().analyst2).pk,
            method="VIA-01",
            version=1,
            trained_on=today(),
            document="TRN-0008",
        )


def test_a_training_asks_for_the_password() -> None:
    approved_method()

    with pytest.raises(SignatureRefusedError):
        record_training(
            context(people().quality, password="guess"),
            person=person_of(people().analyst2).pk,
            method="VIA-01",
            version=1,
            trained_on=today(),
            document="TRN-0008",
        )


def test_a_training_is_of_a_person_and_a_version_that_exist() -> None:
    version = approved_method()
    known: dict[str, Any] = {
        "method": "VIA-01",
        "version": 1,
        "trained_on": today(),
        "document": "TRN-0008",
    }
    by = context(people().quality)

    with pytest.raises(UnknownReferenceError, match="no person"):
        record_training(by, person=uuid4(), **known)
    with pytest.raises(UnknownReferenceError, match="no version 2"):
        record_training(by, person=person_of(people().analyst).pk, **(known | {"version": 2}))
    with pytest.raises(UnknownReferenceError, match="no method"):
        record_training(by, person=person_of(people().analyst).pk, **(known | {"method": "X"}))

    assert version.trainings.count() == 2


def test_a_training_has_taken_place() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        trained(people().reviewer, approved_method(), trained_on=today() + DAY)

    assert (refusal.value.code, refusal.value.field) == ("in_future", "trained_on")


def test_a_training_does_not_end_before_it_begins() -> None:
    with pytest.raises(InvalidValueError, match="would end before it begins") as refusal:
        trained(people().reviewer, approved_method(), trained_on=today(), valid_until=today() - DAY)

    assert refusal.value.field == "valid_until"


def test_a_training_names_its_record() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        trained(people().reviewer, approved_method(), document="  ")

    assert refusal.value.field == "document"


def test_a_training_judges_the_lots_that_the_person_tested_again() -> None:
    lot()
    result = submitted_run()
    before = Lot.objects.get(number="EV-26-001").version

    trained(people().analyst, result.run.method_version)
    trained(people().analyst2, result.run.method_version)

    assert Lot.objects.get(number="EV-26-001").version == before + 1


def test_what_an_untrained_analyst_performed_blocks_until_the_training_is_signed() -> None:
    lot()
    own = second_account(people().reviewer, "rita-analyst", Role.ANALYST)
    version = submitted_run(by=own).run.method_version
    assert "analyst_untrained" in codes()

    trained(own, version)

    assert "analyst_untrained" not in codes()


def test_a_training_that_began_after_the_run_does_not_count() -> None:
    lot()
    own = second_account(people().reviewer, "rita-analyst", Role.ANALYST)
    before = now() - 3 * DAY
    version = submitted_run(by=own, performed_at=before, late_reason="Network").run.method_version

    trained(own, version, trained_on=today())

    assert "analyst_untrained" in codes()


def codes() -> set[str]:
    return {block["code"] for block in Lot.objects.get(number="EV-26-001").blocks}
