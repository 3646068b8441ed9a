"""Runs: opened for a criterion, read, submitted; raw readings and every version of the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from products.actions.investigations import open_investigation
from products.actions.readings import save_readings, submit_run
from products.actions.runs import discard_run, open_run
from products.admin.forms import ActionForm, instant, long_text, reference, text, word, zone
from products.admin.pages import ActionPage, Crumb, Done, Perform
from products.admin.parts import Option, divided, option
from products.admin.readings import ReadingsForm, needs_supports
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.criteria import Verdict
from products.domain.errors import InvalidValueError
from products.domain.lots import local_text
from products.domain.results import PURPOSE_LABELS, Purpose, RunState
from products.domain.selection import criterion_name
from products.domain.units import label_of
from products.models import Instrument, Lot, MediaLot, Method, Run, Sample
from products.models.fields import choices_of
from products.queries.facts import criterion_of
from products.queries.run_page import RunPage, run_page
from products.templatetags.exolot import mark, purpose

MEDIA_FIELDS = ("media_1", "media_2", "media_3")
LOT_WORD = " lot "


class OpenRunForm(ActionForm):
    instants = {"performed_at": "performed_zone"}
    aliases = {"media": MEDIA_FIELDS[0]}
    sample = word("Sample", [])
    purpose = word(
        "Purpose", choices_of(Purpose, PURPOSE_LABELS), "Stated before the first reading."
    )
    criterion = word("Criterion", [], "Of the lot's specification; it brings its method.")
    method = reference("Method", "Only without a criterion: for information, investigation.")
    performed_at = instant("Performed at", "When the test was done; starts an incubation.")
    performed_zone = zone()
    late_reason = text("Reason for a late entry", "Needed when it was done more than a day ago.")
    instrument = reference("Instrument", "Code.")
    media_1 = reference("Media or reagent lot", "As in: FTM lot M-1.")
    media_2 = reference("A second one")
    media_3 = reference("A third one")
    repeats = reference("Repeats run", "Only for a repeat: the number of the invalid run.")

    def __init__(
        self,
        *args: Any,
        samples: list[tuple[str, str]],
        criteria: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sample"].widget.choices = samples
        self.fields["criterion"].widget.choices = [("", "none"), *criteria]


def opening(lot: Lot, criterion: str, crumbs: tuple[Crumb, ...]) -> ActionPage:
    def perform(context: Any, typed: dict[str, Any]) -> Done:
        named = {name: typed[name] for name in typed if name not in {*MEDIA_FIELDS, "lot_version"}}
        run = open_run(context, **named, media=_media(typed))
        url = reverse("admin:products_run_readings", args=[run.pk])
        return Done(url, f"Run {run.number} is open. Enter its readings.")

    samples = Sample.objects.filter(lot=lot).order_by("recorded_at", "number")
    rows = lot.specification.criteria.select_related("method").order_by("position")
    criteria = [criterion_of(row, row.method.code) for row in rows]
    return ActionPage(
        action="run.open",
        title=f"Open a run on lot {lot.number}",
        form_class=OpenRunForm,
        perform=perform,
        submit="Open the run",
        back=reverse("admin:products_lot_change", args=[lot.pk]),
        template="admin/exolot/open_run.html",
        initial={
            "purpose": Purpose.RELEASE,
            "performed_zone": lot.site.zone,
            "criterion": criterion,
        },
        arguments={
            "samples": [
                (row.number, f"{row.number}: {row.get_stage_display()}, {row.container}")
                for row in samples
            ],
            "criteria": [
                (item.code, f"{criterion_name(item)}: {item.limit_text}; {item.method}")
                for item in criteria
            ],
        },
        suggestions={
            "instrument": list(Instrument.objects.values_list("code", "model")[:200]),
            "method": list(Method.objects.values_list("code", "name")[:200]),
            "repeats": Run.objects.filter(
                lot=lot, results__verdict__in=[Verdict.INVALID, Verdict.FAIL]
            ).values_list("number", flat=True),
            **dict.fromkeys(MEDIA_FIELDS, _known_media()),
        },
        shown=lambda: {"criteria": criteria, "lot": lot},
        crumbs=crumbs,
        is_wide=True,
    )


def _known_media() -> list[tuple[str, str]]:
    return [
        (f"{row.material}{LOT_WORD}{row.number}", f"{row.manufacturer}, until {row.expires_on}")
        for row in MediaLot.objects.order_by("-recorded_at")[:100]
    ]


def _media(typed: dict[str, Any]) -> list[tuple[str, str]]:
    pairs = []
    for name in MEDIA_FIELDS:
        if typed[name]:
            material, found, number = typed[name].rpartition(LOT_WORD)
            if not found:
                raise InvalidValueError(
                    f"{typed[name]!r} does not name a material and its lot. Write it as in: "
                    "FTM lot M-1.",
                    field=name,
                )
            pairs.append((material, number))
    return pairs


class SubmitForm(ActionForm):
    reason = long_text("Remark", "If anything has to be said about this submission.")


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
            "repeats",
            "performed_by",
            "recorded_by__person",
        )

    def page_names(self) -> tuple[str, ...]:
        return ("readings", "submit", "discard", "investigate")

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
        return mark(row.state)

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
            "unit": label_of(record.method_version.unit),
            "crumbs": self._crumbs(record)[:-1],
            **divided(self._options(request, page)),
        }

    def _options(self, request: HttpRequest, page: RunPage) -> list[Option]:
        key, shut = page.run.pk, _shut(page)
        return [
            self._entering(request, page),
            option(request, "run.submit", "Submit", self.url("submit", key), why_not=shut),
            option(
                request,
                "run.discard",
                "Discard",
                self.url("discard", key),
                why_not=""
                if page.run.state == RunState.SAVED
                else f"the run is {page.run.state}; only a saved run is discarded.",
            ),
            option(
                request,
                "investigation.open",
                "Investigate",
                self.url("investigate", key),
                why_not=_uninvestigable(page),
            ),
        ]

    def _entering(self, request: HttpRequest, page: RunPage) -> Option:
        """Papers that a final result rests on may come after it; its readings may not."""
        late = not page.is_open and page.run.state != RunState.DISCARDED
        papers = late and needs_supports(page.run)
        return option(
            request,
            "run.save",
            "Enter supporting records" if papers else "Enter readings",
            self.url("readings", page.run.pk),
            why_not="" if papers else _shut(page),
            style="" if papers else "primary",
        )

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
        return self.answer(
            request,
            ActionPage(
                action="run.submit",
                title=f"Submit run {run.number}",
                form_class=SubmitForm,
                perform=lambda context, typed: self._submitted(context, run),
                submit="Submit as performed by me",
                intro="The readings below are judged as you performed them. "
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


def _shut(page: RunPage) -> str:
    if page.run.state == RunState.DISCARDED:
        return f"the run was discarded: {page.run.discard_reason}"
    if not page.is_open and page.current:
        return f"its result is final ({page.current.verdict.replace('_', ' ')})."
    return ""


def _uninvestigable(page: RunPage) -> str:
    if page.current is None:
        return "the run was never submitted."
    found = [one.number for one in page.investigations if one.result_id == page.current.pk]
    return f"its result has investigation {found[0]} already." if found else ""
