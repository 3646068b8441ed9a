"""Sites: where lots are made, and in which zone their days end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from products.actions.sites import register_site
from products.admin.forms import ActionForm, text, whole_number, zone
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.models import Site


class SiteForm(ActionForm):
    name = text("Site")
    zone = zone()
    late_after_hours = whole_number(
        "Hours until an entry is late", "From performing to recording without a reason."
    )


@admin.register(Site, site=site)
class SiteAdmin(RecordAdmin[Site]):
    registers = "site.register"
    register_label = "Register a site"
    list_display = ("name", "zone", "late_after_hours")
    search_fields = ("name__istartswith",)
    search_help_text = "Name"
    ordering = ("name",)

    def shown(self, request: HttpRequest, record: Site) -> Mapping[str, Any]:
        return Shown(
            facts=[
                ("Zone", record.zone),
                ("An entry is late after", f"{record.late_after_hours} h"),
            ]
        ).as_context()

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
