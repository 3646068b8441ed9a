"""Who read what over the API."""

from __future__ import annotations

from django.db.models import QuerySet

from products.models import Access


def accesses() -> QuerySet[Access]:
    return Access.objects.select_related("user__person", "token")
