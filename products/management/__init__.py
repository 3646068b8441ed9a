"""Commands: each parses its words, builds a Context and calls an action."""

from __future__ import annotations
