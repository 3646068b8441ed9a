"""The database engine: Django's PostgreSQL, with the embedded server behind it when asked for."""

from __future__ import annotations
