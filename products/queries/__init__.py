"""Rows to plain facts, and lean lists. Never writes."""

from __future__ import annotations
