"""How records are worded on a page."""

from __future__ import annotations
