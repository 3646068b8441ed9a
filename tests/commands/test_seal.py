"""The command `seal`: its key, its checkpoints, its copies, and what it refuses."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Event, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from pytest_django import Settings

from products.domain.notes import open_checkpoint
from products.management.commands import seal as command
from products.models import Checkpoint, LedgerKey
from products.queries.ledger import ledger_verifiers
from qcsite.ledger_key import make_key
from tests.conftest import Databases
from tests.records import donor

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, settings: Settings) -> Path:
    settings.LEDGER_KEY_PATH = tmp_path / "ledger-key"
    return tmp_path / "ledger-key"


def said(*words: str) -> str:
    out = StringIO()
    call_command("seal", *words, stdout=out)
    return out.getvalue()


def test_an_embedded_database_makes_its_key_and_seals_what_waits(key_file: Path) -> None:
    assert said().startswith("Sealed ")

    assert key_file.stat().st_mode & 0o777 == 0o600
    assert open_checkpoint(Checkpoint.objects.get().note, ledger_verifiers()).size > 0


def test_the_database_of_a_server_gets_no_key_by_itself(settings: Settings) -> None:
    settings.DATABASE_URL = "postgresql://exolot_app@localhost/exolot"

    with pytest.raises(CommandError, match="cannot be read"):
        said()


def test_a_key_that_others_may_read_is_refused(key_file: Path) -> None:
    make_key(key_file)
    key_file.chmod(0o640)

    with pytest.raises(CommandError, match="mode 0640"):
        said()


def test_a_file_that_holds_no_key_is_refused(key_file: Path) -> None:
    key_file.write_text("secret\n")
    key_file.chmod(0o600)

    with pytest.raises(CommandError, match="does not hold a key"):
        said()


def test_a_key_that_is_there_is_never_replaced(key_file: Path) -> None:
    said("--make-key")
    before = key_file.read_text()

    with pytest.raises(CommandError, match="File exists"):
        said("--make-key")

    assert key_file.read_text() == before


def test_another_key_than_the_present_one_is_refused(key_file: Path) -> None:
    said()
    key_file.unlink()

    with pytest.raises(CommandError, match="present key"):
        said()


def test_a_key_is_handed_over_to_the_next(key_file: Path, tmp_path: Path) -> None:
    said()
    make_key(tmp_path / "next")

    assert "key is now" in said("--rotate", str(tmp_path / "next"))

    assert [each.number for each in LedgerKey.objects.all()] == [1, 2]
    assert len(ledger_verifiers()) == 2
    donor("D-0955")
    with pytest.raises(CommandError, match="Name the file of the present key"):
        said()


def test_each_checkpoint_is_copied_once_and_never_replaced(tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    said("--copy-to", str(copies))
    donor("D-0950")
    said("--copy-to", str(copies))
    said("--copy-to", str(copies))

    notes = [each.note for each in Checkpoint.objects.order_by("number")]
    assert [path.read_text() for path in sorted(copies.iterdir())] == notes
    assert len(notes) == 2


def test_what_was_not_copied_is_copied_the_next_time(tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    said("--copy-to", str(copies))
    for code in ("D-0953", "D-0954"):
        donor(code)
        said()

    said("--copy-to", str(copies))

    notes = [each.note for each in Checkpoint.objects.order_by("number")]
    assert [path.read_text() for path in sorted(copies.iterdir())] == notes
    assert len(notes) == 3


def test_a_ledger_that_lost_an_entry_does_not_grow_over_it(databases: Databases) -> None:
    with databases.connect(connections["default"].settings_dict["NAME"]) as owner:
        owner.execute("ALTER TABLE products_auditentry DISABLE TRIGGER USER")
        owner.execute(
            "DELETE FROM products_auditentry WHERE id = "
            "(SELECT entry_id FROM products_pending ORDER BY entry_id LIMIT 1)"
        )

    with pytest.raises(CommandError, match="is gone"):
        said()


def test_sealing_goes_on_where_nothing_can_be_copied(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "AT_LEAST_EVERY_S", 0)
    monkeypatch.setattr(command, "LOOK_EVERY_S", 0.05)
    complained, stopped = StringIO(), Event()
    following = command.Command(stdout=StringIO(), stderr=complained)
    signer = following._key()  # noqa: SLF001  # signals belong to the main thread

    def follow() -> None:
        try:
            following._follow(signer, stopped, tmp_path / "missing")  # noqa: SLF001  # as above
        finally:
            connections.close_all()

    thread = Thread(target=follow)
    thread.start()
    for _ in range(200):
        if complained.getvalue().count("not copied") > 1:
            break
        stopped.wait(0.05)
    is_alive = thread.is_alive()
    stopped.set()
    thread.join()

    assert is_alive
    assert complained.getvalue().count("not copied") > 1


def test_a_copy_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="are signed, but not copied"):
        said("--copy-to", str(tmp_path / "missing"))


def test_entries_that_wait_too_long_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    said()
    assert "No entry waits" in said("--check")

    monkeypatch.setattr(command, "LATE", timedelta(0))
    donor("D-0951")

    with pytest.raises(CommandError, match="waited for its seal"):
        said("--check")


def test_following_seals_what_is_written_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "AT_LEAST_EVERY_S", 0)
    monkeypatch.setattr(command, "LOOK_EVERY_S", 0.05)
    stopped = Event()
    following = command.Command(stdout=StringIO())
    following_key = following._key()  # noqa: SLF001  # signals belong to the main thread

    def follow() -> None:
        try:
            following._follow(following_key, stopped, None)  # noqa: SLF001  # as above
        finally:
            connections.close_all()

    thread = Thread(target=follow)
    thread.start()
    donor("D-0952")
    with connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute("SELECT count(*) FROM products_pending")
            if cursor.fetchone()[0] == 0:
                break
            stopped.wait(0.05)
    stopped.set()
    thread.join()

    assert Checkpoint.objects.exists()
