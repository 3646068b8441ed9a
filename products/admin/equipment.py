"""Instruments with their calibrations, media lots with their recalls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from products.actions.equipment import (
    recall_media,
    record_calibration,
    register_instrument,
    register_media_lot,
)
from products.admin.attachments import uses_table
from products.admin.forms import ActionForm, day, long_text, text, word
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.parts import Shown, Table, link, option
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.admin.validity import (
    calibration_mark,
    media_mark,
    on_day,
    today_of,
    why_not_fit,
)
from products.domain.lots import local_text
from products.domain.results import SupportOutcome
from products.models import Instrument, MediaLot, Run
from products.models.fields import choices_of
from products.queries.registers import instruments, media_lots
from products.queries.uses import latest_uses, lots_held_by_recall, lots_named
from products.templatetags.exolot import badge, standing_mark


class InstrumentForm(ActionForm):
    code = text("Instrument code", "As on the device; never reused.")
    model = text("Model", "Maker and model.")
    serial_number = text("Serial number")


class CalibrationForm(ActionForm):
    calibrated_on = day("Calibrated on", "As on the certificate.")
    valid_until = day("Valid until", "Last day on which it counts.")
    outcome = word("Outcome", choices_of(SupportOutcome), empty="choose")
    document = text("Certificate", "Its number.")
    unreliable_since = day(
        "Readings in doubt since",
        "Of a failed calibration, if known. Empty: since the last calibration that passed.",
        required=False,
    )


class MediaLotForm(ActionForm):
    material = text("Material", "As methods name it, such as FTM.")
    number = text("Lot number")
    manufacturer = text("Manufacturer")
    expires_on = day("Expires on", "Last day of use.")


class RecallForm(ActionForm):
    document = text("Recall notice", "Its number.")
    reason = long_text("Reason", "Why it was recalled. It stands beside every lot concerned.")


@admin.register(Instrument, site=site)
class InstrumentAdmin(RecordAdmin[Instrument]):
    registers = "instrument.register"
    register_label = "Register an instrument"
    list_display = ("code", "model", "serial_number", "calibration")
    search_fields = ("code__istartswith", "model__icontains")
    search_help_text = "Code or model"
    ordering = ("code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Instrument]:
        return on_day(instruments(), today_of(request))

    def get_queryset_of_one(self) -> QuerySet[Instrument]:
        return instruments()

    def page_names(self) -> tuple[str, ...]:
        return ("calibrate",)

    @admin.display(description="Calibration")
    def calibration(self, row: Any) -> SafeString:
        return calibration_mark(row, row.today)

    def shown(self, request: HttpRequest, record: Instrument) -> Mapping[str, Any]:
        today, zone = today_of(request), identity_in(request).zone
        why_not = why_not_fit(record, today)
        uses = latest_uses(Run.objects.filter(instrument=record), timezone.now())
        return Shown(
            mark=calibration_mark(record, today),
            facts=[("Model", record.model), ("Serial number", record.serial_number)],
            notes=[f"A run of today may not rest on it: {why_not}."] if why_not else [],
            tables=[
                Table(
                    "Calibrations",
                    (
                        "Calibrated on",
                        "Outcome",
                        "Valid until",
                        "In doubt since",
                        "Certificate",
                        "Recorded",
                    ),
                    [
                        (
                            str(row.calibrated_on),
                            _outcome(row.outcome),
                            str(row.valid_until),
                            str(row.unreliable_since or ""),
                            row.document,
                            f"{row.recorded_by.printed_name}, {local_text(row.recorded_at, zone)}",
                        )
                        for row in reversed(record.calibrations.all())
                    ],
                    empty="Nobody has recorded a calibration: runs on it block their lots.",
                ),
                uses_table("Latest runs on it", uses, "No run was performed on it."),
            ],
            options=[
                option(
                    request,
                    "calibration.record",
                    "Record a calibration",
                    self.url("calibrate", record.pk),
                    style="primary",
                )
            ],
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

    def calibrate_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        back = self.url("change", record.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = record_calibration(context, instrument=record.code, **typed)
            return Done(
                back, f"The calibration of {row.calibrated_on} is recorded on {record.code}."
            )

        return self.answer(
            request,
            ActionPage(
                action="calibration.record",
                title=f"Record a calibration of {record.code}",
                form_class=CalibrationForm,
                perform=perform,
                submit="Record the calibration",
                intro="Every lot with a run on the instrument is judged again, whenever the run "
                "was. A released lot that rests on readings in doubt goes on hold.",
                back=back,
                crumbs=self.record_crumbs(record),
            ),
        )


class MediaStateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("in_date", "in date"), ("expired", "expired"), ("recalled", "recalled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[MediaLot]) -> QuerySet[MediaLot]:
        if self.value() == "recalled":
            return queryset.filter(recalls__isnull=False).distinct()
        if self.value() == "expired":
            return queryset.filter(expires_on__lt=today_of(request), recalls__isnull=True)
        if self.value() == "in_date":
            return queryset.filter(expires_on__gte=today_of(request), recalls__isnull=True)
        return queryset


@admin.register(MediaLot, site=site)
class MediaLotAdmin(RecordAdmin[MediaLot]):
    registers = "media.register"
    register_label = "Register a media lot"
    list_display = ("media_lot", "manufacturer", "expires_on", "state")
    list_filter = (MediaStateFilter,)
    search_fields = ("material__istartswith", "number__istartswith")
    search_help_text = "Material or lot number"
    ordering = ("material", "number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[MediaLot]:
        return on_day(media_lots(), today_of(request))

    def get_queryset_of_one(self) -> QuerySet[MediaLot]:
        return media_lots()

    def page_names(self) -> tuple[str, ...]:
        return ("recall",)

    @admin.display(description="Media lot")
    def media_lot(self, row: MediaLot) -> str:
        return f"{row.material} lot {row.number}"

    @admin.display(description="State")
    def state(self, row: Any) -> SafeString:
        return media_mark(row, row.today)

    def shown(self, request: HttpRequest, record: MediaLot) -> Mapping[str, Any]:
        zone = identity_in(request).zone
        uses = latest_uses(Run.objects.filter(media_links__media_lot=record), timezone.now())
        return Shown(
            mark=media_mark(record, today_of(request)),
            facts=[
                ("Material", record.material),
                ("Lot number", record.number),
                ("Manufacturer", record.manufacturer),
                ("Expires on", f"{record.expires_on} (last day of use)"),
            ],
            tables=[
                Table(
                    "Recalls",
                    ("Notice", "Reason", "Recorded"),
                    [
                        (
                            row.document,
                            row.reason,
                            f"{row.recorded_by.printed_name}, {local_text(row.recorded_at, zone)}",
                        )
                        for row in record.recalls.all()
                    ],
                    empty="It was not recalled.",
                ),
                uses_table("Latest runs that used it", uses, "No run has used it."),
            ],
            options=[
                option(
                    request,
                    "media.recall",
                    "Record a recall",
                    self.url("recall", record.pk),
                    style="danger",
                )
            ],
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

    def recall_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        back = self.url("change", record.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            recall_media(
                context,
                material=record.material,
                number=record.number,
                document=typed["document"],
            )
            return Done(back, f"The recall of {self.media_lot(record)} is recorded.")

        return self.answer(
            request,
            ActionPage(
                action="media.recall",
                title=f"Record the recall of {self.media_lot(record)}",
                form_class=RecallForm,
                perform=perform,
                submit="Record the recall",
                submit_class="danger",
                template="admin/exolot/with_table.html",
                intro="Every lot with a run that used it is judged again, with all lots made from "
                "it. One that is not released is blocked until its test is repeated.",
                back=back,
                shown=lambda: {"table": _held_table(record)},
                crumbs=(self.list_crumb(), Crumb(self.media_lot(record), back)),
            ),
        )


def _outcome(outcome: str) -> SafeString:
    if outcome == SupportOutcome.PASSED:
        return badge("pass", "✓", "Passed")
    return badge("fail", "✕", "Failed")


def _held_table(media_lot: MediaLot) -> Table:
    now = timezone.now()
    lots = lots_named(lots_held_by_recall(media_lot, now), now)
    return Table(
        "Released lots that the recall will put on hold",
        ("Lot", "Product", "Lot is"),
        [
            (
                link(lot.number, reverse("admin:products_lot_change", args=[lot.pk])),
                lot.product.name,
                standing_mark(lot.status, lot.product.basis, lot.product.basis_reference),
            )
            for lot in lots
        ],
        empty="None: no lot that is released now rests on a run that used it.",
    )
