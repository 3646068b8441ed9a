"""Lots: the list, the page of a lot, its registration, and the pages of what is done to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from products.actions.lots import declare_stability_study, register_lot
from products.admin.as_of import PARAMETER, answer_past
from products.admin.dispositions import (
    acknowledging,
    recalling,
    rejection,
    release,
)
from products.admin.evidence import attaching
from products.admin.forms import (
    ActionForm,
    ListField,
    day,
    reference,
    text,
    whole_number,
    word,
)
from products.admin.histories import answer_history, lot_trail
from products.admin.holds import lifting, placing
from products.admin.lot_options import lot_options, status_sentence
from products.admin.notes import noting
from products.admin.opening import opening
from products.admin.pages import ActionPage, Crumb, Done, Perform, require
from products.admin.parts import divided
from products.admin.requests import identity_in
from products.admin.retractions import voiding
from products.admin.reviews import review
from products.admin.samples import drawing
from products.admin.site import site
from products.admin.specification_binding import answer_binding
from products.admin.surface import RecordAdmin
from products.admin.trends import trends
from products.domain.lots import STATUS_LABELS
from products.domain.roles import Permission
from products.domain.sources import TISSUE_LABELS
from products.models import Lot, Person, Product, TissueSource
from products.queries.listing import with_tissue
from products.queries.lot_page import lot_page
from products.queries.worklists import lot_list, lots_by_number, lots_expiring, lots_of_status

EXPIRING_DAYS = 30


class StatusFilter(admin.SimpleListFilter):
    title = parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status.value, label) for status, label in STATUS_LABELS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lot]) -> QuerySet[Lot]:
        status = self.value()
        return lots_of_status(queryset, status, timezone.now()) if status else queryset


class ProductFilter(admin.SimpleListFilter):
    title = parameter_name = "product"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        codes = Product.objects.order_by("code").values_list("code", "name")
        return [(code, f"{code}: {name}") for code, name in codes]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lot]) -> QuerySet[Lot]:
        return queryset.filter(product__code=self.value()) if self.value() else queryset


class TissueFilter(admin.SimpleListFilter):
    title = parameter_name = "tissue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(TISSUE_LABELS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lot]) -> QuerySet[Lot]:
        kind = self.value()
        return with_tissue(queryset, kind) if kind else queryset


class ExpiringFilter(admin.SimpleListFilter):
    title = parameter_name = "expiring"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("30", f"within {EXPIRING_DAYS} days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lot]) -> QuerySet[Lot]:
        if not self.value():
            return queryset
        return lots_expiring(queryset, timezone.now(), EXPIRING_DAYS)


class LotForm(ActionForm):
    number = text("Lot number", "As printed on the label; never reused.")
    product = reference("Product", "Code.")
    specification = whole_number(
        "Specification version", "Empty: the latest version in force.", required=False
    )
    made_on = day("Made on")
    made_by = word("Made by", [], empty="I made it")
    vials = whole_number("Vials")
    expires = text(
        "Expiry", "YYYY-MM-DD (last day of use), YYYY-MM (whole month), or empty while unknown."
    )
    sources = ListField(label="Tissue sources", help_text="Numbers, separated by commas.")
    parents = ListField(
        label="Parent lots", help_text="Numbers of the lots it was made from, if any."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.order_by("printed_name").values_list("pk", "printed_name")
        self.fields["made_by"].widget.choices = [
            ("", "I made it"),
            *((str(key), name) for key, name in people),
        ]


class StudyForm(ActionForm):
    study = text("Stability study", "Reference of the study that stands in place of an expiry.")


@admin.register(Lot, site=site)
class LotAdmin(RecordAdmin[Lot]):
    registers = "lot.register"
    register_label = "Register a lot"
    record_template = "admin/products/lot/record.html"
    list_display = ("number",)
    list_filter = (StatusFilter, ProductFilter, TissueFilter, ExpiringFilter)
    search_fields = ("number",)
    search_help_text = "Lot number, or how it begins"
    ordering = ("-made_on", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lot]:
        return lot_list(timezone.now())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lot], search_term: str
    ) -> tuple[QuerySet[Lot], bool]:
        return (lots_by_number(queryset, search_term) if search_term else queryset), False

    def get_queryset_of_one(self) -> QuerySet[Lot]:
        return Lot.objects.select_related(
            "product", "site", "specification", "made_by", "stability_signature"
        )

    def page_names(self) -> tuple[str, ...]:
        return (
            "draw_sample",
            "open_run",
            "review",
            "release",
            "reject",
            "recall",
            "acknowledge",
            "change_specification",
            "hold",
            "lift_hold",
            "declare_study",
            "void",
            "attach",
            "note",
            "trail",
        )

    def shown(self, request: HttpRequest, record: Lot) -> Mapping[str, Any]:
        page = lot_page(record, timezone.now())
        return {
            "title": f"Lot {record.number}",
            "page": page,
            "lot": record,
            "zone": record.site.zone,
            "sentence": status_sentence(page),
            "trends": trends(record, page),
            "trail_link": self._trail_link(request, record),
            "may_open": self.may(request, "run.open") and bool(page.samples),
            **divided(lot_options(request, page)),
        }

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "GET" or PARAMETER not in request.GET:
            return super().changeform_view(request, object_id, form_url, extra_context)
        require(request, Permission.READ, "reading records")
        lot = self.record(object_id)
        frame = {
            **self.admin_site.each_context(request),
            "title": f"Lot {lot.number}",
            "crumbs": self._crumbs(lot),
        }
        return answer_past(request, lot, frame)

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            lot = register_lot(context, **{**typed, "made_by": typed["made_by"] or None})
            return Done(self.url("change", lot.pk), f"Lot {lot.number} is registered.")

        return ActionPage(
            action="lot.register",
            title="Register a lot",
            form_class=LotForm,
            perform=perform,
            submit="Register the lot",
            back=self.url("changelist"),
            crumbs=(self.list_crumb(),),
            suggestions={
                "product": list(Product.objects.order_by("code").values_list("code", "name")),
                "sources": TissueSource.objects.order_by("-recorded_at").values_list(
                    "number", flat=True
                )[:100],
            },
        )

    def draw_sample_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return self.answer(request, drawing(lot, self._crumbs(lot)))

    def open_run_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return self.answer(
            request, opening(lot, request.GET.get("criterion", ""), self._crumbs(lot))
        )

    def review_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return self.answer(request, review(lot, identity_in(request), self._crumbs(lot)))

    def release_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return self.answer(request, release(lot, identity_in(request), self._crumbs(lot)))

    def reject_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return self.answer(request, rejection(lot, self._crumbs(lot)))

    def recall_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return self.answer(request, recalling(lot, self._crumbs(lot)))

    def acknowledge_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return self.answer(request, acknowledging(lot, self._crumbs(lot)))

    def change_specification_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return answer_binding(self.admin_site, request, lot, self._crumbs(lot))

    def hold_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return self.answer(request, placing(lot, self._crumbs(lot)))

    def lift_hold_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return self.answer(request, lifting(lot, self._crumbs(lot)))

    def void_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return self.answer(request, voiding(lot, self._crumbs(lot)))

    def attach_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return self.answer(
            request,
            attaching(
                "lot",
                lot.number,
                record=f"lot {lot.number}",
                back=self.url("change", lot.pk),
                crumbs=self._crumbs(lot),
            ),
        )

    def note_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        return self.answer(
            request,
            noting(lot.number, "", back=self.url("change", lot.pk), crumbs=self._crumbs(lot)),
        )

    def declare_study_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        lot = self.record(key)
        back = self.url("change", lot.pk)
        return self.answer(
            request,
            ActionPage(
                action="lot.declare_stability_study",
                title=f"Declare a stability study for lot {lot.number}",
                form_class=StudyForm,
                perform=_declaring(lot, back),
                submit="Sign the declaration",
                meaning="No expiry: under stability study",
                intro="The lot has no expiry. A signed stability study may stand in its place.",
                back=back,
                lot=lot,
                crumbs=self._crumbs(lot),
            ),
        )

    def trail_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        require(request, Permission.AUDIT, "reading the whole trail of a lot")
        lot = self.record(key)
        return answer_history(self.admin_site, request, lot_trail(lot, self._crumbs(lot)))

    def history_links(self, request: HttpRequest, record: Lot) -> tuple[Crumb, ...]:
        link = self._trail_link(request, record)
        return (link,) if link else ()

    def _trail_link(self, request: HttpRequest, lot: Lot) -> Crumb | None:
        if Permission.AUDIT not in identity_in(request).permissions:
            return None
        return Crumb("Audit trail of the lot", self.url("trail", lot.pk))

    def _crumbs(self, lot: Lot) -> tuple[Crumb, ...]:
        return (self.list_crumb(), Crumb(f"Lot {lot.number}", self.url("change", lot.pk)))


def _declaring(lot: Lot, back: str) -> Perform:
    def perform(context: Any, typed: dict[str, Any]) -> Done:
        declare_stability_study(context, lot=lot.number, study=typed["study"])
        return Done(back, f"Lot {lot.number} is under stability study {typed['study']}.")

    return perform
