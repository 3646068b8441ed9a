"""Amendments: the list, the record of one, and the page on which a second person signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from products.actions.second_signatures import sign_second
from products.admin.confirming import ConfirmingForm
from products.admin.confirming_runs import items_of_amendment
from products.admin.evidence import file_choices
from products.admin.forms import file_choice, long_text, word
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.parts import divided, option
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.amendments import AMENDMENT_LABELS, AmendmentKind, SecondOutcome
from products.domain.lots import local_text
from products.models import Amendment, Evidence
from products.queries.amendment_page import AmendmentPage, amendment_page
from products.queries.versions import state_of
from products.queries.waiting_runs import amendments_waiting
from products.templatetags.exolot import amendment_mark

OUTCOMES = (
    (SecondOutcome.CONFIRMED.value, "Confirm: the source shows what is proposed"),
    (SecondOutcome.REFUSED.value, "Refuse: all stays as it is"),
)
MEANING = (
    "“Confirmed against the source” or “Refused after comparison with the source”, as you choose"
)


class SecondForm(ConfirmingForm):
    outcome = word("Outcome", OUTCOMES, empty="choose")
    evidence = file_choice(
        "Compared with", "The file that you compared, of those attached to the lot or its runs."
    )
    comment = long_text("Comment", "What you compared, and what it showed.")

    def __init__(self, *args: Any, offered: Sequence[Evidence], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("evidence", file_choices(offered))


class WaitingFilter(admin.SimpleListFilter):
    title = "second signature"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "waits for it"), ("no", "does not wait")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Amendment]) -> QuerySet[Amendment]:
        if self.value() == "yes":
            return amendments_waiting(queryset)
        if self.value() == "no":
            return queryset.exclude(pk__in=amendments_waiting(queryset).values("pk"))
        return queryset


@admin.register(Amendment, site=site)
class AmendmentAdmin(RecordAdmin[Amendment]):
    list_title = "Amendments"
    list_display = ("number", "what", "state", "run", "signed_first", "signed_second")
    list_filter = (WaitingFilter,)
    search_fields = ("number__icontains",)
    search_help_text = "Amendment or lot number"
    ordering = ("-recorded_at", "-id")
    record_template = "admin/products/amendment/record.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Amendment]:
        return self.get_queryset_of_one()

    def get_queryset_of_one(self) -> QuerySet[Amendment]:
        return Amendment.objects.select_related(
            "lot__product",
            "lot__site",
            "run__lot__site",
            "run__lot__product",
            "run__sample",
            "run__criterion__method",
            "run__method_version__method",
            "run__instrument",
            "run__laboratory",
            "run__repeats",
            "run__performed_by",
            "run__recorded_by__person",
            "corrects__performed_by",
            "result__performed_by",
            "evidence",
            "signature",
            "second__signature",
            "second__evidence",
            "recorded_by__person",
        ).defer("evidence__content", "second__evidence__content")

    def page_names(self) -> tuple[str, ...]:
        return ("sign",)

    @admin.display(description="What")
    def what(self, row: Amendment) -> str:
        return AMENDMENT_LABELS[AmendmentKind(row.kind)]

    @admin.display(description="State")
    def state(self, row: Amendment) -> SafeString:
        return amendment_mark(state_of(row))

    @admin.display(description="Signed first")
    def signed_first(self, row: Amendment) -> str:
        first = row.signature
        return f"{first.printed_name}, {local_text(first.signed_at, first.zone)}"

    @admin.display(description="Signed second")
    def signed_second(self, row: Amendment) -> str:
        if not row.needs_second:
            return "not needed"
        if not hasattr(row, "second"):
            return "nobody yet"
        second = row.second.signature
        return f"{second.printed_name}, {local_text(second.signed_at, second.zone)}"

    def shown(self, request: HttpRequest, record: Amendment) -> Mapping[str, Any]:
        page = amendment_page(record)
        return {
            "title": f"{AMENDMENT_LABELS[AmendmentKind(record.kind)]} {record.number}",
            "page": page,
            "run": record.run,
            "zone": record.lot.site.zone,
            "crumbs": self._crumbs(record)[:-1],
            **divided(
                [
                    option(
                        request,
                        "amendment.sign_second",
                        "Sign as second person",
                        self.url("sign", record.pk),
                        why_not=unsignable(page, str(identity_in(request).person)),
                        style="primary",
                    )
                ]
            ),
        }

    def sign_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        seen = amendment_page(record)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            second = sign_second(
                context,
                amendment=record.number,
                outcome=typed["outcome"],
                comment=typed["comment"],
                evidence=typed["evidence"],
            )
            back = self.url("change", record.pk)
            return Done(back, f"{record.number} is {second.outcome}; your signature is recorded.")

        return self.answer(
            request,
            ActionPage(
                action="amendment.sign_second",
                title=f"Sign {record.number} as second person",
                form_class=SecondForm,
                perform=perform,
                submit="Sign as second person",
                meaning=MEANING,
                template="admin/exolot/second.html",
                back=self.url("change", record.pk),
                lot=record.lot,
                arguments={"offered": seen.files, "items": [*items_of_amendment(seen)]},
                shown=lambda: self._second_shown(request, record),
                crumbs=self._crumbs(record),
                is_wide=True,
            ),
        )

    def _second_shown(self, request: HttpRequest, record: Amendment) -> Mapping[str, Any]:
        page = amendment_page(record)
        return {
            "page": page,
            "run": record.run,
            "zone": record.lot.site.zone,
            "why_not": unsignable(page, str(identity_in(request).person)),
        }

    def _crumbs(self, record: Amendment) -> tuple[Crumb, ...]:
        lot = reverse("admin:products_lot_change", args=[record.lot_id])
        crumbs = [
            Crumb("Lots", reverse("admin:products_lot_changelist")),
            Crumb(f"Lot {record.lot.number}", lot),
        ]
        if record.run is not None:
            run = reverse("admin:products_run_change", args=[record.run_id])
            crumbs.append(Crumb(f"Run {record.run.number}", run))
        return (*crumbs, Crumb(record.number, self.url("change", record.pk)))


def unsignable(page: AmendmentPage, person: str) -> str:
    """Why this person does not sign second, empty when nothing speaks against it."""
    if not page.row.needs_second:
        return "it is in effect without a second signature."
    if page.line.second is not None:
        return f"it was {page.line.second.outcome} already."
    if person in page.barred:
        return "you filed it, or recorded data of the run. Another person signs."
    return ""
