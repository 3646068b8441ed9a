"""API tokens: one's own, for administrators everybody's. A secret is shown once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from products.actions.tokens import issue_token, revoke_token
from products.admin.forms import (
    ActionForm,
    Confirms,
    ListField,
    reference,
    text,
    whole_number,
    word,
)
from products.admin.pages import ActionPage, Done
from products.admin.parts import Option, Shown
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.accounts import TokenKind, TokenScope
from products.domain.lots import local_text
from products.domain.roles import Permission
from products.models import ApiToken, Product, User
from products.models.fields import choices_of
from products.templatetags.exolot import mark


class TokenForm(ActionForm):
    confirms = Confirms.FACTOR
    purpose = text("Purpose", "What it is for; it stays listed.")
    scope = word("Scope", choices_of(TokenScope))
    kind = word("Kind", choices_of(TokenKind), "A service token belongs to an instrument.")
    days = whole_number("Days", "How long it is valid, at most 365.")
    products = ListField(
        label="Products",
        help_text="Codes, separated by commas, to which a token that reads is bound. Empty: all.",
    )
    username = reference("For account", "Empty: your own. Others: administrators only.")


def products_of(token: ApiToken) -> str:
    """To which the token is bound: their codes, or ``all``."""
    return "all" if token.products is None else ", ".join(token.products)


class RevokeForm(ActionForm):
    reason = text("Reason", whole=True)


@admin.register(ApiToken, site=site)
class ApiTokenAdmin(RecordAdmin[ApiToken]):
    registers = "token.issue"
    register_label = "Issue a token"
    list_title = "API tokens"
    list_display = ("purpose", "user", "scope", "reads", "kind", "state", "expires")
    ordering = ("-created", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Everybody's for administrators and auditors of accounts, else one's own."""
        tokens = ApiToken.objects.select_related("user__person", "issued_by__person")
        if Permission.ISSUE_TOKEN in identity_in(request).permissions:
            return tokens
        return tokens.filter(user=cast("User", request.user))

    def get_queryset_of_one(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.select_related("user__person", "issued_by__person")

    def page_names(self) -> tuple[str, ...]:
        return ("revoke",)

    @admin.display(description="State")
    def state(self, row: ApiToken) -> SafeString:
        if row.revoked_at:
            return mark("revoked")
        return mark("active" if row.expiry > timezone.now() else "expired")

    @admin.display(description="Products")
    def reads(self, row: ApiToken) -> str:
        return products_of(row)

    @admin.display(description="Expires")
    def expires(self, row: ApiToken) -> str:
        return f"{row.expiry:%Y-%m-%d %H:%M} UTC"

    def shown(self, request: HttpRequest, record: ApiToken) -> Mapping[str, Any]:
        self._own(request, record)
        zone = identity_in(request).zone
        return Shown(
            mark=self.state(record),
            facts=[
                ("Account", record.user.username),
                ("Scope", record.get_scope_display()),
                ("Kind", record.get_kind_display()),
                ("Products", products_of(record)),
                ("Begins with", record.token_key),
                ("Issued by", record.issued_by.printed_name),
                ("Issued", local_text(record.created, zone)),
                ("Expires", local_text(record.expiry, zone)),
                ("Revoked", local_text(record.revoked_at, zone) if record.revoked_at else "no"),
            ],
            options=[
                Option(
                    "Revoke",
                    self.url("revoke", record.pk),
                    "it is revoked already." if record.revoked_at else "",
                    "danger",
                )
            ],
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> HttpResponse:
            named = {name: typed[name] for name in ("kind", "scope", "purpose", "days", "products")}
            token, secret = issue_token(context, **named, username=typed["username"] or None)
            response = TemplateResponse(
                request,
                "admin/exolot/token.html",
                {
                    **self.admin_site.each_context(request),
                    "title": "The new token",
                    "token": token,
                    "products": products_of(token),
                    "secret": secret,
                    "back": self.url("change", token.pk),
                    "crumbs": (self.list_crumb(),),
                },
            )
            response.headers["Cache-Control"] = "no-store"
            return response

        may_for_others = Permission.ISSUE_TOKEN in identity_in(request).permissions
        accounts = User.objects.filter(is_active=True).order_by("username")
        return ActionPage(
            action="token.issue",
            title="Issue a token",
            form_class=TokenForm,
            perform=perform,
            submit="Issue the token",
            back=self.url("changelist"),
            initial={"days": 90, "kind": TokenKind.PERSONAL},
            suggestions={
                "username": accounts.values_list("username", flat=True) if may_for_others else [],
                "products": Product.objects.order_by("code").values_list("code", flat=True),
            },
            crumbs=(self.list_crumb(),),
        )

    def revoke_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        token = self.record(key)
        self._own(request, token)
        back = self.url("change", token.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            revoke_token(context, token_key=token.token_key)
            return Done(back, "The token is revoked.")

        return self.answer(
            request,
            ActionPage(
                action="token.revoke",
                title=f"Revoke the token {token.purpose}",
                form_class=RevokeForm,
                perform=perform,
                submit="Revoke the token",
                submit_class="danger",
                back=back,
                crumbs=self.record_crumbs(token),
            ),
        )

    def _own(self, request: HttpRequest, token: ApiToken) -> None:
        """Raises Http404 for a token that the reader does not see in the list."""
        if not self.get_queryset(request).filter(pk=token.pk).exists():
            raise Http404("There is no such token.")
