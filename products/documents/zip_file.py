"""A ZIP archive that is written as it is sent: never whole in memory, never on disk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

AT_ONCE = 65_536
# Never a way up or to the root, nor what one file system or another reads otherwise.
NAME = re.compile(r"(?:[\w-][\w.-]*/)*(?:\.rels|\[Content_Types\]\.xml|[\w-][\w.-]*)", re.ASCII)
Member = tuple[str, Iterable[bytes]]


class Sum:
    """SHA-256 and size of what passed through it."""

    def __init__(self) -> None:
        self.size = 0
        self._digest = sha256()

    def of(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        for part in parts:
            self._digest.update(part)
            self.size += len(part)
            yield part

    @property
    def sha256(self) -> bytes:
        return self._digest.digest()


class _Sent:
    """What was written and not taken yet. It cannot be sought in, as a line to a client cannot."""

    def __init__(self) -> None:
        self.held = bytearray()

    def write(self, part: bytes) -> int:
        self.held += part
        return len(part)

    def flush(self) -> None:
        """All that is written is there to be taken."""

    def take(self) -> bytes:
        taken = bytes(self.held)
        self.held.clear()
        return taken


def zip_file(members: Iterable[Member], at: datetime, *, is_large: bool = True) -> Iterator[bytes]:
    """The archive of ``members`` in their order; each is asked for after the one before is written.

    ``at`` stands as their time. ``is_large``: a member may be over 2 GiB, which spreadsheet
    programs do not read; without it such a member breaks off with RuntimeError.

    Raises:
        ValueError: a name that would lead somewhere when it is unpacked, or that comes twice.
    """
    sent = _Sent()
    names: set[str] = set()
    with ZipFile(sent, "w", ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # write and flush are all it needs
        for name, parts in members:
            if not NAME.fullmatch(name) or name in names:
                raise ValueError(f"{name!r} cannot be a file in an archive.")
            names.add(name)
            info = ZipInfo(name, at.timetuple()[:6])
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with archive.open(info, "w", force_zip64=is_large) as member:
                for part in parts:
                    member.write(part)
                    if len(sent.held) >= AT_ONCE:
                        yield sent.take()
            yield sent.take()
    yield sent.take()
