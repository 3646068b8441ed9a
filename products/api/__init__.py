"""The REST API: parses what a client sends, calls one action or one query, and shows the answer."""

from __future__ import annotations
