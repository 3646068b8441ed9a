"""The one Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ProductsConfig(AppConfig):
    name = "products"
    verbose_name = "Exosome lots"
    default_auto_field = "django.db.models.BigAutoField"
