"""Who read what over the API: a list to read, for those who may read the trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from products.admin.of_accounts import OfAccounts
from products.admin.pages import require
from products.admin.parts import Shown
from products.admin.requests import identity_in
from products.admin.site import site
from products.domain.lots import local_text
from products.domain.roles import Permission
from products.models import Access
from products.queries.accesses import accesses


@admin.register(Access, site=site)
class AccessAdmin(OfAccounts[Access]):
    list_title = "Read over the API"
    list_display = ("path", "account", "person", "status", "when", "token_key")
    ordering = ("-id",)
    search_fields = (  # type: ignore[assignment]  # more of them
        *OfAccounts.search_fields,
        "record__iexact",
        "token__token_key__istartswith",
    )
    search_help_text = "Account, person, token, or what was read, such as a lot's number"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return Permission.AUDIT in identity_in(request).permissions

    def get_queryset_of_one(self) -> QuerySet[Access]:
        return accesses()

    @admin.display(description="When")
    def when(self, row: Access) -> str:
        return local_text(row.recorded_at, "UTC")

    @admin.display(description="Token")
    def token_key(self, row: Access) -> str:
        return row.token.token_key

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        require(request, Permission.AUDIT, "reading who read what")
        return super().changeform_view(request, object_id, form_url, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        require(request, Permission.AUDIT, "reading who read what")
        return super().history_view(request, object_id, extra_context)

    def shown(self, request: HttpRequest, record: Access) -> Mapping[str, Any]:
        return Shown(
            facts=[
                ("Account", record.user.username),
                ("Person", record.user.printed_name),
                ("Token begins with", f"{record.token.token_key} ({record.token.purpose})"),
                ("When", local_text(record.recorded_at, identity_in(request).zone)),
                ("Asked", f"{record.method} {record.path}"),
                ("With", record.query or "nothing more"),
                ("Record", record.record or "a list"),
                ("Answered", record.status),
                ("From", record.address),
                ("Request", record.request_id),
            ],
        ).as_context()
