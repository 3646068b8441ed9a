"""Instruments and media lots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from products.actions.equipment import register_instrument, register_media_lot
from products.admin.forms import ActionForm, day, text
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.models import Instrument, MediaLot


class InstrumentForm(ActionForm):
    code = text("Instrument code", "As on the device; never reused.")
    model = text("Model", "Maker and model.")
    serial_number = text("Serial number")


class MediaLotForm(ActionForm):
    material = text("Material", "As methods name it, such as FTM.")
    number = text("Lot number")
    manufacturer = text("Manufacturer")
    expires_on = day("Expires on", "Last day of use.")


@admin.register(Instrument, site=site)
class InstrumentAdmin(RecordAdmin[Instrument]):
    registers = "instrument.register"
    register_label = "Register an instrument"
    list_display = ("code", "model", "serial_number")
    search_fields = ("code__istartswith", "model__icontains")
    search_help_text = "Code or model"
    ordering = ("code",)

    def shown(self, request: HttpRequest, record: Instrument) -> Mapping[str, Any]:
        return Shown(
            facts=[("Model", record.model), ("Serial number", record.serial_number)]
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = register_instrument(context, **typed)
            return Done(self.url("change", row.pk), f"Instrument {row.code} is registered.")

        return ActionPage(
            action="instrument.register",
            title="Register an instrument",
            form_class=InstrumentForm,
            perform=perform,
            submit="Register the instrument",
            back=self.url("changelist"),
            crumbs=(self.list_crumb(),),
        )


@admin.register(MediaLot, site=site)
class MediaLotAdmin(RecordAdmin[MediaLot]):
    registers = "media.register"
    register_label = "Register a media lot"
    list_display = ("media_lot", "manufacturer", "expires_on")
    search_fields = ("material__istartswith", "number__istartswith")
    search_help_text = "Material or lot number"
    ordering = ("material", "number")

    @admin.display(description="Media lot")
    def media_lot(self, row: MediaLot) -> str:
        return f"{row.material} lot {row.number}"

    def shown(self, request: HttpRequest, record: MediaLot) -> Mapping[str, Any]:
        return Shown(
            facts=[
                ("Material", record.material),
                ("Lot number", record.number),
                ("Manufacturer", record.manufacturer),
                ("Expires on", str(record.expires_on)),
            ]
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = register_media_lot(context, **typed)
            return Done(self.url("change", row.pk), f"{self.media_lot(row)} is registered.")

        return ActionPage(
            action="media.register",
            title="Register a media lot",
            form_class=MediaLotForm,
            perform=perform,
            submit="Register the media lot",
            back=self.url("changelist"),
            crumbs=(self.list_crumb(),),
        )
