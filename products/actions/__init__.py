"""The only writers: each function is one named decision, in one transaction."""

from __future__ import annotations
