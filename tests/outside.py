"""Known-good records of outside laboratories, and of paper from before the go-live date."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from products import models
from products.actions.evidence import attach_evidence
from products.actions.go_live import declare_go_live
from products.actions.laboratories import (
    qualify_laboratory,
    record_report,
    register_laboratory,
)
from products.actions.readings import save_readings, submit_run
from products.actions.transcriptions import transcribe, verify_transcription
from products.domain.calculations import ReadingFacts
from products.domain.criteria import Criterion
from tests.records import VIABILITY, YEAR, context, now, opened_run, people, submitted_run, today

SITE = "Main site"
SCAN = b"%PDF-1.7\nSigned page\n%%EOF\n"


def laboratory(code: str = "CTL-1") -> models.Laboratory:
    """An outside laboratory that quality has qualified for the year before and the year after."""
    if found := models.Laboratory.objects.filter(code=code).first():
        return found
    made = register_laboratory(
        context(people().analyst), code=code, name="Contract Test Lab", address="Basel"
    )
    qualified(code)
    return made


def qualified(code: str = "CTL-1", **changes: Any) -> models.LaboratoryQualification:
    stated: dict[str, Any] = {
        "qualified_from": today() - YEAR,
        "qualified_until": today() + YEAR,
        "document": "QAG-003",
    } | changes
    return qualify_laboratory(context(people().quality), laboratory=code, **stated)


def scan(kind: str, key: str, content: bytes = SCAN) -> UUID:
    """The id of a file attached to a record."""
    attached = attach_evidence(
        context(people().analyst), kind=kind, key=key, name="scan.pdf", content=content
    )
    return attached.pk


def outside_run(criterion: Criterion = VIABILITY, **changes: Any) -> models.Run:
    return opened_run(criterion, laboratory=laboratory().code, **changes)


def outside_result(text: str = "98.2", unit: str = "%", **changes: Any) -> models.Result:
    """The value that the report states, submitted; the report is recorded with it."""
    run = outside_run(**changes)
    save_readings(
        context(people().analyst),
        run=run.number,
        readings=[ReadingFacts("reported", text, unit)],
    )
    reported(run)
    return submit_run(context(people().analyst), run=run.number)


def reported(run: models.Run, **changes: Any) -> models.OutsideReport:
    """A report whose file is attached to the run, unless ``evidence`` names another."""
    stated: dict[str, Any] = {
        "report_number": "R-2026-118",
        "reported_on": today(),
        "signed_by": "Dr. L. Labor",
        "system": "NucleoCounter NC-202",
        "controls": "acceptable",
    } | changes
    by = stated.pop("by", None) or people().analyst
    reason = stated.pop("reason", "As the report states")
    if "evidence" not in stated:
        stated["evidence"] = scan("run", run.number)
    return record_report(context(by, reason), run=run.number, **stated)


def go_live(on: date | None = None) -> models.GoLive:
    """The site records here since today unless told."""
    if found := models.GoLive.objects.first():
        return found
    return declare_go_live(context(people().quality), site=SITE, on=on or today())


def paper_result(criterion: Criterion = VIABILITY, **changes: Any) -> models.Result:
    """A run of three days ago, typed in from paper and submitted."""
    go_live()
    described: dict[str, Any] = {
        "performed_at": now() - timedelta(days=3),
        "from_paper": True,
    } | changes
    return submitted_run(criterion, **described)


def transcribed(kind: str, key: str, owner: str = "", **changes: Any) -> models.Transcription:
    """``owner`` is the key of the record that the scan is attached to, where it is another."""
    stated: dict[str, Any] = {
        "signatory": "P. Pfeiffer",
        "dated_on": today() - timedelta(days=2),
    } | changes
    by = stated.pop("by", None) or people().analyst
    if "evidence" not in stated:
        attached_to = "donor" if kind == "determination" else kind
        stated["evidence"] = scan(attached_to, owner or key)
    return transcribe(context(by), kind=kind, key=key, **stated)


def verified(row: models.Transcription, **changes: Any) -> models.Verification:
    """Confirmed by the reviewer unless told."""
    stated: dict[str, Any] = {"outcome": "confirmed"} | changes
    by = stated.pop("by", None) or people().reviewer
    return verify_transcription(context(by), transcription=row.number, **stated)
