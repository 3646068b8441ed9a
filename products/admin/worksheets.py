"""The worksheet: a method, samples of several lots, and one grid for their readings.

It is a view over open runs. Nothing is kept of a worksheet but the runs and their readings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from products.admin.as_of import refuse_as_of
from products.admin.pages import STALE, ActionPage, Crumb, answer, require
from products.admin.requests import context_from, identity_in
from products.admin.worksheet_choosing import LookForm, UnfitError, picked_in, refuse_null, sheet_in
from products.admin.worksheet_grid import (
    columns_of,
    doubt_groups,
    groups_of,
    head_of,
    labels_of,
    width_of,
)
from products.admin.worksheet_opening import OpenSheetForm, opening_runs, suggestions
from products.admin.worksheet_print import rows_of_runs, rows_of_samples
from products.admin.worksheet_rows import SheetRow, row_of
from products.admin.worksheet_saving import Sent, rows_typed, save_rows
from products.domain.errors import UnknownReferenceError
from products.domain.results import Purpose
from products.domain.roles import Permission
from products.domain.worksheets import Look
from products.models import MethodVersion
from products.queries.worksheet_choices import (
    MOST_SAMPLES,
    FirstRuns,
    candidates,
    first_of,
    methods_on_worksheets,
    open_runs,
    outside_runs,
)
from products.queries.worksheets import has_vessels

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

WHAT = "filling in a worksheet"


class WorksheetPages:
    """The pages under ``/admin/worksheet/``, for those who record."""

    def __init__(self, site: AdminSite) -> None:
        self.site = site

    def urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Callable[[HttpRequest], HttpResponse]]] = {
            "worksheet/": ("worksheet", self.start),
            "worksheet/plan/": ("worksheet_plan", self.plan),
            "worksheet/bench/": ("worksheet_bench", self.bench),
            "worksheet/sheet/": ("worksheet_sheet", self.sheet),
            "worksheet/sheet/judge/": ("worksheet_judge", self.judge),
            "worksheet/sheet/save/": ("worksheet_save", self.save),
        }
        return [
            path(address, self.site.admin_view(self._guarded(view)), name=name)
            for address, (name, view) in pages.items()
        ]

    def _guarded(
        self, view: Callable[[HttpRequest], HttpResponse]
    ) -> Callable[[HttpRequest], HttpResponse]:
        def guarded(request: HttpRequest) -> HttpResponse:
            refuse_as_of(request)
            require(request, Permission.RECORD, WHAT)
            try:
                refuse_null(request)
                return view(request)
            except UnknownReferenceError as error:
                raise Http404(error.message) from None
            except UnfitError as error:
                if view in {self.judge, self.save}:
                    return JsonResponse({"error": str(error)}, status=400)
                messages.error(request, str(error))
                return HttpResponseRedirect(f"{reverse('admin:worksheet')}?{error.query}")

        return guarded

    def start(self, request: HttpRequest) -> HttpResponse:
        """The method, then its open runs and the samples that it can be run on."""
        methods = methods_on_worksheets()
        chosen = request.GET.get("method", "")
        version = next((one for one in methods if one.method.code == chosen), None)
        beginning = request.GET.get("q", "").strip()
        found = candidates(version, beginning=beginning) if version else []
        runs = first_of(open_runs(version, beginning=beginning)) if version else FirstRuns()
        outside = first_of(outside_runs(version, beginning=beginning)) if version else FirstRuns()
        return self._shown(
            request,
            "admin/exolot/worksheet_start.html",
            "Worksheet",
            methods=methods,
            version=version,
            beginning=beginning,
            runs=runs.rows,
            most_runs=runs.most,
            ticked=request.GET.getlist("run"),
            outside=outside.rows,
            most_outside=outside.most,
            look=_look_form(request) if version and has_vessels(version) else None,
            candidates=found,
            most=MOST_SAMPLES if len(found) >= MOST_SAMPLES else 0,
        )

    def plan(self, request: HttpRequest) -> HttpResponse:
        """The chosen samples: to print for the bench, and to open a run on each."""
        version, picked = picked_in(request)
        title = f"Worksheet for {version.method.code}"
        return answer(
            self.site,
            request,
            ActionPage(
                action="run.open",
                title=title,
                form_class=OpenSheetForm,
                perform=opening_runs(request, version, picked),
                arguments={"picked": picked},
                submit=f"Open {len(picked)} run{'' if len(picked) == 1 else 's'}",
                template="admin/exolot/worksheet_plan.html",
                back=_address("worksheet", method=[version.method.code]),
                initial={
                    "purpose": Purpose.RELEASE,
                    "performed_zone": picked[0].sample.lot.site.zone,
                },
                suggestions=suggestions(),
                shown=lambda: {
                    "version": version,
                    "candidates": picked,
                    "bench": _address(
                        "worksheet_bench",
                        method=[version.method.code],
                        pick=[one.key for one in picked],
                    ),
                },
                crumbs=self._crumbs(version),
                is_wide=True,
            ),
        )

    def bench(self, request: HttpRequest) -> HttpResponse:
        """A blank worksheet, to be printed: of open runs, or of samples before they are opened."""
        if request.GET.getlist("run"):
            items = sheet_in(request.GET.getlist("run"), request)
            version = items[0].run.method_version
            rows = rows_of_runs(items)
        else:
            version, picked = picked_in(request)
            look = Look(timezone.now()) if has_vessels(version) else None
            rows = rows_of_samples(picked, version, look)
        return self._shown(
            request,
            "admin/exolot/worksheet_bench.html",
            f"Worksheet for {version.method.code} v{version.version}",
            crumbs=self._crumbs(version),
            version=version,
            columns=columns_of(version),
            width=width_of(version),
            line_label=labels_of(version),
            rows=rows,
        )

    def sheet(self, request: HttpRequest) -> HttpResponse:
        """The grid. Sent without JavaScript, or to submit, it is saved and shown again."""
        items = sheet_in(request.GET.getlist("run"), request)
        if request.method != "POST":
            context = context_from(request)
            return self._grid(request, [row_of(item, context) for item in items])
        submits = request.POST.get("then") == "submit"
        if submits and not request.POST.getlist("submit"):
            messages.error(
                request, "Nothing was submitted. Tick the runs that are to be submitted."
            )
            submits = False
        sent = save_rows(request, items, submits=submits)
        for level, text in _outcome(sent):
            messages.add_message(request, level, text)
        if sent.is_clean:
            return HttpResponseRedirect(request.get_full_path())
        return self._grid(request, sent.rows, status=STALE if sent.has_conflicts else 200)

    def judge(self, request: HttpRequest) -> HttpResponse:
        """What a submit would make of what is typed; writes nothing."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return _as_json(rows_typed(request, sheet_in(request.POST.getlist("run"), request)))

    def save(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        items = sheet_in(request.POST.getlist("run"), request)
        return _as_json(save_rows(request, items, submits=False).rows)

    def _grid(
        self, request: HttpRequest, rows: Sequence[SheetRow], *, status: int = 200
    ) -> HttpResponse:
        runs = [row.item.run for row in rows]
        version = runs[0].method_version
        stated = {name: request.GET.get(name, "") for name in LookForm.base_fields}
        look = f"?{urlencode(stated)}" if has_vessels(version) else ""
        return self._shown(
            request,
            "admin/exolot/worksheet.html",
            f"Worksheet for {version.method.code} v{version.version}",
            status=status,
            crumbs=self._crumbs(version),
            version=version,
            head=head_of(runs, rows[0].item.look),
            columns=columns_of(version),
            width=width_of(version) + 1,
            line_label=labels_of(version),
            groups=list(groups_of(rows)),
            doubts=doubt_groups(rows),
            is_open=any(row.takes_input for row in rows),
            has_vessels=has_vessels(version),
            judge=f"{reverse('admin:worksheet_judge')}{look}",
            save=f"{reverse('admin:worksheet_save')}{look}",
            bench=_address(
                "worksheet_bench",
                run=[run.number for run in runs],
                **{name: [value] for name, value in stated.items() if look},
            ),
        )

    def _shown(
        self, request: HttpRequest, template: str, title: str, *, status: int = 200, **shown: Any
    ) -> HttpResponse:
        context = {**self.site.each_context(request), "title": title, **shown}
        return TemplateResponse(request, template, context, status=status)

    def _crumbs(self, version: MethodVersion) -> tuple[Crumb, ...]:
        return (
            Crumb("Worksheet", reverse("admin:worksheet")),
            Crumb(version.method.code, _address("worksheet", method=[version.method.code])),
        )


def _look_form(request: HttpRequest) -> LookForm:
    """With what was stated, where something was."""
    known = {"read_zone": identity_in(request).zone, "products": 1, "controls": 1}
    return LookForm(request.GET if "read_at" in request.GET else None, initial=known)


def _outcome(sent: Sent) -> list[tuple[int, str]]:
    said: list[tuple[int, str]] = []
    if sent.results:
        counts = Counter(result.verdict.replace("_", " ") for result in sent.results)
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        said.append((messages.SUCCESS, f"Submitted as performed by you: {verdicts}."))
    if sent.readings:
        said.append((messages.SUCCESS, f"Readings saved: {sent.readings}."))
    if not sent.is_clean:
        text = "Not everything was saved or submitted. What you typed is kept: look at the marks."
        said.append((messages.ERROR, text))
    elif not said:
        said.append((messages.INFO, "Nothing had changed."))
    return said


def _as_json(rows: Sequence[SheetRow]) -> JsonResponse:
    return JsonResponse({"runs": {row.number: row.as_json() for row in rows}})


def _address(name: str, **query: Sequence[str]) -> str:
    return f"{reverse(f'admin:{name}')}?{urlencode(query, doseq=True)}"
