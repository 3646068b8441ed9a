"""The one Django app."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.conf import settings


class ProductsConfig(AppConfig):
    name = "products"
    verbose_name = "Exosome lots"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Nothing is migrated of an app without migrations: no table, no permission, no type."""
        for label in settings.MIGRATION_MODULES:
            if label in apps.app_configs:
                apps.app_configs[label].models_module = None
