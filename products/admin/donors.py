"""Donors: a code, and the signed determinations of eligibility."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from products.actions.donors import determine_donor, register_donor
from products.admin.attachments import (
    attach_option,
    files_table,
    paper_cell,
    paper_of,
    signed_by,
    transcribe_option,
)
from products.admin.evidence import attaching
from products.admin.forms import ActionForm, day, text, word
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown, Table, link, option
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.donors import OUTCOME_LABELS, DeterminationOutcome
from products.domain.lots import local_text
from products.domain.transcriptions import TranscriptionKind
from products.models import Determination, Donor
from products.models.fields import choices_of
from products.queries.attachments import evidence
from products.queries.facts import lots_from_donor
from products.queries.lots import lots_at
from products.templatetags.exolot import mark, standing_mark

MOST_LOTS = 50


class DonorForm(ActionForm):
    code = text(
        "Donor code",
        "An ISBT 128 donation number or the site's own code, such as D-0042. Never a name, a date "
        "of birth or a record number.",
    )


class DeterminationForm(ActionForm):
    outcome = word("Outcome", choices_of(DeterminationOutcome, OUTCOME_LABELS), empty="choose")
    determined_on = day("Determined on", required=False)
    establishment = text("Establishment", "Who determined it.")
    summary_of_records = text("Summary of records", "Document number.")


@admin.register(Donor, site=site)
class DonorAdmin(RecordAdmin[Donor]):
    registers = "donor.register"
    register_label = "Register a donor"
    list_display = ("code", "eligibility")
    search_fields = ("code__istartswith",)
    search_help_text = "Donor code, or how it begins"
    ordering = ("code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Donor]:
        latest = Determination.objects.filter(donor=OuterRef("pk")).order_by("-version")
        return Donor.objects.annotate(outcome=Subquery(latest.values("outcome")[:1]))

    def page_names(self) -> tuple[str, ...]:
        return ("determine", "attach")

    @admin.display(description="Eligibility")
    def eligibility(self, row: Any) -> SafeString:
        return mark(row.outcome or "undetermined")

    def shown(self, request: HttpRequest, record: Donor) -> Mapping[str, Any]:
        rows = list(
            record.determinations.select_related(
                "donor", "signature", "transcription__verification__signature"
            ).order_by("-version")
        )
        sources = record.sources.order_by("number")
        return Shown(
            mark=mark(rows[0].outcome if rows else "undetermined"),
            facts=[("Code", record.code), ("Determinations", len(rows))],
            tables=[
                _determinations(record),
                Table(
                    "Tissue sources",
                    ("Source", "Tissue", "Recovered"),
                    [
                        (
                            link(
                                row.number,
                                reverse("admin:products_tissuesource_change", args=[row.pk]),
                            ),
                            row.get_kind_display(),
                            local_text(row.recovered_at, row.recovery_zone),
                        )
                        for row in sources
                    ],
                ),
                files_table(evidence().filter(donor=record), identity_in(request).zone),
            ],
            options=[
                option(
                    request,
                    "donor.determine",
                    "Sign a determination",
                    self.url("determine", record.pk),
                    style="primary",
                ),
                attach_option(request, self.url("attach", record.pk)),
                *(
                    transcribe_option(
                        request,
                        TranscriptionKind.DETERMINATION,
                        f"{record.code} v{row.version}",
                        paper_of(row),
                        f"Name the paper original of determination {row.version}",
                    )
                    for row in rows
                ),
            ],
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            donor = register_donor(context, code=typed["code"])
            return Done(self.url("change", donor.pk), f"Donor {donor.code} is registered.")

        return ActionPage(
            action="donor.register",
            title="Register a donor",
            form_class=DonorForm,
            perform=perform,
            submit="Register the donor",
            back=self.url("changelist"),
            crumbs=(self.list_crumb(),),
        )

    def determine_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        donor = self.record(key)
        back = self.url("change", donor.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = determine_donor(
                context,
                donor=donor.code,
                outcome=typed["outcome"],
                determined_on=typed["determined_on"],
                establishment=typed["establishment"],
                summary_of_records=typed["summary_of_records"],
            )
            return Done(back, f"Determination {row.version} of donor {donor.code} is signed.")

        return self.answer(
            request,
            ActionPage(
                action="donor.determine",
                title=f"Determine the eligibility of donor {donor.code}",
                form_class=DeterminationForm,
                perform=perform,
                submit="Sign the determination",
                meaning="Donor eligible, ineligible or incomplete, as chosen above",
                intro="The newest determination is the one in effect. Every lot of the donor is "
                "judged again; one that is released and no longer may be is put on hold.",
                template="admin/exolot/sign_records.html",
                back=back,
                shown=lambda: {"tables": [_determinations(donor), _lots_of(donor)]},
                crumbs=self.record_crumbs(donor),
                is_wide=True,
            ),
        )

    def attach_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        donor = self.record(key)
        return self.answer(
            request,
            attaching(
                "donor",
                donor.code,
                record=f"donor {donor.code}",
                back=self.url("change", donor.pk),
                crumbs=self.record_crumbs(donor),
            ),
        )


def _determinations(donor: Donor) -> Table:
    rows = donor.determinations.select_related(
        "donor", "signature", "transcription__verification__signature"
    )
    return Table(
        "Determinations of eligibility",
        (
            "Version",
            "Outcome",
            "Determined",
            "Establishment",
            "Records",
            "Signed",
            "Paper original",
        ),
        [_line(row) for row in rows.order_by("-version")],
        empty="Nobody has determined the donor's eligibility: lots are blocked.",
    )


def _lots_of(donor: Donor) -> Table:
    """What a determination decides on: the lots with the donor in their genealogy."""
    concerned = lots_from_donor(donor.pk)
    lots = lots_at(timezone.now()).select_related("product").filter(pk__in=concerned)
    more = len(concerned) - MOST_LOTS
    return Table(
        "Lots that are judged again",
        ("Lot", "Product", "Lot is"),
        [
            (
                link(lot.number, reverse("admin:products_lot_change", args=[lot.pk])),
                lot.product.name,
                standing_mark(lot.status, lot.product.basis, lot.product.basis_reference),
            )
            for lot in lots.order_by("number")[:MOST_LOTS]
        ],
        empty="None is registered.",
        note=f"The first {MOST_LOTS} by number. Judged again too, and not listed here: {more}."
        if more > 0
        else "",
    )


def _line(row: Determination) -> tuple[Any, ...]:
    return (
        row.version,
        mark(row.outcome),
        str(row.determined_on or ""),
        row.establishment,
        row.summary_of_records,
        signed_by(row.signature),
        paper_cell(paper_of(row)),
    )
