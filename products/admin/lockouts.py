"""Accounts that wrong passwords locked: a notice each, until an administrator deals with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from products.actions.lockouts import settle_lockout
from products.admin.forms import ActionForm, long_text
from products.admin.of_accounts import OfAccounts
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown, link, option
from products.admin.requests import identity_in
from products.admin.site import site
from products.domain.lots import local_text
from products.models import Lockout
from products.queries.lockouts import lockouts
from products.templatetags.exolot import badge


class SettlementForm(ActionForm):
    finding = long_text(
        "What it was", "Whom you asked, what was found, and what was done. It stays with your name."
    )


@admin.register(Lockout, site=site)
class LockoutAdmin(OfAccounts[Lockout]):
    list_title = "Locked accounts"
    list_display = ("account", "person", "state", "since", "failures")
    ordering = (F("settlement__recorded_at").desc(nulls_first=True), "-recorded_at")

    def get_queryset_of_one(self) -> QuerySet[Lockout]:
        return lockouts()

    def page_names(self) -> tuple[str, ...]:
        return ("settle",)

    @admin.display(description="Notice")
    def state(self, row: Lockout) -> SafeString:
        if hasattr(row, "settlement"):
            return badge("signs", "✓", "Dealt with")
        return badge("open", "!", "To be dealt with")

    @admin.display(description="Locked")
    def since(self, row: Lockout) -> str:
        return local_text(row.recorded_at, "UTC")

    def shown(self, request: HttpRequest, record: Lockout) -> Mapping[str, Any]:
        zone = identity_in(request).zone
        settlement = getattr(record, "settlement", None)
        account = reverse("admin:products_user_change", args=[record.user_id])
        return Shown(
            mark=self.state(record),
            facts=[
                ("Account", link(record.user.username, account)),
                ("Person", record.user.printed_name),
                ("Locked", local_text(record.recorded_at, zone)),
                ("Until", local_text(record.until, zone)),
                ("Wrong passwords in a row", record.failures),
                ("The last one", record.get_kind_display().lower()),
                ("From", record.address),
                (
                    "Dealt with",
                    f"{settlement.recorded_by.printed_name}, "
                    f"{local_text(settlement.recorded_at, zone)}: {settlement.finding}"
                    if settlement
                    else "nobody yet",
                ),
            ],
            options=[
                option(
                    request,
                    "lockout.settle",
                    "Deal with it",
                    self.url("settle", record.pk),
                    why_not="it was dealt with." if settlement else "",
                    style="primary",
                )
            ],
        ).as_context()

    def settle_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        back = self.url("change", record.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            settle_lockout(context, lockout=record.pk, finding=typed["finding"])
            return Done(back, f"The lock of {record.user.username} is dealt with.")

        return self.answer(
            request,
            ActionPage(
                action="lockout.settle",
                title=f"Deal with the lock of {record.user.username}",
                form_class=SettlementForm,
                perform=perform,
                submit="Record what it was",
                intro="Ask the person before you write. Somebody else's guesses are an attempt at "
                "unauthorised use: reset the password and tell quality (21 CFR 11.300(d)). The "
                "lock ends by its time, whatever is written here.",
                back=back,
                crumbs=self.record_crumbs(record),
            ),
        )
