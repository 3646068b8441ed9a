"""What these thousands of requests need not do each time: other tests look at it."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from drf_spectacular.views import SpectacularAPIView
from rest_framework.response import Response


@pytest.fixture(autouse=True)
def _plain_refusals_and_description(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of a refusal, which is drawn for each, and the API's description of a megabyte."""

    def plain(status: int) -> object:
        def answer(request: HttpRequest, exception: Exception) -> HttpResponse:
            return HttpResponse(status=status)

        return answer

    for status in (403, 404):
        monkeypatch.setattr(f"qcsite.urls.handler{status}", plain(status), raising=False)
    monkeypatch.setattr(
        SpectacularAPIView, "_get_schema_response", lambda view, request: Response({})
    )
