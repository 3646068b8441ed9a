"""The logins that the demo prints, kept in a file that only its user can read."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from products.domain.errors import ConfigurationError

FILE_NAME = "demo-logins"
KEY_FILE_NAME = "demo-secret-key"


@dataclass(frozen=True, slots=True)
class Logins:
    """``installation`` is the id of the database's own record; ``passwords`` are by account
    name; ``token`` is the auditor's, empty while none is issued.
    """

    installation: str
    passwords: dict[str, str]
    token: str = ""


def read_logins(directory: Path) -> Logins | None:
    """The logins kept in ``directory``, None when there are none.

    Raises:
        ConfigurationError: the file cannot be read as one that this module wrote.
    """
    path = directory / FILE_NAME
    try:
        return Logins(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise ConfigurationError(f"The file {path} cannot be read: {error}") from error


def write_logins(directory: Path, logins: Logins) -> None:
    _write_private(directory / FILE_NAME, json.dumps(asdict(logins), indent=1) + "\n")


def secret_key_file(directory: Path) -> Path:
    """The file with the key that signs the demo's sessions, made when it is missing."""
    path = directory / KEY_FILE_NAME
    if not path.exists():
        _write_private(path, secrets.token_urlsafe(64) + "\n")
    return path


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, readable by its user only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
