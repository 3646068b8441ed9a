"""Outside laboratories: registered, qualified under signature, with their files and runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from products.actions.laboratories import qualify_laboratory, register_laboratory
from products.admin.attachments import attach_option, files_table, signed_by, uses_table
from products.admin.evidence import attaching
from products.admin.forms import ActionForm, day, text
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown, Table, option
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.admin.validity import held_from_until, on_day, today_of
from products.models import Laboratory, Run
from products.queries.attachments import evidence
from products.queries.registers import laboratories
from products.queries.uses import latest_uses
from products.templatetags.exolot import badge


class LaboratoryForm(ActionForm):
    code = text("Laboratory code", "Never reused.")
    name = text("Name")
    address = text("Address", whole=True)


class QualificationForm(ActionForm):
    qualified_from = day("Qualified from", "First day that counts.")
    qualified_until = day("Qualified until", "Last day that counts.")
    document = text("Document", "Number of the audit report or quality agreement.")


@admin.register(Laboratory, site=site)
class LaboratoryAdmin(RecordAdmin[Laboratory]):
    registers = "laboratory.register"
    register_label = "Register a laboratory"
    list_title = "Outside laboratories"
    list_display = ("code", "name", "qualification")
    search_fields = ("code__istartswith", "name__icontains")
    search_help_text = "Code or name"
    ordering = ("code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Laboratory]:
        return on_day(laboratories(), today_of(request))

    def get_queryset_of_one(self) -> QuerySet[Laboratory]:
        return laboratories()

    def page_names(self) -> tuple[str, ...]:
        return ("qualify", "attach")

    @admin.display(description="Qualification")
    def qualification(self, row: Any) -> SafeString:
        latest = next(iter(row.qualifications.all()), None)
        if latest is None:
            return badge("indeterminate", "?", "Never qualified")
        return held_from_until(latest.qualified_from, latest.qualified_until, row.today)

    def shown(self, request: HttpRequest, record: Laboratory) -> Mapping[str, Any]:
        zone = identity_in(request).zone
        rows = list(record.qualifications.all())
        uses = latest_uses(Run.objects.filter(laboratory=record), timezone.now())
        record.today = today_of(request)  # type: ignore[attr-defined]  # as in the list
        return Shown(
            mark=self.qualification(record),
            facts=[("Name", record.name), ("Address", record.address)],
            tables=[
                Table(
                    "Qualifications, the one in effect first",
                    ("Version", "Qualified from", "Qualified until", "Document", "Signed"),
                    [
                        (
                            row.version,
                            str(row.qualified_from),
                            str(row.qualified_until),
                            row.document,
                            signed_by(row.signature),
                        )
                        for row in rows
                    ],
                    empty="Quality has not qualified it: its results block their lots.",
                ),
                files_table(evidence().filter(laboratory=record), zone),
                uses_table("Latest runs by it", uses, "No run is recorded of it."),
            ],
            options=[
                option(
                    request,
                    "laboratory.qualify",
                    "Sign a qualification",
                    self.url("qualify", record.pk),
                    style="primary",
                ),
                attach_option(request, self.url("attach", record.pk)),
            ],
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = register_laboratory(context, **typed)
            return Done(self.url("change", row.pk), f"Laboratory {row.code} is registered.")

        return ActionPage(
            action="laboratory.register",
            title="Register an outside laboratory",
            form_class=LaboratoryForm,
            perform=perform,
            submit="Register the laboratory",
            intro="Its results block their lots until quality signs that it is qualified.",
            back=self.url("changelist"),
            crumbs=(self.list_crumb(),),
        )

    def qualify_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        back = self.url("change", record.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = qualify_laboratory(
                context,
                laboratory=record.code,
                qualified_from=typed["qualified_from"],
                qualified_until=typed["qualified_until"],
                document=typed["document"],
            )
            return Done(back, f"Qualification {row.version} of {record.code} is signed.")

        return self.answer(
            request,
            ActionPage(
                action="laboratory.qualify",
                title=f"Qualify laboratory {record.code}",
                form_class=QualificationForm,
                perform=perform,
                submit="Sign the qualification",
                meaning="Qualified as outside laboratory",
                intro="The latest qualification is the one in effect, also for runs of before. "
                "Every lot with a run of the laboratory is judged again; a released one that no "
                "longer may be goes on hold.",
                back=back,
                crumbs=self.record_crumbs(record),
            ),
        )

    def attach_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        return self.answer(
            request,
            attaching(
                "laboratory",
                record.code,
                record=f"laboratory {record.code}",
                back=self.url("change", record.pk),
                crumbs=self.record_crumbs(record),
            ),
        )
