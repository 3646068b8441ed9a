"""The life of a controlled document: a method version or a specification version."""

from __future__ import annotations

from enum import StrEnum


class DocumentState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    RETIRED = "retired"
