"""Reviews that come round: of all credentials, and of the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from products.actions.periodic import review_credentials, review_trail
from products.admin.attachments import signed_by
from products.admin.forms import ActionForm, long_text, whole_number
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown, Table, link
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.lots import local_text
from products.models import CredentialReview, TrailReview
from products.queries.periodic import (
    Due,
    actions_between,
    credential_review_due,
    credential_reviews,
    last_proved,
    open_accounts,
    trail_review_due,
    trail_reviews,
    unreviewed,
)


def due_text(due: Due, zone: str) -> str:
    word = "Overdue since" if due.is_overdue else "Due again"
    return f"{word} {local_text(due.due, zone)}."


class CredentialReviewForm(ActionForm):
    findings = long_text(
        "Findings",
        "Accounts that nobody needs, roles too many, tokens to revoke; or that all fits.",
    )


@admin.register(CredentialReview, site=site)
class CredentialReviewAdmin(RecordAdmin[CredentialReview]):
    registers = "credentials.review"
    register_label = "Record a review"
    list_title = "Reviews of credentials"
    list_display = ("reviewed", "recorded_by", "accounts", "findings")
    ordering = ("-recorded_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CredentialReview]:
        return credential_reviews()

    def get_queryset_of_one(self) -> QuerySet[CredentialReview]:
        return credential_reviews()

    @admin.display(description="Reviewed")
    def reviewed(self, row: CredentialReview) -> str:
        return local_text(row.recorded_at, "UTC")

    def shown(self, request: HttpRequest, record: CredentialReview) -> Mapping[str, Any]:
        return Shown(
            facts=[
                ("Reviewed", local_text(record.recorded_at, identity_in(request).zone)),
                ("By", record.recorded_by.printed_name),
                ("Open accounts then", record.accounts),
                ("Findings", record.findings),
            ]
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        zone = identity_in(request).zone

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = review_credentials(context, findings=typed["findings"])
            return Done(self.url("change", row.pk), "The review is recorded.")

        return ActionPage(
            action="credentials.review",
            title="Review all credentials",
            form_class=CredentialReviewForm,
            perform=perform,
            submit="Record the review",
            intro=f"{due_text(credential_review_due(timezone.now()), zone)} Go through every open "
            "account: is it still needed, with these roles?",
            template="admin/exolot/with_table.html",
            shown=lambda: {"table": _accounts(zone)},
            back=self.url("changelist"),
            crumbs=(self.list_crumb(),),
            is_wide=True,
        )


def _accounts(zone: str) -> Table:
    return Table(
        "Open accounts",
        ("Account", "Person", "Roles", "Password set", "Last proved", "Expires"),
        [
            (
                link(row.username, reverse("admin:products_user_change", args=[row.pk])),
                row.printed_name,
                ", ".join(sorted(group.name for group in row.groups.all())) or "none",
                local_text(row.password_set_at, zone),
                local_text(proved, zone) if (proved := last_proved(row)) else "never",
                str(row.expires_on or "no"),
            )
            for row in open_accounts().prefetch_related("groups")
        ],
    )


class TrailReviewForm(ActionForm):
    last_index = whole_number("Up to entry", "Index in the ledger of the last entry reviewed.")
    scope = long_text("What was looked at", "Which actions, accounts and tables, and how.")
    findings = long_text("Findings", "What was found and followed up; or that nothing was.")


@admin.register(TrailReview, site=site)
class TrailReviewAdmin(RecordAdmin[TrailReview]):
    registers = "trail.review"
    register_label = "Sign a review"
    list_title = "Reviews of the audit trail"
    list_display = ("entries", "period", "signed", "findings")
    ordering = ("-first_index",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrailReview]:
        return trail_reviews()

    def get_queryset_of_one(self) -> QuerySet[TrailReview]:
        return trail_reviews()

    @admin.display(description="Entries")
    def entries(self, row: TrailReview) -> str:
        return f"{row.first_index} to {row.last_index}"

    @admin.display(description="Period")
    def period(self, row: TrailReview) -> str:
        return f"{local_text(row.began_at, 'UTC')} to {local_text(row.ended_at, 'UTC')}"

    @admin.display(description="Signed by")
    def signed(self, row: TrailReview) -> str:
        return signed_by(row.signature)

    def shown(self, request: HttpRequest, record: TrailReview) -> Mapping[str, Any]:
        zone = identity_in(request).zone
        return Shown(
            facts=[
                ("Entries", self.entries(record)),
                ("From", local_text(record.began_at, zone)),
                ("To", local_text(record.ended_at, zone)),
                ("Root of the ledger up to there", bytes(record.root).hex()),
                ("What was looked at", record.scope),
                ("Findings", record.findings),
                ("Signed by", self.signed(record)),
            ]
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        zone, new = identity_in(request).zone, unreviewed()

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = review_trail(
                context,
                last_index=typed["last_index"],
                scope=typed["scope"],
                findings=typed["findings"],
            )
            return Done(self.url("change", row.pk), f"{row} is signed.")

        return ActionPage(
            action="trail.review",
            title="Review the audit trail",
            form_class=TrailReviewForm,
            perform=perform,
            submit="Sign the review",
            meaning="Audit trail reviewed",
            intro=f"{due_text(trail_review_due(timezone.now()), zone)} New since the last review: "
            f"{new.count} sealed entries"
            + (f", {new.first_index} to {new.last_index}." if new.count else "."),
            initial={"last_index": new.last_index} if new.count else {},
            template="admin/exolot/with_table.html",
            shown=lambda: {
                "table": Table(
                    "New since the last review",
                    ("Action", "Entries"),
                    actions_between(new.first_index, new.last_index),
                    empty="Nothing new is sealed.",
                )
            },
            back=self.url("changelist"),
            crumbs=(self.list_crumb(),),
            is_wide=True,
        )
