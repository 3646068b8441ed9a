"""The file that holds the ledger's signing key: 32 random bytes in hexadecimal, mode 0600."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from products.domain.notes import Signer, make_signer

PRIVATE = 0o600
_SEED = re.compile(r"[0-9a-f]{64}\n?")


def read_key(path: Path, name: str) -> Signer:
    """The key in the file, under the ledger's name.

    Raises:
        ImproperlyConfigured: there is no such file, others can read it, or it holds no key.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"The ledger's key {path} cannot be read ({error}). Name it by LEDGER_KEY_PATH, or "
            "make one by `seal --make-key`."
        ) from error
    if mode & ~PRIVATE:
        raise ImproperlyConfigured(
            f"The ledger's key {path} has mode {mode:04o}: others may read or change it. Set it "
            "to 0600."
        )
    if not _SEED.fullmatch(text):
        raise ImproperlyConfigured(f"The file {path} does not hold a key of the ledger.")
    return make_signer(name, bytes.fromhex(text.strip()))


def make_key(path: Path) -> None:
    """Write a new key; a file that exists is never replaced.

    Raises:
        ImproperlyConfigured: the file exists, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The ledger's key {path} was not made: {error.strerror}."
        ) from error
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{secrets.token_hex(32)}\n")
        file.flush()
        os.fsync(file.fileno())
