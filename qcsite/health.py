"""Two addresses for those who watch the server: is it alive; can it do its work."""

from __future__ import annotations

from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from qcsite.embedded import EmbeddedDatabaseError


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def missing_migrations() -> list[str]:
    """The migrations that the database lacks, as ``app.name``."""
    missing = _known_migrations() - MigrationRecorder(connection).applied_migrations().keys()
    return sorted(f"{app}.{name}" for app, name in missing)


@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    try:
        missing = missing_migrations()
    except (DatabaseError, EmbeddedDatabaseError):
        return JsonResponse(
            {"status": "not ready", "reason": "The database does not answer."}, status=503
        )
    if missing:
        reason = f"The database lacks {len(missing)} migration(s): run provision."
        return JsonResponse({"status": "not ready", "reason": reason}, status=503)
    return JsonResponse({"status": "ready"})
