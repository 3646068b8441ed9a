"""Addresses of the site."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from products.admin.site import site
from qcsite import health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("admin/", site.urls),
    path("api/v1/", include("products.api.urls")),
]
