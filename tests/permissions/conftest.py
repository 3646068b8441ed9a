"""What these thousands of requests need not do each time: other tests look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import Origin
from django.template.loaders.base import Loader
from drf_spectacular.views import SpectacularAPIView
from pytest_django import Settings
from rest_framework.response import Response


class Blank(Loader):
    """Every page is empty: what is asked is whether it is given."""

    def get_contents(self, origin: Origin) -> str:
        return ""

    def get_template_sources(self, template_name: str) -> Iterator[Origin]:
        yield Origin(template_name, template_name, self)


@pytest.fixture(autouse=True)
def _blank_pages_and_sessions_in_cookies(settings: Settings) -> None:
    (templates,) = settings.TEMPLATES
    options = {**templates["OPTIONS"], "loaders": [f"{__name__}.Blank"]}
    settings.TEMPLATES = [{**templates, "APP_DIRS": False, "OPTIONS": options}]
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"


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
