"""The demo fills an empty database, knows its own, and touches no other."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as site
from django.contrib.auth.hashers import make_password
from django.db import connections
from psycopg import sql
from pytest_django import DjangoDbBlocker, Settings

from products.actions.donors import register_donor
from products.demo.filling import LAST_RECORD, random_passwords
from products.demo.installing import (
    COMMENT,
    LOCK,
    State,
    look,
    prepare,
    sign_for_older_roles,
)
from products.demo.logins import (
    FILE_NAME,
    Logins,
    read_logins,
    secret_key_file,
    write_logins,
)
from products.demo.people import EVERYBODY, FIRST
from products.demo.telling import demo_text
from products.domain.errors import ClockError, ConfigurationError
from products.domain.lots import STATUS_GLYPHS, ReleaseStatus
from products.models import ApiToken, Donor, Installation, Lot, RoleApproval
from qcsite import keeper
from tests.conftest import Databases
from tests.demo.conftest import NIGHT_IN_SPRING, clone
from tests.own_databases import empty_database
from tests.records import context, people

URL = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def directory(settings: Settings, tmp_path: Path) -> Path:
    """Where the demo keeps its logins and its lock."""
    settings.EXOLOT_PG_DIR = tmp_path
    return tmp_path


@pytest.fixture
def empty_db(
    databases: Databases, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    with empty_database(databases, django_db_blocker) as name:
        yield name


@pytest.fixture
def filled_db(
    databases: Databases, filled_template: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A clone for one test, which may go on in it."""
    with clone(databases, filled_template, django_db_blocker) as name:
        yield name


@pytest.fixture
def logins(filled_db: str, directory: Path) -> Logins:
    known = Logins(str(Installation.objects.get().pk), random_passwords(), "secret")
    write_logins(directory, known)
    return known


def _as_owner(statement: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)


def _mark() -> None:
    name = connections["owner"].settings_dict["NAME"]
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                sql.Identifier(name), sql.Literal(COMMENT)
            )
        )


def _refusal() -> str:
    with pytest.raises(ConfigurationError) as refused:
        prepare(NIGHT_IN_SPRING, lambda _: None)
    return refused.value.message


def test_an_empty_database_is_seen_as_one(empty_db: str) -> None:
    assert look() is State.EMPTY


def test_tables_of_others_are_refused_and_kept(empty_db: str) -> None:
    _as_owner("CREATE TABLE of_others (id int)")

    message = _refusal()

    assert look() is State.FOREIGN
    assert "has tables that the demo did not make" in message
    assert connections["owner"].introspection.table_names() == ["of_others"]


def test_tables_left_by_an_interrupted_demo_are_known(empty_db: str) -> None:
    _mark()
    _as_owner("CREATE TABLE django_migrations (id int)")

    assert look() is State.INCOMPLETE


def test_a_provisioned_but_unfilled_demo_is_known_as_interrupted(demo_db: str) -> None:
    before = look()

    _mark()

    assert (before, look()) == (State.FOREIGN, State.INCOMPLETE)


def test_a_quality_record_is_refused_and_kept(committed_db: str) -> None:
    message = _refusal()

    assert look() is State.RECORD
    assert "holds the records of a real installation" in message
    assert not Lot.objects.exists()


def test_nothing_follows_the_stated_time_in_a_quality_record(committed_db: str) -> None:
    past = replace(context(people().analyst), at=NIGHT_IN_SPRING - timedelta(days=400))

    with pytest.raises(ClockError):
        register_donor(past, code="UC-D0101")

    assert not Donor.objects.exists()


def test_a_complete_demo_is_used_as_it_is(logins: Logins) -> None:
    lots = Lot.objects.count()

    again = prepare(NIGHT_IN_SPRING, lambda _: None)

    assert again == logins
    assert Lot.objects.count() == lots


def test_a_complete_demo_is_judged_anew_when_it_starts(logins: Logins) -> None:
    expired = NIGHT_IN_SPRING + timedelta(days=170)

    prepare(expired, lambda _: None)

    lot = Lot.objects.get(number="MSC-001")
    assert [block["code"] for block in lot.blocks] == ["expired"]
    assert lot.judged_at == expired


def without_signatures_for_roles(quality_password: str) -> None:
    """As a demo made before roles needed quality's signature."""
    _as_owner("ALTER TABLE products_roleapproval DISABLE TRIGGER append_only")
    _as_owner("SELECT set_config('exolot.action', 'system.test', false)")
    _as_owner("DELETE FROM products_roleapproval")
    _as_owner("ALTER TABLE products_roleapproval ENABLE ALWAYS TRIGGER append_only")
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE products_user SET password = %s WHERE username = 'quality'",
            [make_password(quality_password)],
        )


def test_the_roles_of_an_older_demo_are_signed_for(logins: Logins) -> None:
    without_signatures_for_roles(logins.passwords["quality"])

    sign_for_older_roles(logins, NIGHT_IN_SPRING, lambda _: None)

    assert RoleApproval.objects.count() == len(EVERYBODY) - len(FIRST)


def test_the_roles_of_an_older_demo_wait_when_its_password_was_changed(logins: Logins) -> None:
    without_signatures_for_roles("another password than the one kept")
    said: list[str] = []

    sign_for_older_roles(logins, NIGHT_IN_SPRING, said.append)

    assert "wait for the signature of quality" in said[0]
    assert not RoleApproval.objects.exists()


def test_an_expired_token_is_replaced_and_kept(logins: Logins, directory: Path) -> None:
    later = NIGHT_IN_SPRING + timedelta(days=90)

    again = prepare(later, lambda _: None)

    assert again.token != logins.token
    assert read_logins(directory) == again
    assert ApiToken.objects.filter(purpose=LAST_RECORD, expiry__gt=later).count() == 1


@pytest.mark.parametrize("kept", [None, "of another database"])
def test_lost_logins_are_said_to_be_lost(filled_db: str, directory: Path, kept: str | None) -> None:
    if kept:
        write_logins(directory, Logins(kept, random_passwords(), "secret"))

    message = _refusal()

    assert f"{directory / FILE_NAME} with the logins of this demo database is gone" in message


def test_logins_that_cannot_be_read_are_named(logins: Logins, directory: Path) -> None:
    (directory / FILE_NAME).write_text("{")

    assert f"The file {directory / FILE_NAME} cannot be read" in _refusal()


def test_only_one_process_makes_the_demo_database(directory: Path) -> None:
    descriptor = keeper.open_lock(directory / LOCK)
    keeper.try_lock(descriptor, fcntl.LOCK_EX)

    message = _refusal()

    os.close(descriptor)
    assert "Another process is making the demo database" in message


@pytest.mark.parametrize("wide", [False, True])
def test_secrets_are_readable_by_their_user_only(directory: Path, wide: bool) -> None:
    if wide:
        (directory / FILE_NAME).touch(mode=0o644)

    write_logins(directory, Logins("", {}))
    key = secret_key_file(directory)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (directory / FILE_NAME, key)}
    assert modes == {0o600}
    assert len(key.read_text().strip()) >= 50
    assert secret_key_file(directory).read_text() == key.read_text()


def test_every_login_and_lot_is_printed_with_its_basis(logins: Logins) -> None:
    text = demo_text(logins, URL, NIGHT_IN_SPRING)

    for person in EVERYBODY:
        assert f"{person.username:<14} {logins.passwords[person.username]}" in text
    for number in Lot.objects.values_list("number", flat=True):
        assert f"    {number} " in text
    assert "DEMO-IND-0002, no real IND" in text
    assert f"-H 'Authorization: Bearer {logins.token}' {URL}/api/v1/lots/" in text


@pytest.mark.parametrize(
    "line",
    [
        "MSC-002    ‖ On hold      Freezer 3 stood at -58 °C",
        "NEB-002    ✕ Rejected     Particle content above 120 % of the label claim, confirmed\n",
        "NEB-004    ‖ On hold      Held for an authority; Transcription from paper not verified",
        "PLA-008    □ Quarantine   Result outside its limit; Investigation open; Required",
        "PLA-014    ∅ Void         Registered twice, as lot PLA-013\n",
        "AMF-002    ↩ Recalled     Endotoxin above the limit, confirmed\n",
        "AMF-004    ‖ On hold      Reagent recalled\n",
    ],
)
def test_a_lot_is_told_with_what_is_most_grave(filled_db: str, line: str) -> None:
    assert f"    {line}" in demo_text(Logins("", random_passwords(), ""), URL, NIGHT_IN_SPRING)


def test_a_lot_that_time_overtook_says_so(logins: Logins) -> None:
    later = NIGHT_IN_SPRING + timedelta(days=3650)

    text = demo_text(logins, URL, later)

    glyph = STATUS_GLYPHS[ReleaseStatus.EXPIRED]
    assert f"PLA-002    {glyph} Expired      to be judged again" in text


def test_the_settings_of_the_project_stay_as_they_were(filled_template: str) -> None:
    assert not any("QuickHasher" in name for name in site.PASSWORD_HASHERS)
