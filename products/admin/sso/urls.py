"""Addresses of signing in through the provider; its answer comes to ``callback/``."""

from __future__ import annotations

from django.urls import path

from products.admin.site import site
from products.admin.sso import linking, views

app_name = "sso"
urlpatterns = [
    path("", views.start, name="start"),
    path("callback/", views.callback, name="callback"),
    path("link/", site.admin_view(views.link), name="link"),
    path("link/confirm/", site.admin_view(linking.confirm), name="confirm"),
]
