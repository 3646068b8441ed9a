"""Notes on lots and runs: attributed, never edited."""

from __future__ import annotations

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.notes import add_note
from products.api.accepting import accept
from products.api.bodies import ActionBody, Text
from products.api.filters import Names, Recorded, record
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists
from products.api.shown import name_of
from products.api.surface import Body, View
from products.models import Note, Run
from products.queries import registers
from products.queries.listing import lot_row

TAG = "Lots"


class NoteFilters(Recorded):
    run = Names(record("run", Run, "number"), help_text="Number of the run.")


class NoteShape(serializers.Serializer[None]):
    lot = serializers.CharField()
    run = serializers.CharField(allow_null=True)
    text = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()


class NoteBody(ActionBody):
    text = Text(max_length=4000)
    run = Text(
        allow_blank=True, default="", max_length=48, help_text="Of the lot; empty: the lot itself."
    )


NOTES = Listing(NoteShape, name="notes", orders=newest(), filters=NoteFilters)


class NotesOfLot(View):
    @lists(
        "list_notes",
        "Notes on a lot and its runs, newest first",
        NOTES,
        tag=TAG,
        named=True,
    )
    def get(self, request: Request, lot: str) -> Response:
        rows = registers.notes_of_lot(lot_row(lot, timezone.now()).number)
        return listed(request, NOTES, rows, _bodies)

    @acts(
        "note.add",
        "add_note",
        "Add a note to a lot, or to one run of it",
        tag=TAG,
        request=NoteBody,
        shape=NoteShape,
        on_lot=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, NoteBody, number__iexact=lot)
        return Response(_bodies([add_note(context, lot=lot, **given)])[0], status=201)


def _bodies(rows: list[Note]) -> list[Body]:
    return [
        {
            "lot": row.lot.number,
            "run": row.run.number if row.run else None,
            "text": row.text,
            "recorded_at": row.recorded_at,
            "recorded_by": name_of(row.recorded_by),
        }
        for row in rows
    ]
