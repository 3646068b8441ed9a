"""What is confirmed before a second signature on an amendment, and before a conclusion."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from products.admin.confirming import STATES, Item, value_text, word_of
from products.domain.amendments import AMENDMENT_LABELS, AmendmentKind
from products.domain.comparison import FieldChange
from products.domain.criteria import Verdict
from products.models import Amendment, Investigation, Result
from products.queries.amendment_page import AmendmentPage
from products.queries.run_page import AmendmentLine, ReadingLine, RunPage, place_and_time

FLAGS = {"waits": "Proposed", "refused": "Refused", "in_effect": "Changed since entry"}
"""By the state of a correction."""


def items_of_amendment(page: AmendmentPage) -> Iterator[Item]:
    """What changes from what to what, why, and which investigations a confirmation concludes."""
    row = page.row
    if row.corrects is not None and row.result is not None:
        yield from _of_correction(page, row.corrects, row.result)
    else:
        yield _of_retraction(row)
    yield Item("the reason and the source", _grounds(row))
    for found in page.concludes:
        yield Item(
            found.number,
            "Confirming concludes it as a recording error, under your signature.",
            reverse("admin:products_investigation_change", args=[found.pk]),
        )


def items_of_conclusion(row: Investigation, page: RunPage) -> Iterator[Item]:
    """The result that is investigated, the readings behind it, and every correction with what
    became of it.
    """
    run = reverse("admin:products_run_change", args=[row.run_id])
    yield _investigated(row.result, page, run)
    zone = page.run.performed_zone
    readings = "; ".join(_reading(line, zone) for line in page.readings) or "no reading"
    yield Item(f"the raw readings of run {row.run.number}", readings, run)
    for line in page.amendments:
        yield _correction(line)


def _of_correction(page: AmendmentPage, before: Result, after: Result) -> Iterator[Item]:
    changes = [FieldChange("result", "Result", _told(before), _told(after))]
    if before.explanation != after.explanation:
        changes.append(
            FieldChange("explanation", "Explanation", before.explanation, after.explanation)
        )
    yield Item(
        "the result",
        f"Version {before.version} counts until a second person confirms; version "
        f"{after.version} is proposed.",
        flag=f"Changed since version {before.version}",
        changes=tuple(changes),
    )
    for change in page.line.changes:
        reading = FieldChange(
            "reading", "Reading", change.before or "not recorded", change.after or "removed"
        )
        yield Item(
            f"{change.label}, {change.place}",
            "As recorded first, and as proposed.",
            flag="Changed since entry",
            changes=(reading,),
        )


def _of_retraction(row: Amendment) -> Item:
    if row.run is None:
        lot = reverse("admin:products_lot_change", args=[row.lot_id])
        return Item(f"lot {row.lot.number}", "Void for good: it was registered in error.", lot)
    why = (
        f"it was recorded against the wrong lot or sample, and is of {row.belongs_to}"
        if row.belongs_to
        else "its transcription from paper was refused"
    )
    run = reverse("admin:products_run_change", args=[row.run_id])
    return Item(f"run {row.run.number}", f"It is to count for nothing: {why}.", run)


def _grounds(row: Amendment) -> str:
    file = f" Evidence file {row.evidence.name}." if row.evidence else ""
    document = f" Source document {row.source_document}." if row.source_document else ""
    return f"{row.reason}.{document}{file} Signed first by {row.signature.printed_name}."


def _investigated(result: Result, page: RunPage, run: str) -> Item:
    told = f"{_told(result)}. {result.explanation}".strip()
    current = page.current
    if current is None or current.pk == result.pk:
        return Item(f"the result, version {result.version}", told, run)
    return Item(
        f"the result, version {result.version}",
        told,
        run,
        flag=f"Changed since: version {current.version} counts",
        changes=(FieldChange("result", "Result", _told(result), _told(current)),),
    )


def _reading(line: ReadingLine, zone: str) -> str:
    value = "removed" if line.row.removed else f"{line.row.text} {line.unit}".rstrip()
    earlier = ", ".join(one.text for one in line.earlier if not one.removed)
    told = f" ({'was' if line.row.removed else 'replaces'} {earlier})" if earlier else ""
    return f"{line.label}, {place_and_time(line.row, line.place, zone)}: {value}{told}"


def _correction(line: AmendmentLine) -> Item:
    row = line.row
    changes = (
        (FieldChange("result", "Result", _told(row.corrects), _told(row.result)),)
        if row.corrects and row.result
        else ()
    )
    return Item(
        row.number,
        f"{AMENDMENT_LABELS[AmendmentKind(row.kind)]}, {STATES[line.state]}. Reason: {row.reason}",
        reverse("admin:products_amendment_change", args=[row.pk]),
        flag=FLAGS[line.state] if changes else "",
        changes=changes,
    )


def _told(result: Result) -> str:
    return f"{word_of(Verdict(result.verdict))}, {value_text(result.reported, result.unit)}"
