"""One backup as one file: a ZIP archive, nothing compressed twice, of a dump and its manifest.

`unzip -p FILE database.dump | pg_restore` reads it without this program.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

FORMAT = "exolot-backup/1"
DUMP = "database.dump"
MANIFEST = "manifest.json"
PRIVATE = 0o600
CHUNK = 1024 * 1024
LARGEST_MANIFEST = 1024 * 1024
ENCRYPTED_ENTRY = 0x1
PARSER_ERRORS = (BadZipFile, EOFError, NotImplementedError, ValueError)
"""What zipfile raises for bytes that are no archive; each was met by changing bytes of one."""


class BackupFileError(Exception):
    """The file cannot be written or read; the message says what is wrong with it."""


class Sink(Protocol):
    def write(self, content: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds, all of it read in the snapshot of the dump.

    ``made_at`` is the database's clock; ``tables`` maps every table whose rows are carried to their
    number; ``audit_sha256`` is the SHA-256 over the hashes of all audit entries in the order of
    their ids; ``kind`` says whether the records are real or a demonstration's.
    """

    product_version: str
    postgresql: int
    made_at: str
    kind: str
    migrations: tuple[str, ...]
    tables: Mapping[str, int]
    not_carried: tuple[str, ...]
    audit_sha256: str
    dump_bytes: int = 0
    dump_sha256: str = ""

    @staticmethod
    def from_bytes(content: bytes) -> Manifest:
        """Raises BackupFileError for what is no manifest of `FORMAT`."""
        try:
            found: dict[str, Any] = json.loads(content)
            version = found.pop("format")
        except (ValueError, KeyError, AttributeError, TypeError):
            raise BackupFileError("its manifest is unreadable") from None
        if version != FORMAT:
            raise BackupFileError(
                f"its format is {str(version)[:40]!r}, and this program reads only {FORMAT!r}"
            )
        expected = {field.name: type(getattr(EXAMPLE, field.name)) for field in fields(Manifest)}
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in found.items()
        }
        if {name: type(value) for name, value in given.items()} != expected:
            raise BackupFileError("its manifest lacks facts or has unknown ones")
        return Manifest(**given)

    def to_bytes(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()


EXAMPLE = Manifest("", 0, "", "", (), {}, (), "")


def write_backup(path: Path, manifest: Manifest, write_dump: Callable[[Sink], object]) -> Manifest:
    """Write a backup under ``path``, whole or not at all, readable by its user only.

    Returns the manifest with the size and hash of the dump.

    Raises:
        BackupFileError: ``path`` exists, or cannot be written.
        Exception: whatever ``write_dump`` raises; no file is left.
    """
    try:
        with _new_file(path) as file, ZipFile(file, "w", ZIP_STORED) as archive:
            with archive.open(ZipInfo(DUMP), "w", force_zip64=True) as member:
                hashed = _Hashed(member)
                write_dump(hashed)
            manifest = replace(
                manifest, dump_bytes=hashed.length, dump_sha256=hashed.digest.hexdigest()
            )
            archive.writestr(ZipInfo(MANIFEST), manifest.to_bytes())
    except FileExistsError:
        raise BackupFileError(f"{path} exists already, and a backup never replaces one") from None
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error
        raise BackupFileError(f"{path} cannot be written: {why}") from error
    return manifest


def read_backup(path: Path) -> Manifest:
    """The manifest of the backup in ``path``, after all of it was read and found undamaged.

    Raises:
        BackupFileError: what is wrong with the file.
    """
    with _readable(path) as archive:
        names = archive.namelist()
        if names != [DUMP, MANIFEST]:
            raise BackupFileError(f"it does not hold {DUMP} and {MANIFEST}, and nothing else")
        if archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
            raise BackupFileError("its manifest is unreadable")
        manifest = Manifest.from_bytes(archive.read(MANIFEST))
        hashed = _Hashed()
        with archive.open(DUMP) as member:
            copy(member, hashed)
    if (hashed.length, hashed.digest.hexdigest()) != (manifest.dump_bytes, manifest.dump_sha256):
        raise BackupFileError("the dump inside is not the one whose SHA-256 the manifest names")
    return manifest


@contextmanager
def open_dump(path: Path) -> Iterator[IO[bytes]]:
    """The dump as a stream, as `pg_restore` reads it."""
    with _readable(path) as archive, archive.open(DUMP) as member:
        yield member


def copy(source: IO[bytes], target: Sink) -> None:
    while chunk := source.read(CHUNK):
        target.write(chunk)


class _Hashed:
    """Counts and hashes what is written on to ``target``."""

    def __init__(self, target: IO[bytes] | None = None) -> None:
        self.target = target
        self.length = 0
        self.digest = hashlib.sha256()
        self.feed = self.digest.update

    def write(self, content: bytes, /) -> None:
        self.length += len(content)
        self.feed(content)
        if self.target:
            self.target.write(content)


@contextmanager
def _readable(path: Path) -> Iterator[ZipFile]:
    """Raises BackupFileError for whatever the parser of the archive raises."""
    try:
        with ZipFile(path) as archive:
            # What claims otherwise is damaged, and would only lead into a decompressor's errors.
            for entry in archive.infolist():
                if entry.compress_type != ZIP_STORED or entry.flag_bits & ENCRYPTED_ENTRY:
                    raise BadZipFile(f"{entry.filename} claims to be compressed or encrypted")
            yield archive
    except PARSER_ERRORS as error:
        raise BackupFileError(
            f"it is no backup, or it is damaged or cut off ({str(error).strip() or 'at its end'})"
        ) from error
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error
        raise BackupFileError(f"it cannot be read: {why}") from error


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when all of it is on the disk; killed before, nothing is left.

    Raises:
        FileExistsError: ``path`` exists, from the beginning or by then.
    """
    if os.path.lexists(path):
        raise FileExistsError
    directory = path.parent
    descriptor, partial = _open_without_name(directory)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            # Given a directory, even one that does not matter, Python makes the call that follows
            # the link in /proc to the file itself.
            source = partial or f"/proc/self/fd/{file.fileno()}"
            os.link(source, path, src_dir_fd=file.fileno(), follow_symlinks=True)
    finally:
        if partial:
            partial.unlink(missing_ok=True)
    _sync_directory(directory)


def _open_without_name(directory: Path) -> tuple[int, Path | None]:
    """A new file without a name or, where the file system knows none, with one of its own."""
    with suppress(OSError, AttributeError):
        return os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, PRIVATE), None
    partial = directory / f".{secrets.token_hex(8)}.partial"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return os.open(partial, flags, PRIVATE), partial


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
