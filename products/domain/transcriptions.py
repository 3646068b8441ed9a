"""Records transcribed from paper of the time before a site's go-live date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from products.domain.errors import ConflictError, InvalidValueError


class TranscriptionKind(StrEnum):
    RUN = "run"
    SPECIFICATION = "specification"
    METHOD = "method"
    DETERMINATION = "determination"
    SOURCE = "source"


TRANSCRIPTION_LABELS: Mapping[TranscriptionKind, str] = MappingProxyType(
    {
        TranscriptionKind.RUN: "Run",
        TranscriptionKind.SPECIFICATION: "Specification",
        TranscriptionKind.METHOD: "Method",
        TranscriptionKind.DETERMINATION: "Donor determination",
        TranscriptionKind.SOURCE: "Tissue source",
    }
)


def check_before_go_live(dated_on: date, go_live_on: date | None, site: str) -> None:
    """Paper counts only from before the day on which ``site`` began to record here.

    Raises:
        ConflictError: nobody has signed a go-live date for the site.
        InvalidValueError: the paper is of the go-live date or later.
    """
    if go_live_on is None:
        raise ConflictError(
            f"The site {site} has no signed go-live date. Quality declares it before anything is "
            "transcribed from paper.",
            code="go_live_missing",
        )
    if dated_on >= go_live_on:
        raise InvalidValueError(
            f"The paper is dated {dated_on}, but the site {site} records here since {go_live_on}. "
            "Only what is dated before that day may be transcribed from paper.",
            code="not_before_go_live",
            field="dated_on",
        )
