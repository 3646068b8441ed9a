"""Runs: opened for a criterion, read, submitted; raw readings and every version of the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from products.actions.investigations import open_investigation
from products.actions.readings import save_readings, submit_run
from products.actions.reviews import return_run
from products.actions.runs import discard_run
from products.admin.corrections import correcting
from products.admin.evidence import attaching
from products.admin.forms import ActionForm, long_text
from products.admin.notes import noting
from products.admin.pages import ActionPage, Crumb, Done, Perform
from products.admin.parts import divided
from products.admin.readings import ReadingsForm
from products.admin.reports import reporting
from products.admin.retractions import retracting
from products.admin.run_options import run_options
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.lots import local_text
from products.domain.results import PURPOSE_LABELS, Purpose, RunState
from products.domain.units import label_of
from products.models import Run
from products.models.fields import choices_of
from products.queries.run_page import run_page
from products.templatetags.exolot import mark, outside_mark, paper_mark, purpose


class SubmitForm(ActionForm):
    reason = long_text("Remark", "If anything has to be said about this submission.")


class AnswerForm(ActionForm):
    reason = long_text("Your answer", "What you looked at, and why the result stands as it is.")


class ReturnForm(ActionForm):
    comment = long_text("Comment", "What the analyst is to look at.")


class DiscardForm(ActionForm):
    reason = long_text("Reason", "Why the run is set aside. It stays listed.")


class InvestigateForm(ActionForm):
    reason = long_text("Reason", "What is to be investigated.")


class StateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return choices_of(RunState)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run]:
        return queryset.filter(state=self.value()) if self.value() else queryset


class PurposeFilter(admin.SimpleListFilter):
    title = parameter_name = "purpose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return choices_of(Purpose, PURPOSE_LABELS)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run]:
        return queryset.filter(purpose=self.value()) if self.value() else queryset


@admin.register(Run, site=site)
class RunAdmin(RecordAdmin[Run]):
    list_display = ("number", "what", "run_purpose", "run_state", "performed", "by")
    list_filter = (StateFilter, PurposeFilter)
    search_fields = ("number__istartswith",)
    search_help_text = "Run, sample or lot number, or how it begins"
    ordering = ("-recorded_at", "-id")
    record_template = "admin/products/run/record.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return self.get_queryset_of_one()

    def get_queryset_of_one(self) -> QuerySet[Run]:
        return Run.objects.select_related(
            "lot__product",
            "lot__site",
            "sample",
            "criterion__method",
            "method_version__method",
            "instrument",
            "laboratory",
            "repeats",
            "performed_by",
            "recorded_by__person",
        )

    def page_names(self) -> tuple[str, ...]:
        return (
            "readings",
            "submit",
            "correct",
            "retract",
            "return",
            "report",
            "discard",
            "investigate",
            "attach",
            "note",
        )

    def list_links(self, request: HttpRequest) -> list[Crumb]:
        may = self.may(request, "run.open")
        return [Crumb("Worksheet", reverse("admin:worksheet"))] if may else []

    @admin.display(description="Test")
    def what(self, row: Run) -> str:
        version = row.method_version
        attribute = row.criterion.attribute if row.criterion else version.method.attribute
        return f"{attribute} · {version.method.code} v{version.version}"

    @admin.display(description="Purpose")
    def run_purpose(self, row: Run) -> str:
        return purpose(row.purpose)

    @admin.display(description="State")
    def run_state(self, row: Run) -> SafeString:
        return format_html("{}{}{}", mark(row.state), paper_mark(row), outside_mark(row))

    @admin.display(description="Performed")
    def performed(self, row: Run) -> str:
        return local_text(row.performed_at, row.performed_zone)

    @admin.display(description="Analyst")
    def by(self, row: Run) -> str:
        return row.performed_by.printed_name if row.performed_by else row.recorded_by.printed_name

    def shown(self, request: HttpRequest, record: Run) -> Mapping[str, Any]:
        page = run_page(record)
        return {
            "title": f"Run {record.number}",
            "page": page,
            "run": record,
            "zone": record.lot.site.zone,
            "unit": label_of(record.method_version.unit),
            "crumbs": self._crumbs(record)[:-1],
            **divided(run_options(request, page)),
        }

    def readings_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self.record(key)
        page = run_page(run)
        return self.answer(
            request,
            ActionPage(
                action="run.save",
                title=f"{'Readings' if page.is_open else 'Supporting records'} of run {run.number}",
                form_class=ReadingsForm,
                perform=self._saving(run, then=request.POST.get("then", "")),
                submit="Save, do not judge yet" if page.is_open else "Save",
                template="admin/exolot/readings.html",
                back=self.url("change", run.pk),
                arguments={"page": page},
                shown=lambda: {"page": run_page(run), "run": run},
                crumbs=self._crumbs(run),
                is_wide=True,
            ),
        )

    def _saving(self, run: Run, *, then: str) -> Perform:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            save_readings(
                context, run=run.number, readings=typed["readings"], supports=typed["supports"]
            )
            if then != "submit":
                what = "readings" if typed["readings"] else "supporting records"
                return Done(
                    self.url("change", run.pk),
                    f"The {what} of run {run.number} are saved, not judged.",
                )
            return self._submitted(context, run)

        return perform

    def submit_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self.record(key)
        is_returned = run.state == RunState.RETURNED
        return self.answer(
            request,
            ActionPage(
                action="run.submit",
                title=f"{'Answer the return of' if is_returned else 'Submit'} run {run.number}",
                form_class=AnswerForm if is_returned else SubmitForm,
                perform=lambda context, typed: self._submitted(context, run),
                submit="Submit again" if is_returned else "Submit as performed by me",
                intro="The readings stay as they are; your answer goes with the next version of "
                "the result. To change a reading, correct it instead."
                if is_returned
                else "The readings below are judged as you performed them. "
                "A failing or invalid result opens an investigation.",
                template="admin/exolot/submit_run.html",
                back=self.url("change", run.pk),
                shown=lambda: {"page": run_page(run), "run": run},
                crumbs=self._crumbs(run),
                is_wide=True,
            ),
        )

    def _submitted(self, context: Any, run: Run) -> Done:
        result = submit_run(context, run=run.number)
        return Done(
            self.url("change", run.pk),
            f"Run {run.number} is submitted: {result.verdict.replace('_', ' ')}. "
            f"{result.explanation}",
        )

    def correct_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self.record(key)
        return self.answer(request, correcting(run, self._crumbs(run)))

    def retract_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self.record(key)
        return self.answer(request, retracting(run, self._crumbs(run)))

    def report_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self.record(key)
        return self.answer(request, reporting(run, self._crumbs(run)))

    def attach_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self.record(key)
        return self.answer(
            request,
            attaching(
                "run",
                run.number,
                record=f"run {run.number}",
                back=self.url("change", run.pk),
                crumbs=self._crumbs(run),
            ),
        )

    def note_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self.record(key)
        return self.answer(
            request,
            noting(
                run.lot.number,
                run.number,
                back=self.url("change", run.pk),
                crumbs=self._crumbs(run),
            ),
        )

    def return_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self.record(key)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            return_run(context, run=run.number, comment=typed["comment"])
            return Done(self.url("change", run.pk), f"Run {run.number} is returned to its analyst.")

        return self.answer(
            request,
            ActionPage(
                action="run.return",
                title=f"Return run {run.number} to its analyst",
                form_class=ReturnForm,
                perform=perform,
                submit="Return the run",
                intro="Until the analyst answers, its result satisfies nothing; a failing one goes "
                "on counting.",
                template="admin/exolot/submit_run.html",
                back=self.url("change", run.pk),
                shown=lambda: {"page": run_page(run), "run": run},
                crumbs=self._crumbs(run),
                is_wide=True,
            ),
        )

    def discard_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self.record(key)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            discard_run(context, run=run.number)
            return Done(self.url("change", run.pk), f"Run {run.number} is discarded.")

        return self.answer(
            request,
            ActionPage(
                action="run.discard",
                title=f"Discard run {run.number}",
                form_class=DiscardForm,
                perform=perform,
                submit="Discard the run",
                submit_class="danger",
                back=self.url("change", run.pk),
                crumbs=self._crumbs(run),
            ),
        )

    def investigate_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self.record(key)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            opened = open_investigation(context, run=run.number)
            return Done(
                reverse("admin:products_investigation_change", args=[opened.pk]),
                f"Investigation {opened.number} is open; lot {run.lot.number} is blocked by it.",
            )

        return self.answer(
            request,
            ActionPage(
                action="investigation.open",
                title=f"Investigate the result of run {run.number}",
                form_class=InvestigateForm,
                perform=perform,
                submit="Open the investigation",
                intro="For a result that neither failed nor was invalid, but was made on the "
                "wrong sample, by the wrong method or in the wrong unit. Until it is concluded "
                "the lot is blocked.",
                back=self.url("change", run.pk),
                crumbs=self._crumbs(run),
            ),
        )

    def _crumbs(self, run: Run) -> tuple[Crumb, ...]:
        lot = reverse("admin:products_lot_change", args=[run.lot_id])
        return (
            Crumb("Lots", reverse("admin:products_lot_changelist")),
            Crumb(f"Lot {run.lot.number}", lot),
            Crumb(f"Run {run.number}", self.url("change", run.pk)),
        )
