"""The file of a backup: whole or not there, and any damage to it is noticed."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qcsite.backup_file import (
    DUMP,
    EXAMPLE,
    LARGEST_MANIFEST,
    MANIFEST,
    BackupFileError,
    Manifest,
    Sink,
    copy,
    open_dump,
    read_backup,
    write_backup,
)

FACTS = replace(
    EXAMPLE,
    product_version="0.1.0",
    postgresql=18,
    made_at="2026-11-22T15:00:00Z",
    kind="record",
    migrations=("products.0001_records",),
    tables={"products_lot": 3},
    not_carried=("django_session",),
    audit_sha256="ab" * 32,
)
CONTENT = bytes(range(256)) * 8


def _write(target: Sink) -> None:
    target.write(CONTENT)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("backup") / "good"
    write_backup(made, FACTS, _write)
    return made


def _members(path: Path, *members: tuple[str, bytes]) -> Path:
    with ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def test_what_was_written_is_read(path: Path) -> None:
    manifest = read_backup(path)

    with open_dump(path) as dump:
        assert dump.read() == CONTENT
    assert manifest == replace(FACTS, dump_bytes=len(CONTENT), dump_sha256=manifest.dump_sha256)


def test_a_failing_dump_leaves_no_file(tmp_path: Path) -> None:
    def fail(target: Sink) -> None:
        target.write(CONTENT)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_backup(tmp_path / "file", FACTS, fail)

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    def appear(target: Sink) -> None:
        (tmp_path / "file").write_text("of somebody else")

    with pytest.raises(BackupFileError, match="exists already"):
        write_backup(tmp_path / "file", FACTS, appear)

    assert [entry.read_text() for entry in tmp_path.iterdir()] == ["of somebody else"]


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "file").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(BackupFileError, match="exists already"):
        write_backup(tmp_path / "file", FACTS, _write)


def test_where_files_need_a_name_they_have_one_until_they_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "O_TMPFILE")
    seen: list[str] = []

    def look(target: Sink) -> None:
        seen.extend(entry.suffix for entry in tmp_path.iterdir())
        _write(target)

    write_backup(tmp_path / "file", FACTS, look)

    assert seen == [".partial"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    assert read_backup(tmp_path / "file").tables == FACTS.tables


def test_a_full_disk_is_said() -> None:
    with pytest.raises(BackupFileError, match="cannot be written: "):
        write_backup(Path("/proc/exolot"), FACTS, _write)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([(DUMP, CONTENT)], "does not hold"),
        ([(MANIFEST, b"{}"), (DUMP, CONTENT)], "does not hold"),
        ([(DUMP, CONTENT), (MANIFEST, b"{}")], "manifest is unreadable"),
        ([(DUMP, CONTENT), (MANIFEST, b"[1]")], "manifest is unreadable"),
        ([(DUMP, CONTENT), (MANIFEST, b"\xff")], "manifest is unreadable"),
        ([(DUMP, CONTENT), (MANIFEST, b" " * (LARGEST_MANIFEST + 1))], "manifest is unreadable"),
        ([(DUMP, CONTENT), (MANIFEST, b'{"format": "x"}')], "its format is 'x'"),
        (
            [(DUMP, CONTENT), (MANIFEST, b'{"format": "exolot-backup/1"}')],
            "lacks facts or has unknown ones",
        ),
        ([(DUMP, CONTENT), (MANIFEST, FACTS.to_bytes())], "whose SHA-256 the manifest names"),
    ],
)
def test_what_is_no_backup_is_said(
    members: list[tuple[str, bytes]], said: str, tmp_path: Path
) -> None:
    with pytest.raises(BackupFileError, match=said):
        read_backup(_members(tmp_path / "file", *members))


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive" * 100])
def test_a_file_of_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)

    with pytest.raises(BackupFileError, match="no backup, or it is damaged or cut off"):
        read_backup(tmp_path / "file")


@pytest.mark.parametrize(
    ("offset", "value", "said"),
    [
        (6, 255, "version 25.5"),
        (8, 1, "claims to be compressed or encrypted"),
        (10, 8, "claims to be compressed or encrypted"),
        (10, 14, "claims to be compressed or encrypted"),
    ],
    ids=["version", "encrypted", "deflated", "lzma"],
)
@pytest.mark.parametrize("entry", [DUMP, MANIFEST])
def test_an_entry_that_says_something_else_of_itself_is_refused(
    path: Path, tmp_path: Path, *, entry: str, offset: int, value: int, said: str
) -> None:
    content = bytearray(path.read_bytes())
    first, last = content.index(b"PK\x01\x02"), content.rindex(b"PK\x01\x02")
    content[(first if entry == DUMP else last) + offset] = value
    (tmp_path / "file").write_bytes(content)

    with pytest.raises(BackupFileError, match=said):
        read_backup(tmp_path / "file")


def test_a_fact_of_another_type_is_refused(tmp_path: Path) -> None:
    facts = json.loads(FACTS.to_bytes())
    facts["postgresql"] = "18"

    with pytest.raises(BackupFileError, match="lacks facts or has unknown ones"):
        Manifest.from_bytes(json.dumps(facts).encode())


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 255)), max_size=4))
def test_a_broken_table_of_contents_does_nothing_but_be_refused(
    changes: list[tuple[int, int]], path: Path, tmp_path: Path
) -> None:
    content = bytearray(path.read_bytes())
    for from_end, value in changes:
        content[-from_end] = value
    (tmp_path / "file").write_bytes(content)

    with suppress(BackupFileError):
        assert read_backup(tmp_path / "file").dump_bytes == len(CONTENT)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_goes_unnoticed(data: st.DataObject, path: Path, tmp_path: Path) -> None:
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    damaged = tmp_path / "damaged"
    damaged.write_bytes(content)

    try:
        manifest = read_backup(damaged)
    except BackupFileError:
        return

    # What is left are bytes of the archive that say nothing, such as the time of an entry.
    assert manifest == read_backup(path)
    with open_dump(damaged) as dump:
        assert dump.read() == CONTENT


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_shorter_file_is_a_backup(data: st.DataObject, path: Path, tmp_path: Path) -> None:
    content = path.read_bytes()
    short = tmp_path / "short"
    short.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])

    with pytest.raises(BackupFileError):
        read_backup(short)


def test_copying_moves_every_byte(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(CONTENT * 2000)

    with source.open("rb") as left, target.open("wb") as right:
        copy(left, right)

    assert target.read_bytes() == CONTENT * 2000
