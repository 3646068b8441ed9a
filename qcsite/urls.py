"""Addresses of the site."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from products.admin.site import site
from qcsite import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("admin/", site.urls),
    path("api/v1/", include("products.api.urls")),
]
if settings.SSO_ISSUER:
    urlpatterns.insert(0, path("admin/sso/", include("products.admin.sso.urls")))
