"""Registers of what concerns accounts: found by account or person, the newest open one first."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from products.admin.surface import RecordAdmin

Row = TypeVar("Row", bound=Model)


class OfAccounts(RecordAdmin[Row]):
    """Each row has a ``user``."""

    search_fields = ("user__username__istartswith", "user__person__printed_name__icontains")
    search_help_text = "Account or person"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        found: QuerySet[Row] = self.get_queryset_of_one()
        return found

    @admin.display(description="Account")
    def account(self, row: Any) -> str:
        return str(row.user.username)

    @admin.display(description="Person")
    def person(self, row: Any) -> str:
        return str(row.user.printed_name)
