"""Holds: of the site's own quality unit, or until an authority has released the lot."""

from __future__ import annotations

from enum import StrEnum


class HoldKind(StrEnum):
    """Official: an authority asked for samples or protocols first (21 CFR 610.2)."""

    SITE = "site"
    OFFICIAL = "official"
