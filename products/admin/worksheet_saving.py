"""A worksheet that is sent: each run is saved, and where it is ticked submitted, by its own action.

What one run refuses keeps no other from being saved, and stays in its cells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from products.actions.base import Context
from products.actions.readings import save_readings, submit_run
from products.admin.requests import context_from, identity_in
from products.admin.worksheet_rows import SheetRow, row_after, row_of
from products.domain.errors import DomainError
from products.models import Result
from products.queries.worksheets import SheetRun, sheet_runs

TICKED = "submit"


@dataclass(frozen=True, slots=True)
class Sent:
    """``rows`` as they stand afterwards; ``readings`` is how many were saved."""

    rows: tuple[SheetRow, ...]
    readings: int = 0
    results: tuple[Result, ...] = ()

    @property
    def is_clean(self) -> bool:
        return not any(row.has_errors or row.has_conflicts for row in self.rows)

    @property
    def has_conflicts(self) -> bool:
        return any(row.has_conflicts for row in self.rows)


def rows_typed(request: HttpRequest, items: Iterable[SheetRun]) -> tuple[SheetRow, ...]:
    """The rows as they were sent; nothing is written."""
    context = context_from(request)
    ticked = set(request.POST.getlist(TICKED))
    rows = []
    for item in items:
        row = row_of(item, context, _texts(request.POST, item.run.number))
        row.is_ticked = row.number in ticked
        rows.append(row)
    return tuple(rows)


def save_rows(request: HttpRequest, items: Iterable[SheetRun], *, submits: bool) -> Sent:
    """Save what can be saved, and submit the ticked runs if asked."""
    rows = rows_typed(request, items)
    context = context_from(request)
    readings, results = 0, []
    for row in rows:
        wants = submits and row.is_ticked
        row.not_submitted = (row.lost or _why_not_submitted(row)) if wants else ""
        try:
            if wants and not row.not_submitted:
                results.append(
                    submit_run(context, run=row.number, readings=row.changed, seen=row.item.seen)
                )
            elif row.changed:
                save_readings(context, run=row.number, readings=row.changed, seen=row.item.seen)
        except DomainError as error:
            row.error = error.message
        else:
            readings += len(row.changed)
    return Sent(_afterwards(request, rows, context), readings, tuple(results))


def _why_not_submitted(row: SheetRow) -> str:
    if not row.item.is_open:
        return f"Run {row.number} is {row.item.run.state} already."
    if row.item.is_submitted and not row.changed:
        return f"Run {row.number} is submitted already, with all that is saved."
    if row.has_unreadable:
        return f"Run {row.number} is not submitted: a cell cannot be read."
    if row.has_conflicts:
        return f"Run {row.number} is not submitted: somebody else changed it meanwhile. Look at it."
    if missing := row.missing:
        first = missing[0].label.removesuffix(f", run {row.number}")
        return (
            f"Run {row.number} is not submitted: {len(missing)} missing, the first is {first}. "
            "Fill them in, or submit the run from its own page to record it as invalid."
        )
    return ""


def _afterwards(
    request: HttpRequest, rows: Iterable[SheetRow], context: Context
) -> tuple[SheetRow, ...]:
    before = {row.number: row for row in rows}
    look = next((row.item.look for row in before.values()), None)
    now = sheet_runs(list(before), identity_in(request), look)
    return tuple(row_after(before[item.run.number], item, context) for item in now)


def _texts(sent: QueryDict, number: str) -> dict[str, str]:
    return {name: str(value) for name, value in sent.items() if name.startswith(f"{number}:")}
