"""Investigations: opened by a failing or invalid result, concluded under signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from products.actions.investigations import MEANING, conclude_investigation
from products.admin.confirming import ConfirmingForm
from products.admin.confirming_runs import items_of_conclusion
from products.admin.forms import long_text, word
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown, Table, link, option
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.investigations import InvestigationOutcome
from products.domain.lots import local_text
from products.domain.units import label_of
from products.models import Investigation
from products.queries.run_page import run_page
from products.templatetags.exolot import mark, verdict

OUTCOMES = (
    (InvestigationOutcome.CONFIRMED, "Confirmed: the result stands"),
    (InvestigationOutcome.INVALIDATED, "Invalidated: a cause unrelated to the product is shown"),
)


class ConclusionForm(ConfirmingForm):
    outcome = word("Outcome", OUTCOMES, empty="choose")
    cause = long_text("Cause", "To invalidate, the cause must be named.")
    evidence = long_text("Evidence", "Document numbers that show the cause.")


class OpenFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "open"), ("no", "concluded")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Investigation]
    ) -> QuerySet[Investigation]:
        if not self.value():
            return queryset
        return queryset.filter(conclusion__isnull=self.value() == "yes")


@admin.register(Investigation, site=site)
class InvestigationAdmin(RecordAdmin[Investigation]):
    list_display = ("number", "kind", "state", "run", "opened")
    list_filter = (OpenFilter,)
    search_fields = ("number__icontains",)
    search_help_text = "Investigation or lot number"
    ordering = ("-recorded_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Investigation]:
        return self.get_queryset_of_one()

    def get_queryset_of_one(self) -> QuerySet[Investigation]:
        return Investigation.objects.select_related(
            "lot__site", "run", "result", "opened_by__person", "conclusion__signature"
        )

    def page_names(self) -> tuple[str, ...]:
        return ("conclude",)

    @admin.display(description="State")
    def state(self, row: Investigation) -> SafeString:
        return mark(row.conclusion.outcome if hasattr(row, "conclusion") else "open")

    @admin.display(description="Opened")
    def opened(self, row: Investigation) -> str:
        return local_text(row.recorded_at, row.lot.site.zone)

    def shown(self, request: HttpRequest, record: Investigation) -> Mapping[str, Any]:
        conclusion = getattr(record, "conclusion", None)
        result = record.result
        lot = reverse("admin:products_lot_change", args=[record.lot_id])
        tables = []
        if conclusion:
            signature = conclusion.signature
            tables.append(
                Table(
                    "Conclusion",
                    ("Outcome", "Cause", "Evidence", "Signed", "Reason"),
                    [
                        (
                            mark(conclusion.outcome),
                            conclusion.cause,
                            conclusion.evidence,
                            (
                                f"{signature.printed_name}, "
                                f"{local_text(signature.signed_at, signature.zone)}"
                            ),
                            signature.reason,
                        )
                    ],
                )
            )
        return Shown(
            mark=self.state(record),
            facts=[
                ("Kind", record.get_kind_display()),
                ("Lot", link(record.lot.number, lot)),
                (
                    "Run",
                    link(
                        record.run.number,
                        reverse("admin:products_run_change", args=[record.run_id]),
                    ),
                ),
                ("Result", verdict(result.verdict)),
                ("Reported", f"{result.reported} {label_of(result.unit)}".strip()),
                ("Explanation", result.explanation),
                ("Opened", f"{self.opened(record)} by {record.opened_by.printed_name}"),
            ],
            tables=tables,
            options=[
                option(
                    request,
                    "investigation.conclude",
                    "Conclude",
                    self.url("conclude", record.pk),
                    why_not="it is concluded already." if conclusion else "",
                    style="primary",
                )
            ],
        ).as_context()

    def conclude_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        back = self.url("change", record.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = conclude_investigation(
                context,
                investigation=record.number,
                outcome=typed["outcome"],
                cause=typed["cause"],
                evidence=typed["evidence"],
            )
            return Done(back, f"Investigation {record.number} is concluded: {row.outcome}.")

        page = run_page(record.run)
        return self.answer(
            request,
            ActionPage(
                action="investigation.conclude",
                title=f"Conclude investigation {record.number}",
                form_class=ConclusionForm,
                perform=perform,
                submit="Sign the conclusion",
                meaning=MEANING,
                template="admin/exolot/conclude.html",
                back=back,
                lot=record.lot,
                arguments={"items": [*items_of_conclusion(record, page)]},
                shown=lambda: {
                    "page": page,
                    "result": record.result,
                    "zone": record.lot.site.zone,
                },
                crumbs=self.record_crumbs(record),
                is_wide=True,
            ),
        )
