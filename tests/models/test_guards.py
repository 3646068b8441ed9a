"""The database's own checks of amendments, transcriptions, roles and files, by writes past actions.

Each good row that is refused for one person is taken for another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from products.actions.naming import begin, end
from products.domain.lots import Decision
from products.models import (
    Amendment,
    Disposition,
    Evidence,
    Lot,
    ProfileAssignment,
    RoleGrant,
    Run,
    Transcription,
    User,
)
from products.models.fields import uuid7
from products.queries.runs import recorders_of
from tests.models.rows import copy_row
from tests.outside import SCAN, paper_result, transcribed
from tests.records import context, people
from tests.signed import unsaved_signature

pytestmark = pytest.mark.django_db

DUTIES_NOT_SEPARATED = "QC004"
LINKS_WOULD_CHANGE = "QC005"
OF_ANOTHER_RECORD = "QC009"


@contextmanager
def refused(sqlstate: str) -> Iterator[None]:
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        yield
    assert getattr(refusal.value.__cause__, "sqlstate", "") == sqlstate, refusal.value


def signed_by(account: User, kind: str) -> dict[str, UUID]:
    """The key of a new row of that kind, and that of its signature by this person."""
    key = uuid7()
    signature = unsaved_signature(account, kind, key)
    begin("test.sign", context(account))
    signature.save(force_insert=True)
    end()
    return {"id": key, "signature_id": signature.pk}


def second_signed(amendment: Amendment, by: User) -> None:
    changes = {"amendment_id": amendment.pk} | signed_by(by, "second_signature")
    copy_row("products_secondsignature", changes)


def verified_by(row: Transcription, by: User) -> None:
    changes = {"transcription_id": row.pk} | signed_by(by, "verification")
    copy_row("products_verification", changes)


def released(lot: str, by: User) -> None:
    changes: dict[str, Any] = {
        "kind": "release",
        "lot_id": Lot.objects.get(number=lot).pk,
        "number": 9,
    }
    changes |= signed_by(by, "disposition")
    copy_row("products_disposition", changes)


def write(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT products_begin('test.write', null, '', '', '', '', clock_timestamp())"
        )
        cursor.execute(statement, parameters)


def test_a_files_hash_and_size_are_the_databases_own() -> None:
    key = uuid7()

    copy_row("products_evidence", {"id": key, "sha256": "0" * 64, "size": 7})

    found = Evidence.objects.get(pk=key)
    assert (found.sha256, found.size) == (hashlib.sha256(SCAN).hexdigest(), len(SCAN))


def test_a_file_of_more_than_25_mb_is_refused() -> None:
    statement = (
        "INSERT INTO products_evidence (lot_id, name, media_type, size, content, sha256, "
        "description, recorded_by_id) SELECT id, 'x.txt', 'text/plain', 1, "
        "convert_to(repeat('x', %s), 'UTF8'), '', '', recorded_by_id FROM products_lot "
        "WHERE number = 'EV-26-001'"
    )

    with pytest.raises(IntegrityError, match="evidence_at_most_25_mb"), transaction.atomic():
        write(statement, 25 * 1024 * 1024 + 1)

    write(statement, 25 * 1024 * 1024)


def test_who_filed_an_amendment_or_recorded_of_its_run_does_not_sign_second() -> None:
    retraction = Amendment.objects.get(kind="retraction")
    write(
        "INSERT INTO products_reading (run_id, sequence, name, replicate, vessel, medium, role, "
        "text, unit, reason, removed, recorded_by_id) "
        "VALUES (%s, 99, 'live', 1, '', '', '', '1', '', '', false, %s)",
        retraction.run_id,
        people().analyst2.pk,
    )

    for recorder in (people().analyst, people().analyst2):
        with refused(DUTIES_NOT_SEPARATED):
            second_signed(retraction, recorder)

    second_signed(retraction, people().reviewer)


def test_who_filed_the_voiding_of_a_lot_does_not_sign_second() -> None:
    void = Amendment.objects.get(kind="void_lot")

    with refused(DUTIES_NOT_SEPARATED):
        second_signed(void, people().analyst)

    second_signed(void, people().analyst2)


def test_who_transcribed_a_run_or_recorded_of_it_does_not_verify_it() -> None:
    run = paper_result(purpose="information", by=people().analyst2).run
    row = transcribed("run", run.number)

    for recorder in (people().analyst, people().analyst2):
        with refused(DUTIES_NOT_SEPARATED):
            verified_by(row, recorder)

    verified_by(row, people().reviewer)


def test_who_transcribed_a_document_does_not_verify_it() -> None:
    row = transcribed("method", "VIA-01 v1", by=people().quality)

    with refused(DUTIES_NOT_SEPARATED):
        verified_by(row, people().quality)

    verified_by(row, people().quality2)


def test_who_amended_reported_or_transcribed_a_run_recorded_of_it(
    subtests: pytest.Subtests,
) -> None:
    other: dict[str, Any] = {"recorded_by_id": people().auditor.pk}
    unsubmitted = Run.objects.get(state="discarded").pk
    written: list[tuple[str, dict[str, Any], str]] = [
        (
            "amendment",
            {"number": "X-1"} | signed_by(people().auditor, "amendment"),
            "kind = 'retraction'",
        ),
        ("outsidereport", {"sequence": 9}, "true"),
        ("transcription", {"number": "X-1", "run_id": unsubmitted}, "kind = 'run'"),
    ]

    for count, (table, changes, where) in enumerate(written, 1):
        copy_row(f"products_{table}", changes | other, where)
        with subtests.test(table):
            recorded = recorded_runs(people().auditor)
            assert len(recorded) == count
            assert all(people().auditor.person_id in recorders_of(run) for run in recorded)


def recorded_runs(by: User) -> list[Run]:
    """Of which the database says that this person recorded."""
    return list(
        Run.objects.extra(
            where=["%s IN (SELECT products_recorders_of(products_run.id))"], params=[by.person_id]
        )
    )


def test_nobody_signs_for_a_role_of_an_account_of_their_own() -> None:
    account = User.objects.get(username="ben-reviews")
    key = uuid7()
    copy_row("products_rolegrant", {"id": key, "number": 9}, f"user_id = '{account.pk}'")

    with refused(DUTIES_NOT_SEPARATED):
        approved(key, people().analyst2)

    approved(key, people().quality)


def approved(grant: UUID, by: User) -> None:
    copy_row("products_roleapproval", {"grant_id": grant} | signed_by(by, "role_approval"))


GIVEN = (
    "INSERT INTO products_rolegrant (user_id, number, role, by_provision, recorded_by_id) "
    "SELECT id, 9, 'Quality', {}, id FROM products_user WHERE username = 'analyst'"
)


def test_the_serving_role_gives_no_role_that_signs_by_itself() -> None:
    with refused(DUTIES_NOT_SEPARATED):
        write(GIVEN.format("true"))

    write(GIVEN.format("false"))
    assert not RoleGrant.objects.get(user__username="analyst", number=9).by_provision


@pytest.mark.django_db(databases=["default", "owner"])
def test_provisioning_gives_a_role_that_signs_by_itself() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT products_begin('test.write', null, '', '', '', '', clock_timestamp())"
        )
        cursor.execute(GIVEN.format("true"))

        assert cursor.rowcount == 1


@pytest.mark.parametrize("word", ["rejected", "recalled", "void"])
def test_a_lot_that_is_rejected_recalled_or_void_stays_so(word: str) -> None:
    decided = "UPDATE products_lot SET decision = %s WHERE number = 'EV-26-003'"
    write(decided, word)

    for other in set(Decision) - {word}:
        with refused(LINKS_WOULD_CHANGE):
            write(decided, other)

    write("UPDATE products_lot SET version = version + 1 WHERE number = 'EV-26-003'")


def strict() -> None:
    changes: dict[str, Any] = {"version": 9, "profile": "strict"}
    copy_row(
        "products_profileassignment", changes | signed_by(people().quality, "profile_assignment")
    )


def test_who_signed_second_on_a_run_releases_its_lot_in_phase_1_only() -> None:
    assert ProfileAssignment.objects.get().profile == "phase_1_ind"
    released("EV-26-001", people().quality2)
    assert Disposition.objects.filter(lot__number="EV-26-001", kind="release").exists()


@pytest.mark.parametrize("name", ["reviewer", "quality2"])
def test_who_reviewed_or_signed_second_does_not_release_a_strict_product(name: str) -> None:
    strict()

    with refused(DUTIES_NOT_SEPARATED):
        released("EV-26-001", getattr(people(), name))

    released("EV-26-001", people().quality)


@pytest.mark.parametrize("name", ["analyst", "analyst2"])
def test_in_phase_1_too_who_made_or_recorded_does_not_release(name: str) -> None:
    with refused(DUTIES_NOT_SEPARATED):
        released("EV-26-001", getattr(people(), name))


def test_a_repeat_is_of_a_run_of_its_lot_and_criterion() -> None:
    repeated = Run.objects.get(criterion__code="sterility")
    changes = {"number": "X-1", "purpose": "repeat", "repeats_id": repeated.pk}

    with refused(LINKS_WOULD_CHANGE):
        copy_row("products_run", changes, "state = 'discarded'")

    copy_row("products_run", changes, f"id = '{repeated.pk}'")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("record_id", UUID(int=7)),
        ("record_kind", "training"),
        ("meaning", "Approved for release"),
        ("reason", "For another reason"),
        ("printed_name", "Somebody Else"),
    ],
)
def test_a_signature_is_not_copied_to_another_record_reason_or_meaning(
    column: str, value: object
) -> None:
    signed = unsaved_signature(people().quality)
    setattr(signed, column, value)

    with refused(OF_ANOTHER_RECORD):
        begin("test.sign", context(people().quality))
        signed.save(force_insert=True)


@pytest.mark.parametrize("column", ["user_id", "person_id"])
def test_a_signature_is_of_the_account_that_its_document_names(column: str) -> None:
    signed = unsaved_signature(people().quality)
    other = {"user_id": people().auditor.pk, "person_id": people().auditor.person_id}
    setattr(signed, column, other[column])

    with refused(OF_ANOTHER_RECORD):
        begin("test.sign", context(people().quality))
        signed.save(force_insert=True)


def test_what_is_signed_is_a_document() -> None:
    for content in (b"", b"\xff", b"{", b"[]", b"7"):
        with refused(OF_ANOTHER_RECORD):
            copy_row("products_signature", {"content": content, "meaning": "Other"})


@pytest.mark.parametrize(
    ("table", "kind", "changes"),
    [
        ("acknowledgement", "acknowledgement", {"number": 9}),
        ("determination", "determination", {"version": 9}),
        ("disposition", "disposition", {"number": 9}),
        ("laboratoryqualification", "laboratory_qualification", {"version": 9}),
        ("profileassignment", "profile_assignment", {"version": 9}),
        ("review", "review", {}),
        ("specificationchange", "specification_change", {"number": 9}),
        ("training", "training", {}),
    ],
)
def test_no_record_rests_on_the_signature_of_another(
    table: str, kind: str, changes: dict[str, Any]
) -> None:
    """One that stands free, of a record that is not there."""
    free = signed_by(people().quality2, kind)["signature_id"]

    with refused(OF_ANOTHER_RECORD):
        copy_row(f"products_{table}", changes | {"signature_id": free})


def test_no_document_is_approved_by_the_signature_of_another() -> None:
    statement = (
        "UPDATE products_specificationversion "
        "SET state = 'approved', approved_at = now(), approval_id = %s WHERE state = 'draft'"
    )
    free = signed_by(people().quality2, "specification_version")["signature_id"]

    with refused(OF_ANOTHER_RECORD):
        write(statement, free)
