"""What holds for every action, whatever it does."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DataError, OperationalError

from products.actions.accounts import approve_role, create_account
from products.actions.donors import determine_donor, register_donor
from products.actions.locks import GENEALOGY
from products.actions.samples import draw_sample
from products.actions.signing import sign
from products.domain.errors import (
    ClockError,
    InvalidValueError,
    NotPermittedError,
    SeparationOfDutiesError,
    SignatureRefusedError,
    StaleVersionError,
)
from products.domain.roles import Role
from products.models import AuditEntry, Determination, Donor, Sample, Signature, SignIn
from tests import records
from tests.accounts import FIRST_PASSWORD
from tests.conftest import Databases
from tests.sessions import other_session

pytestmark = pytest.mark.bare


def determine_with(**changes: Any) -> Determination:
    return determine_donor(
        records.context(records.people().quality, **changes),
        donor="D-0042",
        outcome="eligible",
        determined_on=None,
        establishment="Northside Cord Bank",
        summary_of_records="SOR-17",
    )


@pytest.mark.django_db
def test_an_entry_carries_actor_action_reason_and_request() -> None:
    analyst = records.people().analyst
    given = records.context(analyst, "New donation announced", request_id="request-77")

    donor = register_donor(given, code="D-0042")

    entry = AuditEntry.objects.get(record_table="products_donor", record_id=donor.pk)
    assert (entry.actor, entry.actor_name, entry.action) == (
        analyst.pk,
        "analyst",
        "donor.register",
    )
    assert (entry.reason, entry.request_id, entry.address) == (
        "New donation announced",
        "request-77",
        "192.0.2.1",
    )


@pytest.mark.django_db
def test_a_refused_action_leaves_nothing() -> None:
    before = AuditEntry.objects.count()

    with pytest.raises(InvalidValueError):
        register_donor(records.context(records.people().analyst), code="Smith")

    assert AuditEntry.objects.count() == before


@pytest.mark.django_db
def test_what_a_body_wrote_before_it_refused_is_undone() -> None:
    criteria = (records.VIABILITY, replace(records.PURITY, unit="furlong"))
    records.approved_method("PUR-01")

    with pytest.raises(InvalidValueError):
        records.approved_specification(criteria=criteria)

    assert not AuditEntry.objects.filter(action="specification.draft").exists()


@pytest.mark.django_db
def test_a_wrong_password_is_recorded_and_counted_and_signs_nothing() -> None:
    records.donor()

    with pytest.raises(SignatureRefusedError) as refusal:
        determine_with(password="wrong horse battery staple")

    assert refusal.value.field == "password"
    attempt = SignIn.objects.latest("id")
    assert (attempt.username, attempt.succeeded, attempt.address) == (
        "quality",
        False,
        "192.0.2.1",
    )
    assert not Signature.objects.filter(record_kind="determination").exists()


@pytest.mark.django_db
def test_after_five_wrong_passwords_the_right_one_does_not_sign_either() -> None:
    records.donor()
    for _ in range(5):
        with pytest.raises(SignatureRefusedError):
            determine_with(password="wrong horse battery staple")

    with pytest.raises(SignatureRefusedError, match="locked"):
        determine_with()

    assert not Determination.objects.exists()


@pytest.mark.django_db
def test_a_signature_needs_a_reason() -> None:
    records.donor()

    with pytest.raises(InvalidValueError) as refusal:
        determine_with(reason=" ")

    assert refusal.value.code == "reason_missing"


@pytest.mark.django_db
def test_a_service_token_does_not_sign() -> None:
    records.donor()

    with pytest.raises(SignatureRefusedError, match="service token"):
        determine_with(may_sign=False)


@pytest.mark.django_db
def test_a_superuser_without_role_may_do_nothing() -> None:
    actor = records.people().auditor
    actor.is_superuser = True

    with pytest.raises(NotPermittedError, match="may register"):
        register_donor(records.context(actor), code="D-0042")


@pytest.mark.django_db
def test_an_inactive_account_may_do_nothing() -> None:
    actor = records.people().analyst
    actor.is_active = False

    with pytest.raises(NotPermittedError, match="inactive"):
        register_donor(records.context(actor), code="D-0042")


@pytest.mark.django_db
def test_a_locked_account_may_do_nothing() -> None:
    actor = records.people().analyst
    actor.locked_at = records.now()

    with pytest.raises(NotPermittedError, match="locked"):
        register_donor(records.context(actor), code="D-0042")


@pytest.mark.django_db
@pytest.mark.parametrize("off", [timedelta(minutes=-2), timedelta(minutes=2)])
def test_a_clock_two_minutes_off_is_refused(off: timedelta) -> None:
    given = records.context(records.people().analyst, at=records.now() + off)

    with pytest.raises(ClockError):
        register_donor(given, code="D-0042")

    assert not Donor.objects.exists()


@pytest.mark.django_db
def test_a_stale_version_is_refused() -> None:
    lot = records.lot()
    lot.refresh_from_db()
    sampled: dict[str, Any] = {
        "lot": lot.number,
        "stage": "bulk",
        "container": "Tube",
        "drawn_at": records.now(),
        "drawn_zone": records.ZONE,
    }
    seen = records.context(records.people().analyst, expected_version=lot.version)
    draw_sample(seen, **sampled)

    with pytest.raises(StaleVersionError, match="has changed"):
        draw_sample(replace(seen, at=records.now()), **sampled)

    assert Sample.objects.count() == 1


@pytest.mark.django_db
def test_an_error_that_no_repetition_mends_is_raised() -> None:
    given = records.context(records.people().analyst, request_id="r" * 65)

    with pytest.raises(DataError, match="too long"):
        register_donor(given, code="D-0042")


@pytest.mark.django_db
def test_nothing_is_signed_in_an_action_that_confirmed_no_password() -> None:
    donor = records.donor()

    with pytest.raises(SignatureRefusedError, match="did not confirm"):
        sign(
            records.context(records.people().quality),
            record_kind="donor",
            record_id=donor.pk,
            meaning="Seen",
            zone=records.ZONE,
            content={},
        )


def test_an_action_that_meets_a_deadlock_is_done_again(
    databases: Databases, committed_db: str
) -> None:
    records.lot()

    def lock_lots(connection: psycopg.Connection[Any]) -> None:
        connection.execute("SELECT 1 FROM products_lot FOR UPDATE")

    def lock_genealogy(connection: psycopg.Connection[Any]) -> None:
        # Who has waited longest looks for a deadlock first, and gives way: the action.
        time.sleep(0.3)
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [GENEALOGY])

    with other_session(databases, committed_db, first=lock_lots, then=lock_genealogy) as other:
        determination = determine_with()

    assert other.was_waited_for
    assert other.error is None
    assert determination.version == 2
    assert Determination.objects.count() == 2


FAILS = """
CREATE SEQUENCE tries;
CREATE FUNCTION fail_at_first() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF nextval('tries') <= {times} THEN
        RAISE EXCEPTION 'refused for the test' USING ERRCODE = '{code}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fail_at_first BEFORE INSERT ON products_donor
    FOR EACH ROW EXECUTE FUNCTION fail_at_first();
"""


def fail_at_first(databases: Databases, name: str, code: str, times: int) -> None:
    """The database refuses the first new donors with SQLSTATE ``code``."""
    with databases.connect(name) as connection:
        connection.execute(FAILS.format(code=code, times=times))


def test_an_action_is_done_three_times_before_it_gives_up(
    databases: Databases, committed_db: str
) -> None:
    fail_at_first(databases, committed_db, "40001", times=2)

    register_donor(records.context(records.people().analyst), code="D-0042")

    assert AuditEntry.objects.filter(action="donor.register").count() == 1


def test_the_third_serialization_failure_is_raised(databases: Databases, committed_db: str) -> None:
    fail_at_first(databases, committed_db, "40001", times=3)

    with pytest.raises(OperationalError, match="refused for the test"):
        register_donor(records.context(records.people().analyst), code="D-0042")

    assert not Donor.objects.exists()


def test_what_the_database_refuses_for_separation_of_duties_is_said_so(
    databases: Databases, committed_db: str
) -> None:
    fail_at_first(databases, committed_db, "QC004", times=1)

    with pytest.raises(SeparationOfDutiesError, match="Another person must sign"):
        register_donor(records.context(records.people().analyst), code="D-0042")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reason", "said"), [("x" * 1001, "1001 characters"), ("be\x00ll", "cannot be printed")]
)
def test_a_reason_that_the_trail_cannot_hold_is_refused(reason: str, said: str) -> None:
    with pytest.raises(InvalidValueError, match=said) as refused:
        register_donor(records.context(records.people().analyst, reason), code="D-0777")

    assert refused.value.field == "reason"


@pytest.mark.django_db
def test_a_reason_may_be_written_in_lines() -> None:
    register_donor(records.context(records.people().analyst, "One\nTwo"), code="D-0777")

    assert AuditEntry.objects.get(action="donor.register").reason == "One\nTwo"


@pytest.mark.django_db
def test_a_password_that_somebody_else_knows_signs_nothing() -> None:
    given = create_account(
        records.context(records.people().admin),
        username="quirin",
        person=records.person_of(records.people().quality2).pk,
        password=FIRST_PASSWORD,
        roles=[Role.QUALITY],
    )
    approve_role(records.context(records.people().quality), username="quirin", role=Role.QUALITY)
    records.donor()

    with pytest.raises(SignatureRefusedError, match="Change it, then sign") as refused:
        determine_donor(
            records.context(given, password=FIRST_PASSWORD),
            donor="D-0042",
            outcome="eligible",
            determined_on=None,
            establishment="",
            summary_of_records="",
        )

    assert refused.value.code == "password_to_be_changed"
    assert not Determination.objects.exists()
