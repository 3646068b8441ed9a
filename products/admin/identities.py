"""Which identities at the provider open which accounts: linked, shown, and undone by a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from products.actions.identities import link_identity, unlink_identity
from products.admin.forms import ActionForm, reference, text
from products.admin.of_accounts import OfAccounts
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.parts import Shown, link, option
from products.admin.requests import identity_in
from products.admin.site import site
from products.domain.lots import local_text
from products.domain.roles import Permission
from products.models import IdentityLink, User
from products.queries.identities import identity_links
from products.templatetags.exolot import badge

UNDOES = "only its owner or an administrator undoes a link."
ONLY_THE_DOOR = (
    "The identity opens the door in place of the password. It gives no role, and signing asks for "
    "the password of the account all the same."
)


class LinkForm(ActionForm):
    username = reference("Account", "Of another person.")
    subject = text(
        "Subject",
        "The lasting key of the person at the provider (the claim sub), letter by letter. Never "
        "the e-mail address: addresses are given again.",
        whole=True,
    )
    reason = text("Reason", whole=True)


class UnlinkForm(ActionForm):
    reason = text("Reason", whole=True)


@admin.register(IdentityLink, site=site)
class IdentityLinkAdmin(OfAccounts[IdentityLink]):
    registers = "identity.link"
    register_label = "Link an identity"
    list_title = "Linked identities"
    list_display = ("account", "person", "subject", "state", "since")
    ordering = (F("undone__recorded_at").desc(nulls_first=True), "-recorded_at")

    def get_queryset_of_one(self) -> QuerySet[IdentityLink]:
        return identity_links()

    def page_names(self) -> tuple[str, ...]:
        return ("unlink",)

    def list_links(self, request: HttpRequest) -> list[Crumb]:
        """Nothing is linked where no provider is set."""
        if not settings.SSO_ISSUER:
            return []
        own = Crumb(f"Link your own identity at {settings.SSO_NAME}", reverse("sso:link"))
        return [own, *super().list_links(request)]

    @admin.display(description="Link")
    def state(self, row: IdentityLink) -> SafeString:
        if hasattr(row, "undone"):
            return badge("retired", "∅", "Undone")
        return badge("pass", "✓", "Opens the account")

    @admin.display(description="Linked")
    def since(self, row: IdentityLink) -> str:
        return local_text(row.recorded_at, "UTC")

    def shown(self, request: HttpRequest, record: IdentityLink) -> Mapping[str, Any]:
        identity = identity_in(request)
        undone = getattr(record, "undone", None)
        account = reverse("admin:products_user_change", args=[record.user_id])
        return Shown(
            mark=self.state(record),
            facts=[
                ("Account", link(record.user.username, account)),
                ("Person", record.user.printed_name),
                ("Issuer", record.issuer),
                ("Subject", record.subject),
                ("The provider calls the person", record.shown_as or "not told"),
                ("Linked", _told(record, identity.zone)),
                ("Undone", _told(undone, identity.zone) if undone else "no"),
            ],
            notes=[ONLY_THE_DOOR],
            options=[
                option(
                    request,
                    "identity.unlink",
                    "Undo the link",
                    self.url("unlink", record.pk),
                    why_not=_why_not(record, request),
                    style="danger",
                )
            ],
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        if not settings.SSO_ISSUER:
            raise Http404("No identity provider is set.")

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = link_identity(
                context,
                username=typed["username"],
                issuer=settings.SSO_ISSUER,
                subject=typed["subject"],
            )
            return Done(self.url("change", row.pk), f"{row.user.username} is linked.")

        return ActionPage(
            action="identity.link",
            title="Link an identity",
            form_class=LinkForm,
            perform=perform,
            submit="Link the identity",
            intro="Better that each person links the own identity: then the provider proves it. "
            f"{ONLY_THE_DOOR}",
            back=self.url("changelist"),
            suggestions={
                "username": User.objects.filter(is_active=True, person__isnull=False)
                .order_by("username")
                .values_list("username", flat=True)
            },
            crumbs=(self.list_crumb(),),
        )

    def unlink_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        if not _may_undo(record, request):
            raise PermissionDenied(f"You may not do this: {UNDOES}")
        back = self.url("change", record.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            unlink_identity(context, link=record.pk)
            return Done(back, f"The identity no longer opens {record.user.username}.")

        return self.answer(
            request,
            ActionPage(
                action="identity.unlink",
                title=f"Undo the link of {record.user.username}",
                form_class=UnlinkForm,
                perform=perform,
                submit="Undo the link",
                submit_class="danger",
                intro="From now on the identity opens nothing, and sessions that it opened end. To "
                "end every use of the account, close the account.",
                back=back,
                crumbs=self.record_crumbs(record),
            ),
        )


def _told(row: Any, zone: str) -> str:
    reason = f": {row.reason}" if row.reason else ""
    return f"{row.recorded_by.printed_name}, {local_text(row.recorded_at, zone)}{reason}"


def _why_not(record: IdentityLink, request: HttpRequest) -> str:
    if hasattr(record, "undone"):
        return "it was undone."
    return "" if _may_undo(record, request) else UNDOES


def _may_undo(record: IdentityLink, request: HttpRequest) -> bool:
    identity = identity_in(request)
    is_own = record.user.username == identity.username
    return is_own or Permission.ADMINISTER in identity.permissions
