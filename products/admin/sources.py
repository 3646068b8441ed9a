"""Tissue sources: donations, and banks made from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from products.actions.sources import register_source
from products.admin.attachments import (
    attach_option,
    files_table,
    paper_cell,
    paper_of,
    transcribe_option,
)
from products.admin.evidence import attaching
from products.admin.forms import ActionForm, instant, reference, text, word, zone
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown, Table, link
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.lots import local_text
from products.domain.sources import TISSUE_LABELS, SourceForm, TissueKind
from products.domain.transcriptions import TranscriptionKind
from products.models import Donor, Lot, TissueSource
from products.models.fields import choices_of
from products.queries.attachments import evidence


class TissueSourceForm(ActionForm):
    instants = {"recovered_at": "recovery_zone"}
    number = text("Source number", "Never reused.")
    donor = reference("Donor", "Code.")
    kind = word("Tissue", choices_of(TissueKind, TISSUE_LABELS))
    form = word("Form", choices_of(SourceForm))
    made_from = reference("Made from", "For a cell bank: the source it was made from.")
    recovered_at = instant("Recovered at", "Of a bank: when it was made.")
    recovery_zone = zone()


class TissueFilter(admin.SimpleListFilter):
    title = "tissue"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(TISSUE_LABELS.items())

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[TissueSource]
    ) -> QuerySet[TissueSource]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(TissueSource, site=site)
class TissueSourceAdmin(RecordAdmin[TissueSource]):
    registers = "source.register"
    register_label = "Register a source"
    list_display = ("number", "kind", "form", "donor", "recovered")
    list_filter = (TissueFilter,)
    search_fields = ("number__istartswith",)
    search_help_text = "Source number, or how it begins"
    ordering = ("number",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TissueSource]:
        return self.get_queryset_of_one()

    def get_queryset_of_one(self) -> QuerySet[TissueSource]:
        return TissueSource.objects.select_related(
            "donor", "made_from", "transcription__verification__signature"
        )

    def page_names(self) -> tuple[str, ...]:
        return ("attach",)

    @admin.display(description="Recovered")
    def recovered(self, row: TissueSource) -> str:
        return local_text(row.recovered_at, row.recovery_zone)

    def shown(self, request: HttpRequest, record: TissueSource) -> Mapping[str, Any]:
        lots = Lot.objects.filter(source_links__source=record).select_related("product")
        return Shown(
            facts=[
                ("Tissue", record.get_kind_display()),
                ("Form", record.get_form_display()),
                (
                    "Donor",
                    link(
                        record.donor.code,
                        reverse("admin:products_donor_change", args=[record.donor_id]),
                    ),
                ),
                (
                    "Made from",
                    link(record.made_from.number, self.url("change", record.made_from_id))
                    if record.made_from
                    else "the donation itself",
                ),
                ("Recovered", self.recovered(record)),
                ("Paper original", paper_cell(paper_of(record))),
            ],
            tables=[
                Table(
                    "Lots made from it",
                    ("Lot", "Product", "Made on"),
                    [
                        (
                            link(lot.number, reverse("admin:products_lot_change", args=[lot.pk])),
                            lot.product.name,
                            str(lot.made_on),
                        )
                        for lot in lots.order_by("-made_on", "-id")[:100]
                    ],
                ),
                files_table(evidence().filter(source=record), identity_in(request).zone),
            ],
            options=[
                attach_option(request, self.url("attach", record.pk)),
                transcribe_option(
                    request,
                    TranscriptionKind.SOURCE,
                    record.number,
                    paper_of(record),
                    "Name the paper original",
                ),
            ],
        ).as_context()

    def attach_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        return self.answer(
            request,
            attaching(
                "source",
                record.number,
                record=f"tissue source {record.number}",
                back=self.url("change", record.pk),
                crumbs=self.record_crumbs(record),
            ),
        )

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            source = register_source(context, **typed)
            return Done(self.url("change", source.pk), f"Source {source.number} is registered.")

        return ActionPage(
            action="source.register",
            title="Register a tissue source",
            form_class=TissueSourceForm,
            perform=perform,
            submit="Register the source",
            back=self.url("changelist"),
            initial={"recovery_zone": identity_in(request).zone},
            suggestions={
                "donor": Donor.objects.order_by("code").values_list("code", flat=True)[:200],
                "made_from": TissueSource.objects.order_by("number").values_list(
                    "number", flat=True
                )[:200],
            },
            crumbs=(self.list_crumb(),),
        )
