"""Roles: who holds which since when, who gave it, and who of quality signed for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from products.actions.role_grants import approve_role
from products.admin.attachments import signed_by
from products.admin.forms import ActionForm
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.parts import Cell, Option, Shown, Table, link, option
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.lots import local_text
from products.domain.roles import ROLE_PERMISSIONS, Role
from products.models import RoleGrant
from products.queries.registers import role_grants
from products.templatetags.exolot import badge, mark

WAITS = Q(revocation__isnull=True, approval__isnull=True, by_provision=False)


class StateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("held", "held now"),
            ("waits", "waits for quality"),
            ("taken", "taken away"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[RoleGrant]) -> QuerySet[RoleGrant]:
        states = {
            "held": Q(revocation__isnull=True),
            "waits": WAITS,
            "taken": Q(revocation__isnull=False),
        }
        return queryset.filter(states.get(self.value() or "", Q()))


class RoleFilter(admin.SimpleListFilter):
    title = parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(role.value, role.value) for role in Role]

    def queryset(self, request: HttpRequest, queryset: QuerySet[RoleGrant]) -> QuerySet[RoleGrant]:
        return queryset.filter(role=self.value()) if self.value() else queryset


@admin.register(RoleGrant, site=site)
class RoleGrantAdmin(RecordAdmin[RoleGrant]):
    list_title = "Roles"
    list_display = ("person", "account", "role", "state", "since", "given_by", "signed")
    list_filter = (StateFilter, RoleFilter)
    search_fields = ("user__username__istartswith", "user__person__printed_name__icontains")
    search_help_text = "Account or person"
    ordering = (
        F("revocation__recorded_at").desc(nulls_first=True),
        "user__person__printed_name",
        "user__username",
        "role",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoleGrant]:
        return self.get_queryset_of_one()

    def get_queryset_of_one(self) -> QuerySet[RoleGrant]:
        return role_grants()

    def page_names(self) -> tuple[str, ...]:
        return ("approve",)

    @admin.display(description="Person")
    def person(self, row: RoleGrant) -> str:
        return row.user.printed_name

    @admin.display(description="Account")
    def account(self, row: RoleGrant) -> str:
        return row.user.username

    @admin.display(description="State")
    def state(self, row: RoleGrant) -> SafeString:
        return grant_mark(row)

    @admin.display(description="Held since")
    def since(self, row: RoleGrant) -> str:
        return local_text(row.recorded_at, "UTC")

    @admin.display(description="Given by")
    def given_by(self, row: RoleGrant) -> str:
        return giver(row)

    @admin.display(description="Signed by")
    def signed(self, row: RoleGrant) -> str:
        return signer(row)

    def shown(self, request: HttpRequest, record: RoleGrant) -> Mapping[str, Any]:
        return {
            "title": f"{record.role}: {record.user.username}",
            **Shown(
                mark=grant_mark(record),
                facts=_facts(record, identity_in(request).zone),
                options=[approving_option(request, record)],
            ).as_context(),
        }

    def approve_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        back = self.url("change", record.pk)
        zone = identity_in(request).zone

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            approve_role(context, username=record.user.username, role=record.role)
            return Done(back, f"The role {record.role} of {record.user.username} signs from now.")

        return self.answer(
            request,
            ActionPage(
                action="account.approve_role",
                title=f"Sign for the role {record.role} of {record.user.username}",
                form_class=ActionForm,
                perform=perform,
                submit="Sign for the role",
                meaning="Role approved",
                intro="From then on the account signs with this role. It says that the person has "
                "the training and the duty for it.",
                template="admin/exolot/sign_records.html",
                back=back,
                shown=lambda: {
                    "table": Table("What is signed for", ("Stated", "Value"), _facts(record, zone)),
                    "notes": [f"You may not sign this: {why_not}"]
                    if (why_not := unapprovable(request, record))
                    else [],
                },
                crumbs=(self.list_crumb(), Crumb(f"{record.role}: {record.user.username}", back)),
                is_wide=True,
            ),
        )


def signs(grant: RoleGrant) -> bool:
    """Whether a role that is held was signed for, or came with the database."""
    return grant.by_provision or hasattr(grant, "approval")


def grant_mark(row: RoleGrant) -> SafeString:
    if hasattr(row, "revocation"):
        return badge("revoked", "∅", "Taken away")
    if signs(row):
        return mark("signs")
    return badge("open", "!", "Waits for quality")


def giver(row: RoleGrant) -> str:
    return "the installation" if row.by_provision else row.recorded_by.printed_name


def signer(row: RoleGrant) -> str:
    approval = getattr(row, "approval", None)
    if approval is not None:
        return signed_by(approval.signature)
    return "came with the installation" if row.by_provision else "nobody yet"


def taken(row: RoleGrant, zone: str) -> str:
    revocation = getattr(row, "revocation", None)
    if revocation is None:
        return ""
    by = f"{revocation.recorded_by.printed_name}, {local_text(revocation.recorded_at, zone)}"
    return f"{by}: {revocation.reason}" if revocation.reason else by


def grants_table(grants: Iterable[RoleGrant], zone: str) -> Table:
    """Every role that an account was given, the latest first."""
    return Table(
        "Roles",
        ("Role", "State", "Held since", "Given by", "Signed by", "Taken away"),
        [
            (
                link(row.role, reverse("admin:products_rolegrant_change", args=[row.pk])),
                grant_mark(row),
                local_text(row.recorded_at, zone),
                giver(row),
                signer(row),
                taken(row, zone),
            )
            for row in grants
        ],
        empty="The account has no role.",
    )


def approving_option(request: HttpRequest, grant: RoleGrant) -> Option:
    return option(
        request,
        "account.approve_role",
        f"Sign for the role {grant.role}",
        reverse("admin:products_rolegrant_approve", args=[grant.pk]),
        why_not=unapprovable(request, grant),
        style="primary",
    )


def unapprovable(request: HttpRequest, grant: RoleGrant) -> str:
    """Why this reader does not sign for it, empty when nothing speaks against it."""
    person = identity_in(request).person
    reasons = {
        "it was taken away.": hasattr(grant, "revocation"),
        "it signs already.": signs(grant),
        "the account is your own. Another person of quality signs.": person is not None
        and person == grant.user.person_id,
        "you gave the role yourself. Another person of quality signs.": person is not None
        and person == grant.recorded_by.person_id,
    }
    return next((reason for reason, is_so in reasons.items() if is_so), "")


def _facts(row: RoleGrant, zone: str) -> list[tuple[str, Cell]]:
    user = row.user
    facts: list[tuple[str, Cell]] = [
        ("Person", user.printed_name),
        ("Account", link(user.username, reverse("admin:products_user_change", args=[user.pk]))),
        ("Role", row.role),
        (
            "May",
            ", ".join(sorted(one.replace("_", " ") for one in ROLE_PERMISSIONS[Role(row.role)])),
        ),
        ("Held since", local_text(row.recorded_at, zone)),
        ("Given by", giver(row)),
        ("Signed by", signer(row)),
    ]
    if hasattr(row, "revocation"):
        facts.append(("Taken away", taken(row, zone)))
    return facts
