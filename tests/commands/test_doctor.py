"""`doctor` says what each check finds: each is made red and green in a database of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import override_settings
from pytest_django.fixtures import Settings

from products.domain.checkup import Finding, Level
from products.domain.notes import Checkpoint as Head
from products.domain.notes import Signer, checkpoint_text, sign_note
from products.management.checkup import CHECKS, causes_to_warn_of, find, grave_causes
from products.models import Checkpoint
from qcsite.ledger_key import make_key
from tests.factors import app_of
from tests.records import lot
from tests.sealing import SIGNER, checkpoint, seal, signer

OWNER = "owner"
GREEN, YELLOW, RED = Level.GREEN, Level.YELLOW, Level.RED
BY_NAME = {check.name: check for check in CHECKS}

pytestmark = pytest.mark.usefixtures("committed_db")


def found(name: str) -> Finding:
    return find(BY_NAME[name])


def as_owner(*statements: str, ago: str = "") -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('exolot.action', 'test.spoil', false), "
            "set_config('test.ago', %s, false)",
            [ago],
        )
        for statement in statements:
            cursor.execute(statement)


def as_app(statement: str, ago: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('exolot.action', 'test.write', false), "
            "set_config('test.ago', %s, false)",
            [ago],
        )
        cursor.execute(statement)
        cursor.execute("SELECT set_config('exolot.action', '', false)")


def entries_were_written(ago: str) -> None:
    as_owner(
        "ALTER TABLE products_auditentry DISABLE TRIGGER append_only",
        (
            "UPDATE products_auditentry "
            "SET recorded_at = now() - current_setting('test.ago')::interval"
        ),
        "ALTER TABLE products_auditentry ENABLE ALWAYS TRIGGER append_only",
        ago=ago,
    )


def sealed(ago: str) -> None:
    """Every entry is in the tree, and a checkpoint that was signed at that time covers it."""
    checkpoint()
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() - %s::interval", [ago])
        resign(Checkpoint.objects.get(), cursor.fetchone()[0])


def resign(head: Checkpoint, at: datetime, key: Signer = SIGNER, columns: str = "") -> None:
    """Sign another time for ``head`` with ``key``, and store it, as the owner could."""
    instant = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    text = checkpoint_text(Head(key.name, head.size, bytes(head.root), (f"sealed {instant}",)))
    note = sign_note(text, key)
    checkpoints_changed(
        f"sealed_at = '{instant}', note = '{note}'{columns} WHERE number = {head.number}"
    )


def checkpoints_changed(values: str) -> None:
    as_owner(
        "ALTER TABLE products_checkpoint DISABLE TRIGGER append_only",
        f"UPDATE products_checkpoint SET {values}",  # noqa: S608  # of the tests
        "ALTER TABLE products_checkpoint ENABLE ALWAYS TRIGGER append_only",
    )


def backed_up(ago: str) -> None:
    as_owner(
        (
            "INSERT INTO products_backup (made_at, file_name, size, sha256, product_version) "
            "VALUES (now() - current_setting('test.ago')::interval, 'x.backup', 1, '', '')"
        ),
        ago=ago,
    )


def installed(ago: str) -> None:
    as_owner(
        "ALTER TABLE products_installation DISABLE TRIGGER stamp_recorded",
        (
            "UPDATE products_installation "
            "SET recorded_at = now() - current_setting('test.ago')::interval"
        ),
        "ALTER TABLE products_installation ENABLE ALWAYS TRIGGER stamp_recorded",
        ago=ago,
    )


@pytest.fixture
def key(tmp_path: Path, settings: Settings) -> Path:
    settings.LEDGER_KEY_PATH = tmp_path / "ledger-key"
    make_key(settings.LEDGER_KEY_PATH)
    return tmp_path / "ledger-key"


@pytest.mark.parametrize("name", [name for name in BY_NAME if name != "durability"])
def test_nothing_is_red_where_all_is_well(name: str, key: Path) -> None:
    # What made the database this one is a copy of may have waited for long.
    seal()
    with override_settings(SECRET_KEY="k" * 50, DEBUG=False):
        finding = found(name)

    assert finding.level is not RED, finding
    assert finding.level is GREEN or name in {"backup", "checkpoint"}, finding


def test_a_key_that_others_can_read_is_red_until_they_cannot(key: Path) -> None:
    key.chmod(0o640)
    finding = found("ledger key")
    key.chmod(0o600)

    assert (finding.level, "has mode 0640" in finding.said) == (RED, True)
    assert found("ledger key").level is GREEN


def test_a_key_that_is_gone_is_red_once_the_ledger_is_signed(key: Path) -> None:
    sealed("1 minute")
    key.unlink()

    finding = found("ledger key")

    assert (finding.level, "cannot be read" in finding.said) == (RED, True)


def test_an_embedded_database_may_wait_for_its_first_key(key: Path) -> None:
    key.unlink()

    assert found("ledger key").level is YELLOW


def test_another_key_than_the_ledgers_is_red(key: Path) -> None:
    sealed("1 minute")

    assert "holds another key than exolot.example/ledger" in found("ledger key").said


def test_settings_that_are_not_fit_for_records_are_red(settings: Settings) -> None:
    settings.SECRET_KEY = settings.DEVELOPMENT_KEY

    assert "development key" in found("settings").said


def test_a_role_that_owns_the_tables_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connections["default"].settings_dict, "USER", "exolot_owner")

    finding = found("database role")

    connection.close()
    assert (finding.level, "exolot_owner, who owns" in finding.said) == (RED, True)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "DELETE FROM django_migrations WHERE name = '0006_invariant'",
            "the database lacks products.0006_invariant",
        ),
        (
            "INSERT INTO django_migrations (app, name, applied) VALUES ('products', '9999', now())",
            "the database has products.9999, which this version lacks",
        ),
    ],
)
def test_other_migrations_than_this_version_has_are_red(statement: str, said: str) -> None:
    as_owner(statement)

    finding = found("migrations")

    assert (finding.level, said in finding.said) == (RED, True)


def test_a_guard_that_was_switched_off_is_red_until_it_is_on_again() -> None:
    as_owner("ALTER TABLE products_note DISABLE TRIGGER zz_audit")
    finding = found("guards")
    as_owner("ALTER TABLE products_note ENABLE ALWAYS TRIGGER zz_audit")

    assert finding.level is RED
    assert finding.said == "products_note: the trigger zz_audit can be switched off or is off."
    assert found("guards").level is GREEN


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("GRANT DELETE ON products_note TO exolot_app", "exolot_app may DELETE products_note"),
        (
            "GRANT UPDATE (reason) ON products_auditentry TO exolot_app",
            "exolot_app may UPDATE products_auditentry (reason)",
        ),
        ("REVOKE INSERT ON products_note FROM exolot_app", "exolot_app may not INSERT products_no"),
        (
            "REVOKE EXECUTE ON FUNCTION products_seal(integer) FROM exolot_app",
            "exolot_app may not call products_seal(integer)",
        ),
        (
            "GRANT EXECUTE ON FUNCTION products_audit() TO exolot_app",
            "exolot_app may call products_audit()",
        ),
        (
            "GRANT SELECT (password) ON products_user TO exolot_auditor",
            "exolot_auditor may SELECT products_user (password)",
        ),
        ("GRANT INSERT ON products_note TO exolot_auditor", "exolot_auditor may INSERT products_n"),
        ("GRANT SELECT ON products_user TO PUBLIC", "everybody may SELECT on products_user"),
        ("GRANT CREATE ON SCHEMA public TO exolot_app", "exolot_app may CREATE in the schema"),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC", "everybody may CREATE in the schema public"),
        ("GRANT TEMP ON DATABASE {name} TO PUBLIC", "everybody may TEMPORARY in the database"),
    ],
)
def test_a_right_too_many_or_too_few_is_red(statement: str, said: str, committed_db: str) -> None:
    as_owner(statement.format(name=committed_db))

    finding = found("rights")

    assert finding.level is RED
    assert said in finding.said


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT lo_from_bytea(0, 'x')", "somebody stored 1 large object(s)"),
        (
            "ALTER ROLE exolot_auditor IN DATABASE {name} SET search_path = x",
            "exolot_auditor begins its sessions with search_path=x",
        ),
    ],
)
def test_what_a_role_left_beside_the_records_is_told(
    statement: str, said: str, committed_db: str
) -> None:
    as_owner(statement.format(name=committed_db))

    finding = found("strays")

    assert finding.level is YELLOW
    assert said in finding.said


def test_a_server_that_does_not_wait_for_the_disk_is_red() -> None:
    finding = found("durability")

    assert finding.level is RED
    assert "fsync off: a power failure can destroy the database" in finding.said


def test_another_clock_is_red(committed_db: str) -> None:
    as_owner(
        "CREATE SCHEMA wrong",
        "CREATE FUNCTION wrong.clock_timestamp() RETURNS timestamptz LANGUAGE sql "
        "AS $$ SELECT pg_catalog.clock_timestamp() + interval '2 minutes' $$",
        "GRANT USAGE ON SCHEMA wrong TO exolot_app",
    )
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = wrong, pg_catalog, public")

    finding = found("clock")

    assert finding.level is RED
    assert "behind the database's" in finding.said


@pytest.mark.parametrize(
    ("sealed_ago", "level"), [("1 minute", GREEN), ("25 hours", RED), ("23 hours", YELLOW)]
)
def test_a_checkpoint_is_red_a_day_after_it_covered_everything(
    sealed_ago: str, level: Level
) -> None:
    sealed(sealed_ago)
    assert found("checkpoint").level is GREEN

    as_app("INSERT INTO products_person (printed_name) VALUES ('One more')")
    entries_were_written("1 minute" if level is GREEN else "6 minutes")

    assert found("checkpoint").level is level


def test_entries_of_yesterday_without_any_checkpoint_are_red() -> None:
    assert found("checkpoint").level is YELLOW

    entries_were_written("25 hours")

    assert found("checkpoint").level is RED


def test_entries_beyond_the_last_checkpoint_are_counted_in_the_tree_too() -> None:
    sealed("25 hours")
    as_app("INSERT INTO products_person (printed_name) VALUES ('One more')")
    as_app("SELECT products_seal(10)")

    assert "does not cover 1 entries" in found("checkpoint").said
    assert found("ledger queue").level is GREEN


def head_stored(note: str) -> None:
    """As the serving role, who may call the sealer's function, with any signature."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT products_add_checkpoint(n.size, products_root(n.size), "
            "replace(replace(replace(%s, 'SIZE', n.size::text), "
            "'ROOT', encode(products_root(n.size), 'base64')), 'NOW', to_char(clock_timestamp() "
            "AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')), k.id) "
            "FROM products_ledgerkey k, (SELECT max(index) + 1 AS size FROM products_leaf) n",
            [note],
        )


def test_a_checkpoint_that_the_ledgers_key_did_not_sign_is_red() -> None:
    sealed("1 minute")
    as_app("INSERT INTO products_person (printed_name) VALUES ('One more')")
    seal()
    assert found("checkpoint").level is GREEN

    name = signer().name
    head_stored(f"{name}\nSIZE\nROOT\nsealed NOW\n\n— {name} {'A' * 91}=\n")

    finding = found("checkpoint")
    assert finding.level is RED
    assert "Checkpoint 2 is not the ledger's: No known key signed the note." in finding.said


@pytest.mark.parametrize(("ago", "level"), [("6 minutes", YELLOW), ("25 hours", RED)])
def test_a_queue_that_nobody_seals_turns_red(ago: str, level: Level) -> None:
    entries_were_written(ago)

    finding = found("ledger queue")

    assert finding.level is level
    assert "Start `seal --follow`" in finding.remedy


@pytest.mark.parametrize(("ago", "level"), [("2 minutes", YELLOW), ("20 minutes", RED)])
def test_a_lot_that_is_overdue_is_named(ago: str, level: Level) -> None:
    lot()
    as_app(
        "UPDATE products_lot SET judged_until = now() - current_setting('test.ago')::interval", ago
    )

    finding = found("overdue judging")

    assert finding.level is level
    assert finding.said.startswith("Lot EV-26-001 has been due")


def test_a_lot_that_its_records_contradict_is_red() -> None:
    lot()
    as_app("UPDATE products_lot SET release_status = 'rejected'")

    finding = found("lots")

    assert finding.level is RED
    assert "lot EV-26-001: it shows as rejected" in finding.said


@pytest.mark.parametrize(("ago", "level"), [("1 hour", GREEN), ("2 days", YELLOW), ("8 days", RED)])
def test_a_backup_is_known_by_the_record_it_left(ago: str, level: Level) -> None:
    backed_up(ago)

    assert found("backup").level is level


def test_records_of_a_week_without_a_backup_are_red() -> None:
    installed("8 days")

    assert found("backup").level is RED


def test_a_demonstration_needs_no_backup(demo_db: str) -> None:
    installed("8 days")

    assert found("backup").level is GREEN


@pytest.mark.parametrize(("name", "days"), [("credentials", 180), ("audit trail", 30)])
def test_a_review_that_was_never_held_is_overdue_from_the_installation_on(
    name: str, days: int
) -> None:
    installed(f"{days - 1} days")
    assert found(name).level is GREEN

    installed(f"{days + 1} days")
    finding = found(name)

    assert finding.level is YELLOW
    assert finding.said.startswith(f"It is due every {days} d, and is 1 d")
    assert "signs" in finding.remedy


def test_a_database_that_does_not_answer_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connections["default"].settings_dict, "NAME", "nowhere")

    finding = found("guards")

    connection.close()
    assert finding.level is RED
    assert finding.said.startswith("It could not be checked")


def test_looking_leaves_the_connection_as_it_was() -> None:
    connection.close()

    assert grave_causes() == ()

    assert connection.connection is None
    as_owner("ALTER TABLE products_note DISABLE TRIGGER zz_audit")
    connection.ensure_connection()
    assert [cause.split(":")[0] for cause in grave_causes()] == ["Guards"]
    assert connection.connection is not None


def test_signers_without_a_factor_are_named_where_the_setting_asks(settings: Settings) -> None:
    assert found("second factors").level is GREEN
    settings.SIGNERS_NEED_SECOND_FACTOR = True
    app_of("quality")

    finding = found("second factors")

    assert finding.level is YELLOW
    assert "analyst, analyst2, quality2, reviewer" in finding.said
    assert "auditor" not in finding.said


def test_apps_whose_key_is_gone_are_named_and_said_at_the_start(settings: Settings) -> None:
    app_of("analyst")
    assert causes_to_warn_of() == ()
    settings.FACTOR_KEYS = []

    (cause,) = causes_to_warn_of()

    assert found("second factors").level is RED
    assert cause.startswith("Second factors: no key opens the secret of analyst's Pocket.")


def doctor(**options: Any) -> tuple[list[str], str]:
    """The lines, and the complaint at the end."""
    said, complaint = StringIO(), ""
    try:
        call_command("doctor", stdout=said, **options)
    except CommandError as error:
        complaint = str(error)
    return said.getvalue().splitlines(), complaint


def test_every_check_has_one_line_and_red_ones_fail_the_command(
    settings: Settings, key: Path
) -> None:
    settings.SECRET_KEY = "k" * 50
    as_owner("GRANT DELETE ON products_note TO exolot_app")

    lines, complaint = doctor()

    assert [line[7:].split(":")[0] for line in lines] == list(BY_NAME)
    assert [line.split()[0] for line in lines if "rights" in line[:15]] == ["RED"]
    assert lines[4].endswith("Run `provision` as the database's owner.")
    # The test cluster does not wait for the disk.
    assert complaint == "2 check(s) are red: rights, durability."


def test_in_a_hurry_no_lot_is_judged() -> None:
    lines, _ = doctor(quick=True)

    assert [line[7:].split(":")[0] for line in lines] == [n for n in BY_NAME if n != "lots"]
