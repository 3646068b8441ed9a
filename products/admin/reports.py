"""The signed report of an outside laboratory, transcribed beside the value it states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from products.actions.laboratories import record_report
from products.admin.evidence import file_choices
from products.admin.forms import ActionForm, day, file_choice, long_text, text, word
from products.admin.pages import ActionPage, Crumb, Done
from products.domain.errors import InvalidValueError
from products.domain.laboratories import CONTROLS_LABELS, ControlsStatement
from products.models import Evidence, Run
from products.models.fields import choices_of
from products.queries.run_page import RunPage, run_page

STATED = (
    "report_number",
    "reported_on",
    "signed_by",
    "system",
    "controls",
    "controls_text",
    "started_on",
    "ended_on",
)


class ReportForm(ActionForm):
    """`evidence` is offered of the run's own files: attach the report first."""

    report_number = text("Report number", "As printed.")
    reported_on = day("Date of the report")
    signed_by = text("Signed by", "As printed on the report.")
    system = text("Test system", "Instrument or system, as printed.")
    controls = word(
        "What the report says of the controls",
        choices_of(ControlsStatement, CONTROLS_LABELS),
        empty="choose",
    )
    controls_text = text("Its words on the controls", whole=True)
    started_on = day(
        "Test started on", "Needed where the test incubates; as printed.", required=False
    )
    ended_on = day("Test ended on", required=False)
    evidence = file_choice("File of the report", "Of those attached to this run.", empty="choose")

    def __init__(
        self, *args: Any, offered: Sequence[Evidence], needs_reason: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offer("evidence", file_choices(offered))
        if needs_reason:
            self.fields["reason"] = long_text(
                "Reason", "The result is final: why the report is recorded again."
            )


def reporting(run: Run, crumbs: tuple[Crumb, ...]) -> ActionPage:
    back = reverse("admin:products_run_change", args=[run.pk])

    def perform(context: Any, typed: dict[str, Any]) -> Done:
        if typed["evidence"] is None:
            raise InvalidValueError(
                f"Choose the file of the report. Attach it to run {run.number} first if it is not "
                "offered.",
                field="evidence",
            )
        row = record_report(
            context,
            run=run.number,
            evidence=typed["evidence"],
            **{name: typed[name] for name in STATED},
        )
        return Done(back, f"Report {row.report_number} is recorded on run {run.number}.")

    page = run_page(run)
    return ActionPage(
        action="report.record",
        title=f"Transcribe the report on run {run.number}",
        form_class=ReportForm,
        perform=perform,
        submit="Record the report",
        template="admin/exolot/report_form.html",
        back=back,
        initial=_stated(page),
        arguments={
            "offered": page.evidence,
            "needs_reason": page.current is not None and page.current.final,
        },
        shown=lambda: {"page": page, "run": run},
        crumbs=crumbs,
        is_wide=True,
    )


def _stated(page: RunPage) -> dict[str, Any]:
    """What is on record already, to be changed where the laboratory amended it."""
    report = page.report
    if report is None:
        return {}
    return {name: getattr(report, name) for name in STATED} | {"evidence": report.evidence_id}
