"""The signature policy: its versions, who accepted them, and accepting the one in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import linebreaks
from django.utils.safestring import SafeString

from products.actions.policies import accept_policy, issue_policy
from products.admin.attachments import signed_by
from products.admin.forms import ActionForm, text
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown, Table, option
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.lots import local_text
from products.models import SignaturePolicy
from products.queries.policies import policies, policy_and_acceptance
from products.templatetags.exolot import badge

SHOWN = 200


class PolicyForm(ActionForm):
    text = text("Text", "The whole policy, as everybody reads and accepts it.", whole=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget = self.fields["reason"].widget.__class__({"rows": 14})


class AcceptanceForm(ActionForm):
    """Nothing to fill in: the page says what is accepted."""


@admin.register(SignaturePolicy, site=site)
class SignaturePolicyAdmin(RecordAdmin[SignaturePolicy]):
    registers = "policy.issue"
    register_label = "Issue a new version"
    list_title = "Signature policy"
    list_display = ("version", "state", "issued", "accepted")
    ordering = ("-version",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignaturePolicy]:
        return policies()

    def get_queryset_of_one(self) -> QuerySet[SignaturePolicy]:
        return policies()

    def page_names(self) -> tuple[str, ...]:
        return ("accept",)

    @admin.display(description="State")
    def state(self, row: SignaturePolicy) -> SafeString:
        if row.version == policy_and_acceptance(None)[0]:
            return badge("signs", "✓", "In force")
        return badge("revoked", "∅", "Superseded")

    @admin.display(description="Issued by")
    def issued(self, row: SignaturePolicy) -> str:
        return signed_by(row.signature) if row.signature else "came with the installation"

    @admin.display(description="Accepted by")
    def accepted(self, row: Any) -> str:
        return f"{row.accepted_by} {'person' if row.accepted_by == 1 else 'persons'}"

    def shown(self, request: HttpRequest, record: SignaturePolicy) -> Mapping[str, Any]:
        identity = identity_in(request)
        in_force, is_accepted = policy_and_acceptance(identity.person)
        why_not = {
            record.version != in_force: "another version is in force.",
            is_accepted: "you accepted it.",
            identity.person is None: "the account belongs to no person.",
        }
        acceptances = record.acceptances.select_related("person")[:SHOWN]
        return Shown(
            mark=self.state(record),
            facts=[
                ("Issued by", self.issued(record)),
                ("Text", linebreaks(record.text, autoescape=True)),
            ],
            tables=[
                Table(
                    "Accepted by",
                    ("Person", "When"),
                    [
                        (row.person.printed_name, local_text(row.recorded_at, identity.zone))
                        for row in acceptances
                    ],
                    empty="Nobody accepted it yet.",
                )
            ],
            options=[
                option(
                    request,
                    "policy.accept",
                    "Accept it",
                    self.url("accept", record.pk),
                    why_not=why_not.get(True, ""),  # a key
                    style="primary",
                )
            ],
        ).as_context()

    def accept_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)

        def perform(context: Any, _: dict[str, Any]) -> Done:
            accept_policy(context, version=record.version)
            return Done(
                self.url("change", record.pk),
                f"You accepted version {record.version} of the signature policy.",
            )

        return self.answer(
            request,
            ActionPage(
                action="policy.accept",
                title=f"Accept the signature policy, version {record.version}",
                form_class=AcceptanceForm,
                perform=perform,
                submit="I have read it and accept it",
                template="admin/exolot/policy.html",
                shown=lambda: {"policy": record.text},
                back=self.url("change", record.pk),
                crumbs=self.record_crumbs(record),
            ),
        )

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = issue_policy(context, text=typed["text"])
            return Done(
                self.url("change", row.pk),
                f"Version {row.version} is in force. Everybody accepts it before signing again.",
            )

        latest = policies().order_by("-version").first()
        return ActionPage(
            action="policy.issue",
            title="Issue a new version of the signature policy",
            form_class=PolicyForm,
            perform=perform,
            submit="Sign the policy",
            meaning="Signature policy issued",
            intro="From then on nobody signs, you included, before accepting the new version.",
            initial={"text": latest.text if latest else ""},
            back=self.url("changelist"),
            crumbs=(self.list_crumb(),),
        )
