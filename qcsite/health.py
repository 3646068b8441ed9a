"""Two addresses for those who watch the server: is it alive; can it do its work."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from products.domain.checkup import Level
from products.management.checkup import CHECKS, find

# Whoever asks often learns it a little late, and costs the database nothing.
KEPT_S = 10
KEPT_AS = "exolot.readiness"

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Anybody may ask: what is wrong stands in the log and in `doctor`, not here."""
    if cache.get_or_set(KEPT_AS, _is_ready, KEPT_S):
        return JsonResponse({"status": "ready"})
    reason = "Run manage.py doctor on the server."
    return JsonResponse({"status": "not ready", "reason": reason}, status=503)


def _is_ready() -> bool:
    red = [
        (check, finding)
        for check in CHECKS
        if check.cheap and (finding := find(check)).level is Level.RED
    ]
    for check, finding in red:
        logger.error("Not ready, %s: %s %s", check.name, finding.said, finding.remedy)
    return not red
