"""What the trail says of amendments, files and transcriptions: all but a file's content."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import pytest

from products.actions.accounts import change_password, create_account, create_person
from products.actions.grants import SECRET_COLUMNS
from products.actions.tokens import issue_token
from products.models import ApiToken, AuditEntry, Evidence, Lot, User
from tests.accounts import FIRST_PASSWORD, PASSWORD
from tests.outside import SCAN
from tests.records import context, people

LOTS: list[tuple[str, list[str]]] = [
    ("acknowledgement", ["EV-26-003"]),
    ("amendment", ["EV-26-001", "EV-26-002", "EV-26-003"]),
    ("note", ["EV-26-001"]),
    ("outsidereport", ["EV-26-001"]),
    ("rejudgement", ["EV-26-003"]),
    ("runreturn", ["EV-26-001"]),
    ("secondsignature", ["EV-26-001"]),
    ("specificationchange", ["EV-26-003"]),
]
"""Tables of which every row is of a lot, and the lots of the rows there are."""

OF_NO_LOT = (
    "calibration",
    "golive",
    "laboratory",
    "laboratoryqualification",
    "mediarecall",
    "profileassignment",
    "roleapproval",
    "rolegrant",
    "rolerevocation",
    "training",
)

pytestmark = pytest.mark.django_db


def entries(table: str) -> list[AuditEntry]:
    found = list(AuditEntry.objects.filter(record_table=f"products_{table}"))
    assert found, f"no entry of {table}"
    return found


def numbers(of: Iterable[UUID]) -> list[str]:
    return sorted(Lot.objects.filter(pk__in=list(of)).values_list("number", flat=True))


def test_an_entry_of_a_file_has_its_hash_and_not_its_content() -> None:
    digests = set(Evidence.objects.values_list("sha256", flat=True))

    for entry in entries("evidence"):
        assert entry.after is not None
        assert "content" not in entry.after
        assert entry.after["sha256"] in digests
        assert SCAN.hex().encode() not in bytes(entry.body)


def test_every_entry_of_a_record_of_a_lot_names_the_lot(subtests: pytest.Subtests) -> None:
    for table, lots in LOTS:
        with subtests.test(table):
            found = entries(table)

            assert all(len(entry.lots) == 1 for entry in found)
            assert numbers(lot for entry in found for lot in entry.lots) == lots


def test_files_transcriptions_and_checks_of_a_run_or_lot_name_the_lot() -> None:
    of_lot = Lot.objects.get(number="EV-26-001").pk

    for table in ("evidence", "transcription"):
        for entry in entries(table):
            said = entry.after or {}
            is_of_lot = bool(said["run_id"] or said.get("lot_id"))
            assert entry.lots == ([of_lot] if is_of_lot else []), said
    assert [entry.lots for entry in entries("verification")] == [[of_lot], []]


def test_what_is_of_no_lot_names_none(subtests: pytest.Subtests) -> None:
    for table in OF_NO_LOT:
        with subtests.test(table):
            assert all(entry.lots == [] for entry in entries(table))


def test_no_password_digest_or_token_stands_in_any_entry() -> None:
    person = create_person(context(people().admin), printed_name="N. Newcomer")
    account = create_account(
        context(people().admin),
        username="newcomer",
        person=person.pk,
        password=FIRST_PASSWORD,
        roles=[],
    )
    change_password(context(account), old=FIRST_PASSWORD, new=PASSWORD)
    _, token = issue_token(
        context(people().analyst), kind="personal", scope="read", purpose="x", days=1
    )

    secrets = {FIRST_PASSWORD, PASSWORD, token}
    for model in (User, ApiToken):
        columns = SECRET_COLUMNS[f"products_{model.__name__.lower()}"]
        for row in model.objects.values_list(*columns):
            secrets.update(row)
    bodies = b"\n".join(bytes(entry.body) for entry in AuditEntry.objects.all())
    assert len(secrets) > 10
    assert [secret for secret in secrets if secret.encode() in bodies] == []
