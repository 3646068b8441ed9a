"""Samples: drawn on a lot's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from products.actions.samples import draw_sample
from products.admin.forms import ActionForm, instant, text, word, zone
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.parts import Option, Shown, Table, link
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.criteria import STAGE_LABELS, Stage
from products.domain.lots import local_text
from products.models import Lot, Person, Run, Sample
from products.models.fields import choices_of
from products.templatetags.exolot import mark, purpose


class SampleForm(ActionForm):
    instants = {"drawn_at": "drawn_zone"}
    stage = word("Stage", choices_of(Stage, STAGE_LABELS))
    container = text("Container", "Such as: 3 final vials, or 1 mL cryotube.")
    drawn_at = instant("Drawn at")
    drawn_zone = zone()
    drawn_by = word("Drawn by", [])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.order_by("printed_name").values_list("pk", "printed_name")
        self.fields["drawn_by"].widget.choices = [
            ("", "I drew it"),
            *((str(key), name) for key, name in people),
        ]


def drawing(lot: Lot, crumbs: tuple[Crumb, ...]) -> ActionPage:
    back = reverse("admin:products_lot_change", args=[lot.pk])

    def perform(context: Any, typed: dict[str, Any]) -> Done:
        sample = draw_sample(
            context, lot=lot.number, **{**typed, "drawn_by": typed["drawn_by"] or None}
        )
        return Done(back, f"Sample {sample.number} is recorded.")

    return ActionPage(
        action="sample.draw",
        title=f"Draw a sample of lot {lot.number}",
        form_class=SampleForm,
        perform=perform,
        submit="Record the sample",
        back=back,
        initial={"stage": Stage.FINAL_CONTAINER, "drawn_zone": lot.site.zone},
        crumbs=crumbs,
    )


@admin.register(Sample, site=site)
class SampleAdmin(RecordAdmin[Sample]):
    list_display = ("number", "stage", "container", "drawn", "drawn_by")
    search_fields = ("number__istartswith",)
    search_help_text = "Sample or lot number, or how it begins"
    ordering = ("-recorded_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sample]:
        return self.get_queryset_of_one()

    def get_queryset_of_one(self) -> QuerySet[Sample]:
        return Sample.objects.select_related("lot", "drawn_by")

    @admin.display(description="Drawn")
    def drawn(self, row: Sample) -> str:
        return local_text(row.drawn_at, row.drawn_zone)

    def shown(self, request: HttpRequest, record: Sample) -> Mapping[str, Any]:
        lot = reverse("admin:products_lot_change", args=[record.lot_id])
        runs = Run.objects.filter(sample=record).select_related("method_version__method")
        return Shown(
            facts=[
                ("Lot", link(record.lot.number, lot)),
                ("Stage", record.get_stage_display()),
                ("Container", record.container),
                ("Drawn", self.drawn(record)),
                ("Drawn by", record.drawn_by.printed_name),
            ],
            tables=[
                Table(
                    "Runs",
                    ("Run", "Method", "Purpose", "State"),
                    [
                        (
                            link(run.number, reverse("admin:products_run_change", args=[run.pk])),
                            str(run.method_version),
                            purpose(run.purpose),
                            mark(run.state),
                        )
                        for run in runs.order_by("number")
                    ],
                )
            ],
            options=[Option("Go to the lot", lot)],
        ).as_context()
