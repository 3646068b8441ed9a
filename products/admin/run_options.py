"""What a run's page offers to do, each with the reason where it cannot be done now."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse

from products.admin.attachments import transcribe_option
from products.admin.parts import Option, option
from products.admin.readings import needs_supports
from products.admin.requests import identity_in
from products.domain.amendments import UNDER_INVESTIGATION
from products.domain.investigations import InvestigationKind, InvestigationOutcome
from products.domain.results import RunState
from products.domain.transcriptions import TranscriptionKind
from products.queries.run_page import RunPage

BY_HAND = frozenset({InvestigationOutcome.CONFIRMED, InvestigationOutcome.INVALIDATED})
OF_FAILURES = frozenset({InvestigationKind.OOS, InvestigationKind.INVALID_ASSAY})


def run_options(request: HttpRequest, page: RunPage) -> Iterator[Option]:
    run = page.run
    person = str(identity_in(request).person)

    def url(name: str) -> str:
        return reverse(f"admin:products_run_{name}", args=[run.pk])

    if page.waiting is not None:
        yield option(
            request,
            "amendment.sign_second",
            f"Sign {page.waiting.row.number} as second person",
            reverse("admin:products_amendment_sign", args=[page.waiting.row.pk]),
            why_not=_not_second(page, person),
            style="primary",
        )
    yield _entering(request, page, url("readings"))
    if page.is_outside:
        yield option(
            request,
            "report.record",
            "Transcribe the report",
            url("report"),
            why_not=_set_aside(page),
        )
    if run.from_paper:
        yield transcribe_option(
            request,
            TranscriptionKind.RUN,
            run.number,
            page.transcription,
            "Name the paper original",
        )
    is_returned = page.open_return is not None
    yield option(
        request,
        "run.submit",
        "Answer and submit again" if is_returned else "Submit",
        url("submit"),
        why_not="" if is_returned else _shut(page),
        style="primary" if is_returned else "",
    )
    yield option(
        request, "run.correct", "Correct readings", url("correct"), why_not=uncorrectable(page)
    )
    yield option(
        request,
        "run.return",
        "Return to the analyst",
        url("return"),
        why_not=_unreturnable(page, person),
    )
    yield option(request, "run.retract", "Retract", url("retract"), why_not=unretractable(page))
    yield option(
        request,
        "run.discard",
        "Discard",
        url("discard"),
        why_not=""
        if run.state == RunState.SAVED
        else f"the run is {run.state}; only a saved run is discarded.",
    )
    yield option(
        request,
        "investigation.open",
        "Investigate",
        url("investigate"),
        why_not=_uninvestigable(page),
    )
    yield option(request, "evidence.attach", "Attach a file", url("attach"))
    yield option(request, "note.add", "Write a note", url("note"))


def _entering(request: HttpRequest, page: RunPage, url: str) -> Option:
    """Papers that a final result rests on may come after it; its readings may not."""
    papers = not page.is_open and not _set_aside(page) and needs_supports(page.run)
    return option(
        request,
        "run.save",
        "Enter supporting records" if papers else "Enter readings",
        url,
        why_not="" if papers else _shut(page),
        style="" if papers else "primary",
    )


def _set_aside(page: RunPage) -> str:
    if page.run.state == RunState.DISCARDED:
        return f"the run was discarded: {page.run.discard_reason}"
    if page.run.state == RunState.RETRACTED:
        return "the run was retracted: it was recorded against the wrong lot or sample."
    return ""


def _shut(page: RunPage) -> str:
    if why_not := _set_aside(page):
        return why_not
    if not page.is_open and page.current:
        return f"its result is final ({page.current.verdict.replace('_', ' ')})."
    return ""


def _unamendable(page: RunPage) -> str:
    if why_not := _set_aside(page):
        return why_not
    if page.current is None:
        return "the run was never submitted."
    if page.waiting is not None:
        return f"{page.waiting.row.number} waits for its second signature."
    return _decided(page)


def _decided(page: RunPage) -> str:
    """An investigation that quality has concluded decides over the result."""
    for row in page.investigations:
        conclusion = getattr(row, "conclusion", None)
        is_of_it = row.kind in OF_FAILURES or (page.current and row.result_id == page.current.pk)
        if conclusion is not None and conclusion.outcome in BY_HAND and is_of_it:
            return f"investigation {row.number} is concluded ({conclusion.outcome})."
    return ""


def uncorrectable(page: RunPage) -> str:
    if why_not := _unamendable(page):
        return why_not
    current = page.current
    if current is not None and not current.final and current.verdict not in UNDER_INVESTIGATION:
        return "its result is not final yet: save the right reading, then submit again."
    return ""


def unretractable(page: RunPage) -> str:
    if page.current is None and page.run.state == RunState.SAVED:
        return "the run was never submitted; a saved run is discarded."
    return _unamendable(page)


def _unreturnable(page: RunPage, person: str) -> str:
    if why_not := _unamendable(page):
        return why_not
    current = page.current
    returned = {row.result_id for row in page.returns}
    reasons = {
        "it was returned already and waits for the analyst's answer.": page.open_return is not None,
        "its result is not final yet.": current is None or not current.final,
        "its result was reviewed.": hasattr(current, "review_item"),
        "this version of its result was returned once already.": current is not None
        and current.pk in returned,
        "you recorded data of it; a second person reviews.": person in page.recorders,
    }
    return next((reason for reason, is_so in reasons.items() if is_so), "")


def _not_second(page: RunPage, person: str) -> str:
    filed = page.waiting is not None and person == str(page.waiting.row.signature.person_id)
    if filed or person in page.recorders:
        return "you filed it, or recorded data of the run. Another person signs."
    return ""


def _uninvestigable(page: RunPage) -> str:
    if page.current is None:
        return "the run was never submitted."
    found = [one.number for one in page.investigations if one.result_id == page.current.pk]
    return f"its result has investigation {found[0]} already." if found else ""
