"""Records transcribed from paper of the time before a site's go-live date."""

from __future__ import annotations

from enum import StrEnum


class TranscriptionKind(StrEnum):
    RUN = "run"
    SPECIFICATION = "specification"
    METHOD = "method"
    DETERMINATION = "determination"
    SOURCE = "source"
