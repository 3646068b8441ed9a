"""Which migrations the database has, beside those that this version knows."""

from __future__ import annotations

from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def missing_migrations() -> list[str]:
    """The migrations that the database lacks, as ``app.name``."""
    return _named(_known_migrations() - MigrationRecorder(connection).applied_migrations().keys())


def unknown_migrations() -> list[str]:
    """Those that the database has from a newer version."""
    return _named(MigrationRecorder(connection).applied_migrations().keys() - _known_migrations())


def _named(migrations: frozenset[tuple[str, str]] | set[tuple[str, str]]) -> list[str]:
    return sorted(f"{app}.{name}" for app, name in migrations)
