"""Holds: the list, and the pages that place and lift one under signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from products.actions.holds import lift_hold, place_hold
from products.admin.dispositions import judged
from products.admin.forms import ActionForm, text, word
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.parts import Option, Shown, link
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.dispositions import MEANINGS, DispositionKind
from products.domain.holds import HoldKind
from products.domain.lots import local_text
from products.models import Hold, Lot
from products.templatetags.exolot import mark

HOLDS = (
    (HoldKind.SITE.value, "Of this site"),
    (HoldKind.OFFICIAL.value, "Official: until an authority has released the lot"),
)


class PlaceForm(ActionForm):
    kind = word("Kind of hold", HOLDS)
    reference = text("Reference", "Of an official hold: the authority's own number.")


class LiftForm(ActionForm):
    hold = word("Hold to lift", [])
    reference = text(
        "Reference", "Of an official hold: the document by which the authority released the lot."
    )

    def __init__(self, *args: Any, holds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hold"].widget.choices = holds


def placing(lot: Lot, crumbs: tuple[Crumb, ...]) -> ActionPage:
    def perform(context: Any, typed: dict[str, Any]) -> Done:
        place_hold(context, lot=lot.number, kind=typed["kind"], reference=typed["reference"])
        return Done(_page_of(lot), f"Lot {lot.number} is on hold.")

    return ActionPage(
        action="hold.place",
        title=f"Place a hold on lot {lot.number}",
        form_class=PlaceForm,
        perform=perform,
        submit="Sign and place the hold",
        meaning=MEANINGS[DispositionKind.HOLD],
        intro="The reason is shown to everybody. Recording and review go on while the lot is held.",
        template="admin/exolot/decide.html",
        back=_page_of(lot),
        lot=lot,
        shown=lambda: judged(lot),
        crumbs=crumbs,
        is_wide=True,
    )


def lifting(lot: Lot, crumbs: tuple[Crumb, ...]) -> ActionPage:
    def perform(context: Any, typed: dict[str, Any]) -> Done:
        number = typed["hold"]
        lift_hold(
            context,
            lot=lot.number,
            hold=int(number) if number.isdecimal() else 0,
            reference=typed["reference"],
        )
        return Done(_page_of(lot), f"Hold {number} of lot {lot.number} is lifted.")

    rows = Hold.objects.filter(lot=lot, lift__isnull=True).order_by("number")
    return ActionPage(
        action="hold.lift",
        title=f"Lift a hold of lot {lot.number}",
        form_class=LiftForm,
        perform=perform,
        submit="Sign and lift the hold",
        meaning=MEANINGS[DispositionKind.LIFT_HOLD],
        intro="The lot is judged afresh: it returns to where the rules put it.",
        template="admin/exolot/decide.html",
        back=_page_of(lot),
        lot=lot,
        arguments={"holds": [(str(row.number), _named(row)) for row in rows]},
        shown=lambda: judged(lot),
        crumbs=crumbs,
        is_wide=True,
    )


def _named(hold: Hold) -> str:
    official = f" (official, {hold.reference or 'no number yet'})"
    return f"{hold.number}{official if hold.kind == HoldKind.OFFICIAL else ''}: {hold.reason}"


def _page_of(lot: Lot) -> str:
    return reverse("admin:products_lot_change", args=[lot.pk])


def _by_reference(hold: Hold) -> str:
    return f" (document {hold.lift.reference})" if hold.lift.reference else ""


class OpenFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "open"), ("no", "lifted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Hold]) -> QuerySet[Hold]:
        if not self.value():
            return queryset
        return queryset.filter(lift__isnull=self.value() == "yes")


@admin.register(Hold, site=site)
class HoldAdmin(RecordAdmin[Hold]):
    list_display = ("hold", "state", "reason", "placed", "placed_by")
    list_filter = (OpenFilter,)
    search_fields = ("lot__number__istartswith",)
    search_help_text = "Lot number, or how it begins"
    ordering = ("-recorded_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hold]:
        return self.get_queryset_of_one()

    def get_queryset_of_one(self) -> QuerySet[Hold]:
        return Hold.objects.select_related(
            "lot__site",
            "placed_by__person",
            "lift__disposition__signature",
            "disposition__signature",
        )

    @admin.display(description="Hold")
    def hold(self, row: Hold) -> str:
        return str(row)

    @admin.display(description="State")
    def state(self, row: Hold) -> SafeString:
        return mark("lifted" if hasattr(row, "lift") else "open")

    @admin.display(description="Placed")
    def placed(self, row: Hold) -> str:
        return local_text(row.recorded_at, row.lot.site.zone)

    def shown(self, request: HttpRequest, record: Hold) -> Mapping[str, Any]:
        lift = record.lift.disposition if hasattr(record, "lift") else None
        zone = record.lot.site.zone
        lifted = (
            f"{local_text(lift.signature.signed_at, zone)} by {lift.signature.printed_name}: "
            f"{lift.reason}{_by_reference(record)}"
            if lift
            else "no"
        )
        page = _page_of(record.lot)
        return Shown(
            mark=self.state(record),
            facts=[
                ("Lot", link(record.lot.number, page)),
                ("Kind", dict(HOLDS)[record.kind]),
                ("Reference of the authority", record.reference),
                ("Reason", record.reason),
                (
                    "Placed",
                    f"forced by rule {record.rule} when {record.caused_by} was done"
                    if record.rule
                    else f"under signature by {record.placed_by.printed_name}",
                ),
                ("Placed on", local_text(record.recorded_at, zone)),
                ("Lifted", lifted),
            ],
            options=[Option("Go to the lot", page)],
        ).as_context()
