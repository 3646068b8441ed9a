"""Notes: attributed, never edited, never judged."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from products.actions.naming import begin
from products.actions.notes import add_note
from products.domain.errors import InvalidValueError, NotPermittedError, UnknownReferenceError
from products.models import Lot, Note
from tests.records import context, lot, opened_run, people

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"


@pytest.fixture(autouse=True)
def _lot() -> None:
    lot()


def test_a_note_names_its_author_and_its_lot() -> None:
    note = add_note(context(people().reviewer), lot=LOT, text="Courier came late.\nBox was cold.")

    assert (note.lot.number, note.run, note.recorded_by) == (LOT, None, people().reviewer)
    assert note.text == "Courier came late.\nBox was cold."


def test_a_note_may_be_about_one_run() -> None:
    run = opened_run()

    note = add_note(context(people().analyst), lot=LOT, text="Chip 3", run=run.number)

    assert note.run == run


def test_a_note_is_about_a_run_of_its_lot() -> None:
    run = opened_run()
    lot("EV-26-002")

    with pytest.raises(InvalidValueError, match="is of lot EV-26-001") as refused:
        add_note(context(people().analyst), lot="EV-26-002", text="Chip 3", run=run.number)

    assert refused.value.field == "run"


@pytest.mark.parametrize("text", ["", " \n", "bell \a", "x" * 4001])
def test_a_note_says_something_that_can_be_read(text: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        add_note(context(people().analyst), lot=LOT, text=text)

    assert refused.value.field == "text"


def test_a_note_changes_nothing_of_the_lot() -> None:
    before = Lot.objects.get().version

    add_note(context(people().quality), lot=LOT, text="Seen")

    assert Lot.objects.get().version == before


def test_a_note_is_never_edited() -> None:
    note = add_note(context(people().quality), lot=LOT, text="Seen")

    with pytest.raises(DatabaseError, match=r"permission denied|history is never changed"):
        _edit(note)


@transaction.atomic
def _edit(note: Note) -> None:
    begin("note.add", context(people().quality))
    Note.objects.filter(pk=note.pk).update(text="Unseen")


def test_an_auditor_leaves_no_notes_and_a_lot_must_exist() -> None:
    with pytest.raises(NotPermittedError):
        add_note(context(people().auditor), lot=LOT, text="Seen")
    with pytest.raises(UnknownReferenceError):
        add_note(context(people().analyst), lot="EV-26-009", text="Seen")
