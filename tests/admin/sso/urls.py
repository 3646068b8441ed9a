"""The addresses of a site whose settings name a provider."""

from __future__ import annotations

from django.urls import include, path

from qcsite.urls import urlpatterns as without

urlpatterns = [path("admin/sso/", include("products.admin.sso.urls")), *without]
