"""Notes on lots and runs: attributed, never edited, never judged."""

from __future__ import annotations

from products.actions.base import Context, action
from products.actions.lookups import find_lot, find_run
from products.actions.records import insert
from products.domain.errors import InvalidValueError
from products.domain.roles import Permission
from products.models import Note


@action("note.add", permission=Permission.NOTE)
def add_note(context: Context, *, lot: str, text: str, run: str = "") -> Note:
    """Add a note to a lot, or to one ``run`` of it. A wrong note is answered by another.

    Raises:
        UnknownReferenceError: there is no such lot or run.
        InvalidValueError: it says nothing, or the run is of another lot.
    """
    found = find_lot(lot)
    about = find_run(run) if run else None
    if about is not None and about.lot_id != found.pk:
        raise InvalidValueError(
            f"Run {about.number} is of lot {about.lot.number}, not of lot {found.number}.",
            field="run",
        )
    if not text.strip():
        raise InvalidValueError("The note says nothing. Write what is to be known.", field="text")
    note = Note(lot=found, run=about, text=text, recorded_by=context.actor)
    insert(note)
    return note
