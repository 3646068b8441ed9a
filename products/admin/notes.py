"""Notes on lots and runs: attributed, never edited, judged by nothing."""

from __future__ import annotations

from typing import Any

from products.actions.notes import add_note
from products.admin.forms import ActionForm, long_text
from products.admin.pages import ActionPage, Crumb, Done


class NoteForm(ActionForm):
    text = long_text("Note", "It stays with your name and the time, and is never edited.")


def noting(lot: str, run: str, *, back: str, crumbs: tuple[Crumb, ...]) -> ActionPage:
    """A note on the lot, or with ``run`` on that run of it."""
    of = f"run {run}" if run else f"lot {lot}"

    def perform(context: Any, typed: dict[str, Any]) -> Done:
        add_note(context, lot=lot, run=run, text=typed["text"])
        return Done(f"{back}#notes", f"The note on {of} is kept.")

    return ActionPage(
        action="note.add",
        title=f"Write a note on {of}",
        form_class=NoteForm,
        perform=perform,
        submit="Keep the note",
        intro="A note changes nothing and is judged by no rule. What has to count is recorded as "
        "a reading, a correction or a hold.",
        back=back,
        crumbs=crumbs,
    )
