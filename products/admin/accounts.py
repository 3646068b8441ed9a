"""Accounts: administrators give and close them, everybody who reads records may look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from products.actions.accounts import (
    create_account,
    reset_password,
    set_active,
    set_expiry,
    set_roles,
)
from products.admin.account_forms import (
    AccountForm,
    ExpiryForm,
    ReasonForm,
    ResetForm,
    SetRolesForm,
)
from products.admin.factors_of_others import (
    copies_told,
    factor_options,
    factor_removal,
    factors_table,
    signs_with,
)
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown, Table, link, option
from products.admin.requests import identity_in
from products.admin.roles import approving_option, grants_table, signs
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.accounts import SYSTEM_ACCOUNT, SignInMethod
from products.domain.lots import local_text
from products.models import SignIn, User
from products.queries.factors import factors, has_factor
from products.queries.registers import role_grants
from products.templatetags.exolot import mark

SIGN_INS_SHOWN = 20
SIGNS_LATER = "A role signs nothing until quality has signed for it."


@admin.register(User, site=site)
class UserAdmin(RecordAdmin[User]):
    registers = "account.create"
    register_label = "Give an account"
    list_title = "Accounts"
    list_display = ("username", "person", "roles", "second_factor", "state")
    search_fields = ("username__istartswith", "person__printed_name__icontains")
    search_help_text = "Account or person"
    ordering = ("username",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        names = ArrayAgg("groups__name", filter=Q(groups__isnull=False), default=[])
        return User.objects.select_related("person").annotate(
            role_names=names, has_factor=has_factor()
        )

    def get_queryset_of_one(self) -> QuerySet[User]:
        return User.objects.select_related("person").exclude(username=SYSTEM_ACCOUNT)

    def get_urls(self) -> list[URLPattern]:
        """Where Django keeps its own password form, ours stands."""
        address = path(
            "<uuid:key>/password/",
            self.admin_site.admin_view(self.password_page),
            name="auth_user_password_change",
        )
        return [address, *super().get_urls()]

    def page_names(self) -> tuple[str, ...]:
        return ("roles", "activity", "expiry", "factor")

    @admin.display(description="Roles")
    def roles(self, row: Any) -> str:
        return ", ".join(sorted(row.role_names)) or "none"

    @admin.display(description="Second factor")
    def second_factor(self, row: Any) -> str:
        return "yes" if row.has_factor else "no"

    @admin.display(description="State")
    def state(self, row: User) -> SafeString:
        return mark("active" if row.is_active else "inactive")

    def shown(self, request: HttpRequest, record: User) -> Mapping[str, Any]:
        identity = identity_in(request)
        zone = identity.zone
        grants = list(role_grants().filter(user=record).order_by("-number"))
        in_force = [grant for grant in grants if not hasattr(grant, "revocation")]
        unsigned = [grant.role for grant in reversed(in_force) if not signs(grant)]
        sign_ins = SignIn.objects.filter(user=record).order_by("-recorded_at")[:SIGN_INS_SHOWN]
        held = list(factors().filter(user=record))
        key = record.pk
        return Shown(
            mark=self.state(record),
            facts=[
                (
                    "Person",
                    link(
                        record.person.printed_name,
                        reverse("admin:products_person_change", args=[record.person_id]),
                    )
                    if record.person
                    else "none",
                ),
                ("Roles", ", ".join(grant.role for grant in reversed(in_force)) or "none"),
                ("Must change the password", "yes" if record.must_change_password else "no"),
                ("Password set", local_text(record.password_set_at, zone)),
                ("Last day of use", str(record.expires_on or "no end")),
                ("Second factor", "yes" if any(map(signs_with, held)) else "no"),
            ],
            notes=[
                f"The role {role} signs nothing until quality has signed for it."
                for role in unsigned
            ]
            + copies_told(record, zone),
            tables=[
                grants_table(grants, zone),
                factors_table(held, zone),
                Table(
                    "Latest sign-ins and signatures",
                    ("When", "Kind", "Outcome", "From"),
                    [
                        (
                            local_text(row.recorded_at, zone),
                            _how(row),
                            "succeeded" if row.succeeded else "refused",
                            row.address,
                        )
                        for row in sign_ins
                    ],
                ),
            ],
            options=[
                option(request, "account.set_roles", "Set roles", self.url("roles", key)),
                option(
                    request,
                    "account.reset_password",
                    "Reset the password",
                    reverse("admin:auth_user_password_change", args=[key]),
                ),
                option(
                    request,
                    "account.set_active",
                    "Close the account" if record.is_active else "Open the account again",
                    self.url("activity", key),
                ),
                option(
                    request,
                    "account.set_expiry",
                    "Set the last day of use",
                    self.url("expiry", key),
                ),
                *factor_options(request, record, held, self.url("factor", key)),
                *(
                    approving_option(request, grant)
                    for grant in reversed(in_force)
                    if not signs(grant)
                ),
            ],
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            account = create_account(
                context,
                username=typed["username"],
                person=typed["person"],
                password=typed["password_given"],
                roles=typed["roles"],
            )
            return Done(self.url("change", account.pk), f"Account {account.username} is made.")

        return ActionPage(
            action="account.create",
            title="Give an account",
            form_class=AccountForm,
            perform=perform,
            submit="Make the account",
            back=self.url("changelist"),
            initial={"person": request.GET.get("person", "")},
            crumbs=(self.list_crumb(),),
        )

    def roles_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        account = self.record(key)
        back = self.url("change", account.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            set_roles(context, username=account.username, roles=typed["roles"])
            return Done(back, f"The roles of {account.username} are set.")

        return self.answer(
            request,
            ActionPage(
                action="account.set_roles",
                title=f"Set the roles of {account.username}",
                form_class=SetRolesForm,
                perform=perform,
                submit="Set the roles",
                intro=f"The account has exactly the roles ticked here. {SIGNS_LATER} A role that "
                "is taken away and given again needs a new signature.",
                back=back,
                initial={"roles": list(account.groups.values_list("name", flat=True))},
                crumbs=self.record_crumbs(account),
            ),
        )

    def password_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        account = self.record(key)
        back = self.url("change", account.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            reset_password(context, username=account.username, new=typed["new"])
            return Done(back, f"{account.username} has a first password again.")

        return self.answer(
            request,
            ActionPage(
                action="account.reset_password",
                title=f"Reset the password of {account.username}",
                form_class=ResetForm,
                perform=perform,
                submit="Reset the password",
                initial={"account": account.username},
                intro="Make sure who asks. The person signs in with this first password, and has "
                "to choose an own one before anything else.",
                back=back,
                crumbs=self.record_crumbs(account),
            ),
        )

    def expiry_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        account = self.record(key)
        back = self.url("change", account.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            set_expiry(context, username=account.username, expires_on=typed["expires_on"])
            return Done(back, f"The last day of use of {account.username} is set.")

        return self.answer(
            request,
            ActionPage(
                action="account.set_expiry",
                title=f"Set the last day of use of {account.username}",
                form_class=ExpiryForm,
                perform=perform,
                submit="Set the day",
                intro="After that day the account neither signs in nor signs, and its tokens are "
                "refused. Records and signatures stay.",
                back=back,
                initial={"expires_on": account.expires_on},
                crumbs=self.record_crumbs(account),
            ),
        )

    def factor_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        account = self.record(key)
        crumbs = self.record_crumbs(account)
        return self.answer(request, factor_removal(account, self.url("change", account.pk), crumbs))

    def activity_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        account = self.record(key)
        back = self.url("change", account.pk)
        opens = not account.is_active

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            set_active(context, username=account.username, is_active=opens)
            return Done(back, f"Account {account.username} is {'open' if opens else 'closed'}.")

        return self.answer(
            request,
            ActionPage(
                action="account.set_active",
                title=f"{'Open' if opens else 'Close'} the account {account.username}",
                form_class=ReasonForm,
                perform=perform,
                submit="Open it again" if opens else "Close the account",
                submit_class="primary" if opens else "danger",
                intro="Records and signatures of the account stay as they are.",
                back=back,
                crumbs=self.record_crumbs(account),
            ),
        )


def _how(row: SignIn) -> str:
    kind = row.kind.replace("_", " ")
    return f"{kind} by the provider" if row.method == SignInMethod.PROVIDER else kind
