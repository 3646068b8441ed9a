"""Trainings: quality signs who may perform which method version, since when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from products.actions.training import record_training
from products.admin.attachments import signed_by
from products.admin.forms import ActionForm, day, text, word
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown, Table, link
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.admin.validity import held_from_until, on_day, today_of
from products.models import MethodVersion, Person, Training
from products.queries.registers import trainings

MOST_SHOWN = 100


def person_choice(label: str = "Person") -> forms.Field:
    """One of the recorded persons; the form fills in who there is with `offer_people`."""
    return forms.UUIDField(label=label, widget=forms.Select(choices=[("", "choose")]))


def people() -> list[tuple[str, str]]:
    rows = Person.objects.order_by("printed_name", "id").values_list("pk", "printed_name")
    return [(str(key), name) for key, name in rows]


class TrainingForm(ActionForm):
    aliases = {"method": "method_version", "version": "method_version"}
    person = person_choice()
    method_version = word("Method version", [], empty="choose")
    trained_on = day("Trained on")
    valid_until = day("Valid until", "Last day; empty without an end.", required=False)
    document = text("Training record", "Its number.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("person", people())
        rows = MethodVersion.objects.select_related("method").order_by("method__code", "-version")
        self.offer(
            "method_version",
            [(str(row), f"{row}: {row.method.name} ({row.state})") for row in rows],
        )


class TrainingFilter(admin.SimpleListFilter):
    title = "validity"
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "in force"), ("no", "expired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Training]) -> QuerySet[Training]:
        has_ended = Q(valid_until__lt=today_of(request))
        if self.value() == "yes":
            return queryset.exclude(has_ended)
        return queryset.filter(has_ended) if self.value() == "no" else queryset


@admin.register(Training, site=site)
class TrainingAdmin(RecordAdmin[Training]):
    registers = "training.record"
    register_label = "Sign a training"
    list_display = ("person", "method", "trained_on", "validity", "document", "signed")
    list_filter = (TrainingFilter,)
    search_fields = (
        "person__printed_name__icontains",
        "method_version__method__code__istartswith",
    )
    search_help_text = "Person or method code"
    ordering = (
        "person__printed_name",
        "method_version__method__code",
        "-method_version__version",
        "-trained_on",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Training]:
        return on_day(trainings(), today_of(request))

    def get_queryset_of_one(self) -> QuerySet[Training]:
        return trainings()

    @admin.display(description="Method version")
    def method(self, row: Training) -> str:
        return str(row.method_version)

    @admin.display(description="Validity")
    def validity(self, row: Any) -> SafeString:
        return held_from_until(row.trained_on, row.valid_until, row.today)

    @admin.display(description="Signed")
    def signed(self, row: Training) -> str:
        return signed_by(row.signature)

    def shown(self, request: HttpRequest, record: Training) -> Mapping[str, Any]:
        method = record.method_version.method
        return Shown(
            mark=held_from_until(record.trained_on, record.valid_until, today_of(request)),
            facts=[
                (
                    "Person",
                    link(
                        record.person.printed_name,
                        reverse("admin:products_person_change", args=[record.person_id]),
                    ),
                ),
                (
                    "Method version",
                    link(
                        f"{record.method_version}: {method.name}",
                        reverse("admin:products_method_change", args=[method.pk]),
                    ),
                ),
                ("Trained on", str(record.trained_on)),
                ("Valid until", str(record.valid_until or "without end")),
                ("Training record", record.document),
                ("Signed", signed_by(record.signature)),
            ],
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            method, _, version = typed["method_version"].rpartition(" v")
            row = record_training(
                context,
                person=typed["person"],
                method=method,
                version=int(version) if version.isdecimal() else 0,
                trained_on=typed["trained_on"],
                valid_until=typed["valid_until"],
                document=typed["document"],
            )
            return Done(
                self.url("change", row.pk),
                f"{row.person.printed_name} is trained for {row.method_version}.",
            )

        return ActionPage(
            action="training.record",
            title="Sign a training",
            form_class=TrainingForm,
            perform=perform,
            submit="Sign the training",
            meaning="Trained for this method version",
            intro="A run counts only when the person who performed it was trained for its method "
            "version on that day. Nobody signs for an own training.",
            back=self.url("changelist"),
            initial={
                "person": request.GET.get("person", ""),
                "method_version": request.GET.get("method_version", ""),
            },
            crumbs=(self.list_crumb(),),
        )


def trainings_table(request: HttpRequest, rows: QuerySet[Training], empty: str) -> Table:
    """Of a person or of a method; the latest first."""
    today = today_of(request)
    return Table(
        "Trainings",
        ("Person", "Method version", "Trained on", "Validity", "Record", "Signed"),
        [
            (
                row.person.printed_name,
                link(
                    str(row.method_version),
                    reverse("admin:products_training_change", args=[row.pk]),
                ),
                str(row.trained_on),
                held_from_until(row.trained_on, row.valid_until, today),
                row.document,
                signed_by(row.signature),
            )
            for row in rows.order_by("-trained_on", "-id")[:MOST_SHOWN]
        ],
        empty=empty,
    )
