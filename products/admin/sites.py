"""Sites: where lots are made, and in which zone their days end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from products.actions.go_live import declare_go_live
from products.actions.sites import register_site
from products.admin.attachments import attach_option, files_table, signed_by
from products.admin.evidence import attaching
from products.admin.forms import ActionForm, day, text, whole_number, zone
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown, option
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.models import Site
from products.queries.attachments import evidence
from products.queries.registers import sites


class SiteForm(ActionForm):
    name = text("Site")
    zone = zone()
    late_after_hours = whole_number(
        "Hours until an entry is late", "From performing to recording without a reason."
    )


class GoLiveForm(ActionForm):
    on = day("Go-live date", "The first day on which the site recorded here, not a later one.")


@admin.register(Site, site=site)
class SiteAdmin(RecordAdmin[Site]):
    registers = "site.register"
    register_label = "Register a site"
    list_display = ("name", "zone", "late_after_hours", "since")
    search_fields = ("name__istartswith",)
    search_help_text = "Name"
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        return sites()

    def get_queryset_of_one(self) -> QuerySet[Site]:
        return sites()

    def page_names(self) -> tuple[str, ...]:
        return ("go_live", "attach")

    @admin.display(description="Records here since")
    def since(self, row: Site) -> str:
        declared = getattr(row, "go_live", None)
        return str(declared.on) if declared else "not declared"

    def shown(self, request: HttpRequest, record: Site) -> Mapping[str, Any]:
        declared = getattr(record, "go_live", None)
        return Shown(
            facts=[
                ("Zone", record.zone),
                ("An entry is late after", f"{record.late_after_hours} h"),
                ("Records here since (go-live)", self.since(record)),
                ("Go-live signed", signed_by(declared.signature) if declared else "nobody yet"),
            ],
            notes=[] if declared else ["Without a signed go-live date nothing comes from paper."],
            tables=[files_table(evidence().filter(site=record), record.zone)],
            options=[
                option(
                    request,
                    "site.declare_go_live",
                    "Declare the go-live date",
                    self.url("go_live", record.pk),
                    why_not=f"the site records here since {declared.on}; the date is not changed."
                    if declared
                    else "",
                ),
                attach_option(request, self.url("attach", record.pk)),
            ],
        ).as_context()

    def go_live_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        back = self.url("change", record.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = declare_go_live(context, site=record.name, on=typed["on"])
            return Done(back, f"The site {record.name} records here since {row.on}.")

        return self.answer(
            request,
            ActionPage(
                action="site.declare_go_live",
                title=f"Declare the go-live date of {record.name}",
                form_class=GoLiveForm,
                perform=perform,
                submit="Sign the go-live date",
                meaning="Go-live declared",
                intro="From this day on the site records here. Only paper dated before it may be "
                "transcribed. The date is declared once and never changed.",
                back=back,
                crumbs=self.record_crumbs(record),
            ),
        )

    def attach_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        return self.answer(
            request,
            attaching(
                "site",
                record.name,
                record=f"site {record.name}",
                back=self.url("change", record.pk),
                crumbs=self.record_crumbs(record),
            ),
        )

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = register_site(context, **typed)
            return Done(self.url("change", row.pk), f"Site {row.name} is registered.")

        return ActionPage(
            action="site.register",
            title="Register a site",
            form_class=SiteForm,
            perform=perform,
            submit="Register the site",
            back=self.url("changelist"),
            initial={"late_after_hours": 24},
            crumbs=(self.list_crumb(),),
        )
