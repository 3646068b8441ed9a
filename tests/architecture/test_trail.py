"""What the database writes about every change, and what nobody can talk it out of.

The statements here stand for a fault or an attack: code that writes past the actions.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from products.domain.signatures import signed_document
from products.models import AuditEntry, Person, SignIn, User

LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
OTHER_SETTINGS = {
    "timezone": "Asia/Kolkata",
    "datestyle": "SQL, DMY",
    "bytea_output": "escape",
    "extra_float_digits": "-10",
    "intervalstyle": "sql_standard",
    "search_path": "pg_temp, public",
}
SIGNED = """
    INSERT INTO public.products_signature (id, user_id, person_id, printed_name, meaning, reason,
        zone, record_kind, record_id, content, content_sha256)
    VALUES (%s, %s, %s, 'A. Person', 'Tested', 'why', 'UTC', 'lot', %s, %s, '')
"""

BEGIN = "SELECT products_begin('test.write', null, 'owner', '', '', '', clock_timestamp())"
BY_OWNER = pytest.mark.django_db(databases=["default", "owner"])

pytestmark = pytest.mark.django_db


@pytest.fixture
def action(db: None) -> None:
    """A named action, as the decorator of actions names it."""
    _begin("test.write")


@pytest.fixture
def user(action: None) -> User:
    person = Person.objects.create(printed_name="A. Person")
    return User.objects.create(username="aperson", password="hash-of-a-secret", person=person)


def _execute(statement: str, *parameters: str | datetime | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@contextmanager
def _other_settings() -> Iterator[None]:
    before = {}
    for name, value in OTHER_SETTINGS.items():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting(%s)", [name])
            before[name] = cursor.fetchone()[0]
        _execute("SELECT set_config(%s, %s, true)", name, value)
    yield
    for name, value in before.items():
        _execute("SELECT set_config(%s, %s, true)", name, value)


def _begin(name: str, actor: UUID | None = None) -> None:
    _execute(
        "SELECT products_begin(%s, %s, 'tester', 'because', 'request-1', '192.0.2.7', "
        "clock_timestamp())",
        name,
        str(actor) if actor else None,
    )


def _entries(table: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(record_table=table, action="test.write"))


def _said(entry: AuditEntry) -> dict[str, object]:
    said: dict[str, object] = json.loads(bytes(entry.body))
    return said


def _without_identity(entry: AuditEntry) -> bytes:
    """The bytes without the id and the instant, which differ from entry to entry."""
    masked = bytes(entry.body).replace(str(entry.pk).encode(), b"ID")
    return re.sub(rb'"recorded_at": "[0-9T:.-]+\+00:00", "database_role"', b"INSTANT", masked)


def test_an_entry_says_who_what_why_before_and_after(user: User) -> None:
    _begin("test.write", user.pk)

    user.is_staff = True
    user.save(update_fields=["is_staff"])

    said = _said(_entries("products_user")[-1])
    assert (said["actor"], said["actor_name"]) == (str(user.pk), "tester")
    assert (said["action"], said["reason"]) == ("test.write", "because")
    assert (said["request_id"], said["address"]) == ("request-1", "192.0.2.7")
    assert (said["table"], said["key"], said["operation"]) == (
        "products_user",
        str(user.pk),
        "update",
    )
    assert said["database_role"] == "exolot_app"
    assert said["before"] == {**said["after"], "is_staff": False}  # type: ignore[dict-item]


def test_every_digest_is_that_of_its_bytes(user: User) -> None:
    entries = list(AuditEntry.objects.all())

    assert len(entries) > 5
    assert all(hashlib.sha256(entry.body).digest() == bytes(entry.sha256) for entry in entries)


def test_the_columns_to_search_by_follow_from_the_bytes(user: User) -> None:
    wrong = []
    for entry in AuditEntry.objects.all():
        said = _said(entry)
        columns = (entry.action, entry.record_table, entry.record_id, entry.operation)
        if columns != (said["action"], said["table"], said["key"], said["operation"]):
            wrong.append(entry.pk)
        if (entry.before, entry.after) != (said["before"], said["after"]):
            wrong.append(entry.pk)

    assert wrong == []


def test_a_change_of_nothing_writes_no_entry(user: User) -> None:
    before = len(_entries("products_user"))

    user.save(update_fields=["is_staff", "must_change_password"])

    assert len(_entries("products_user")) == before


def test_bulk_writes_and_copy_do_not_pass_unseen(action: None) -> None:
    Person.objects.bulk_create([Person(printed_name="One"), Person(printed_name="Two")])
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY products_person (printed_name) FROM STDIN") as copy,
    ):
        copy.write_row(["Three"])

    names = [_said(entry)["after"]["printed_name"] for entry in _entries("products_person")]  # type: ignore[index]
    assert sorted(names) == ["One", "Three", "Two"]


def test_an_entry_that_cannot_be_written_stops_the_change(action: None) -> None:
    _begin("test." + "x" * 64)

    with pytest.raises(DatabaseError, match="too long"), transaction.atomic():
        Person.objects.create(printed_name="Unseen")

    assert not Person.objects.filter(printed_name="Unseen").exists()


def test_the_bytes_of_an_entry_do_not_follow_session_settings(user: User) -> None:
    locked = "UPDATE products_user SET locked_at = '2026-11-30T12:00:00Z'"
    unlocked = "UPDATE products_user SET locked_at = NULL"
    _execute(locked)
    _execute(unlocked)
    with _other_settings():
        _execute("UPDATE public.products_user SET locked_at = '2026-11-30T12:00:00Z'")

    of_user = [entry for entry in _entries("products_user") if entry.record_id == str(user.pk)]
    plain, _, altered = (_without_identity(entry) for entry in of_user[-3:])
    assert b"INSTANT" in plain
    assert plain == altered


def _sign(user: User) -> str:
    """Sign something in SQL, and tell the document in hexadecimal digits."""
    key = uuid4()
    document = signed_document(
        meaning="Tested",
        reason="why",
        record_kind="lot",
        record_id=key,
        shown={"signer": {"account": user.username, "printed_name": "A. Person"}, "ü": "\\"},
    )
    written = rf"\x{document.hex()}"
    _execute(SIGNED, str(uuid4()), str(user.pk), str(user.person_id), str(key), written)
    return written


def test_signed_bytes_read_the_same_under_other_settings(user: User) -> None:
    signed = [_sign(user)]
    with _other_settings():
        signed.append(_sign(user))

    images = [_said(entry)["after"] for entry in _entries("products_signature")]
    assert [image["content"] for image in images] == signed  # type: ignore[index]
    assert all(str(image["signed_at"]).endswith("+00:00") for image in images)  # type: ignore[index]


def test_a_signature_is_stamped_and_hashed_by_the_database(user: User) -> None:
    signed = bytes.fromhex(_sign(user)[2:])

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT content_sha256, abs(extract(epoch FROM clock_timestamp() - signed_at)) < 60 "
            "FROM products_signature ORDER BY signed_at DESC"
        )
        assert cursor.fetchone() == (hashlib.sha256(signed).hexdigest(), True)


def test_secrets_never_enter_an_entry(user: User) -> None:
    secret_values = (b"hash-of-a-secret", b"digest-of-a-token", b"key-of-a-token")
    _execute(
        "INSERT INTO products_apitoken (id, digest, token_key, user_id, created, expiry, scope, "
        "kind, purpose, issued_by_id) VALUES (%s, 'digest-of-a-token', 'key-of-a-token', %s, "
        "now(), now() + interval '1 day', 'read', 'personal', 'test', %s)",
        str(uuid4()),
        str(user.pk),
        str(user.pk),
    )

    assert _entries("products_apitoken")
    bodies = [bytes(entry.body) for entry in AuditEntry.objects.all()]
    assert not [body for body in bodies for secret in secret_values if secret in body]


def test_a_new_password_shows_as_its_instant(user: User) -> None:
    before = len(_entries("products_user"))

    _execute("UPDATE products_user SET password = 'another' WHERE id = %s", str(user.pk))

    after = _entries("products_user")
    assert len(after) == before + 1
    changed = {
        key
        for key, value in _said(after[-1])["after"].items()  # type: ignore[attr-defined]
        if value != _said(after[-1])["before"][key]  # type: ignore[index]
    }
    assert changed == {"password_set_at"}


def test_the_recording_time_that_a_client_sends_is_overwritten(action: None) -> None:
    row = Person(printed_name="Backdated", recorded_at=LONG_AGO)
    row.save(force_insert=True)

    row.refresh_from_db()
    assert datetime.now(UTC) - row.recorded_at < timedelta(minutes=1)


def test_a_stated_time_is_refused_when_the_clock_says_otherwise(db: None) -> None:
    with pytest.raises(DatabaseError, match="more than a minute"):
        _execute("SELECT products_begin('test.write', null, '', '', '', '', %s)", LONG_AGO)


def test_outside_a_demonstration_a_stated_time_moves_no_clock(action: None) -> None:
    _execute("SELECT set_config('exolot.at', %s, true)", LONG_AGO.isoformat())

    row = Person.objects.create(printed_name="Now")

    row.refresh_from_db()
    assert datetime.now(UTC) - row.recorded_at < timedelta(minutes=1)


def test_history_is_closed_to_the_serving_role(user: User) -> None:
    SignIn.objects.create(user=user, username="aperson", kind="sign_in", succeeded=True)

    for statement in (
        "UPDATE products_signin SET succeeded = false",
        "DELETE FROM products_signin",
        "TRUNCATE products_auditentry",
        "DELETE FROM products_auditentry",
        "ALTER TABLE products_signin DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ):
        with (
            pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
            transaction.atomic(),
        ):
            _execute(statement)


def _as_owner(statement: str) -> None:
    connections["owner"].cursor().execute(statement)


@BY_OWNER
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE products_site SET zone = 'UTC'",
        "DELETE FROM products_site",
        "TRUNCATE products_site CASCADE",
        "UPDATE products_auditentry SET reason = 'another'",
        "DELETE FROM products_auditentry",
        "TRUNCATE products_auditentry",
        "DELETE FROM products_user",
    ],
)
def test_history_is_closed_to_the_owner_too(statement: str) -> None:
    _as_owner(BEGIN)

    with (
        pytest.raises(DatabaseError, match="history is never changed"),
        transaction.atomic(using="owner"),
    ):
        _as_owner(statement)


@BY_OWNER
def test_a_temporary_table_of_the_same_name_swallows_nothing() -> None:
    _as_owner(BEGIN)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE products_auditentry (LIKE public.products_auditentry); "
            "INSERT INTO products_person (printed_name) VALUES ('Hidden')"
        )
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_temp.products_auditentry), (SELECT count(*) "
            "FROM public.products_auditentry WHERE after->>'printed_name' = 'Hidden')"
        )

        assert cursor.fetchone() == (0, 1)


def test_the_serving_role_makes_no_demonstration(action: None) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        _execute("UPDATE products_installation SET kind = 'demo'")
