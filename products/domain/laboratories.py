"""Outside laboratories: what their reports state beside the values."""

from __future__ import annotations

from enum import StrEnum


class ControlsStatement(StrEnum):
    """What the signed report says of the controls of the test."""

    ACCEPTABLE = "acceptable"
    NOT_ACCEPTABLE = "not_acceptable"
    NOT_STATED = "not_stated"
