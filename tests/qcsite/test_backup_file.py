"""The file of a backup: whatever happened to its bytes, it is read or refused in plain words."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcsite.backup_file import EXAMPLE, BackupFileError, read_backup, write_backup

DUMP = b"PGDMP" + bytes(range(256))
TABLE_OF_CONTENTS = b"PK\x01\x02"


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "small"
    write_backup(path, replace(EXAMPLE, tables={"lot": 1}), lambda sink: sink.write(DUMP))
    return path


def test_what_was_written_is_read(backup: Path) -> None:
    assert read_backup(backup).dump_bytes == len(DUMP)


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
def test_an_entry_that_says_something_else_of_itself_is_refused(
    backup: Path, tmp_path: Path, offset: int, value: int, said: str
) -> None:
    content = bytearray(backup.read_bytes())
    content[content.index(TABLE_OF_CONTENTS) + offset] = value
    path = tmp_path / "changed"
    path.write_bytes(content)

    with pytest.raises(BackupFileError, match=said):
        read_backup(path)


@given(
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4),
    cut=st.integers(0, 2_000),
)
def test_no_change_of_bytes_does_anything_but_be_refused(
    backup: Path, changes: list[tuple[int, int]], cut: int
) -> None:
    content = bytearray(backup.read_bytes())
    for place, value in changes:
        content[-1 - place % len(content)] = value
    path = backup.with_name("changed")
    path.write_bytes(content[: max(len(content) - cut % 3 * cut, 0)])

    with suppress(BackupFileError):
        assert read_backup(path).dump_bytes == len(DUMP)
