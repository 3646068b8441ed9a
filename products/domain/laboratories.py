"""Outside laboratories: what their reports state beside the values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ControlsStatement(StrEnum):
    """What the signed report says of the controls of the test."""

    ACCEPTABLE = "acceptable"
    NOT_ACCEPTABLE = "not_acceptable"
    NOT_STATED = "not_stated"


CONTROLS_LABELS: Mapping[ControlsStatement, str] = MappingProxyType(
    {
        ControlsStatement.ACCEPTABLE: "The report says that the controls were acceptable",
        ControlsStatement.NOT_ACCEPTABLE: "The report says that the controls were not acceptable",
        ControlsStatement.NOT_STATED: "The report does not speak of the controls",
    }
)
