"""Which Exolot this is. The image carries neither the changelog nor pyproject.toml."""

from __future__ import annotations

VERSION = "0.1.0"
