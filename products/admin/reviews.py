"""The review page: every run of a lot that waits, its raw data, one signature for the chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.urls import reverse
from django.utils import timezone

from products.actions.reviews import MEANING, review_results
from products.admin.evidence import file_choices
from products.admin.forms import ActionForm, file_choice, long_text
from products.admin.pages import ActionPage, Crumb, Done
from products.domain.errors import DomainError
from products.domain.results import RunState
from products.models import Evidence, Lot
from products.queries.lot_lines import RunLine
from products.queries.lot_page import LotPage, lot_page
from products.queries.people import Identity
from products.queries.run_page import RunPage, run_page


class RunsField(forms.MultipleChoiceField):
    """Any numbers: the action says which are runs of the lot."""

    def valid_value(self, value: str) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """``is_own``: the reader took part in recording it. ``compared`` names the input that says
    what its transcribed values were compared with, empty for a run made here.
    """

    page: RunPage
    is_own: bool
    compared: str


class ReviewForm(ActionForm):
    runs = RunsField(required=False, widget=forms.CheckboxSelectMultiple())
    rest_left_out = forms.BooleanField(required=False)
    comment = long_text("Comment", "Remarks of the review, if any.")

    def __init__(
        self,
        *args: Any,
        waiting: Sequence[WaitingRun],
        offered: Sequence[Evidence],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.waiting = waiting
        field = self.fields["runs"]
        assert isinstance(field, RunsField)
        field.choices = [(one.page.run.number, one.page.run.number) for one in waiting]
        for one in waiting:
            if one.compared:
                number = one.page.run.number
                self.fields[one.compared] = file_choice(
                    f"I compared the values of {number} with",
                    "The report or scan that they were transcribed from.",
                    empty="choose",
                )
                self.offer(one.compared, file_choices(sources_of(one.page) or offered))

    @property
    def chosen(self) -> Sequence[str]:
        """The ticked runs: what was posted, at first none."""
        return self["runs"].value() or ()

    @property
    def open_to_reader(self) -> list[str]:
        """The runs that the reader may sign for, and so has to tick or to leave out."""
        return [one.page.run.number for one in self.waiting if not one.is_own]

    def entries(self) -> list[tuple[WaitingRun, BoundField | None]]:
        """Each run with the input beside it."""
        return [(one, self[one.compared] if one.compared else None) for one in self.waiting]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        chosen = cleaned.get("runs", [])
        left = [number for number in self.open_to_reader if number not in chosen]
        if chosen and left and not cleaned.get("rest_left_out"):
            self.add_error(
                "rest_left_out",
                f"Nothing is signed: you have not confirmed {', '.join(left)}. Check each and tick "
                "it, return it to its analyst, or tick that you leave it out.",
            )
        cleaned["compared"] = {
            one.page.run.number: cleaned[one.compared]
            for one in self.waiting
            if one.page.run.number in chosen and one.compared and cleaned.get(one.compared)
        }
        return cleaned

    def refuse(self, error: DomainError) -> None:
        """What was not compared stands beside the run that it is about."""
        if error.field == "compared":
            chosen = self.cleaned_data.get("runs", [])
            named = [one for one in self.waiting if one.compared and one.page.run.number in chosen]
            meant = next((one for one in named if one.page.run.number in error.message), None)
            self.aliases = {"compared": meant.compared} if meant else {}
        super().refuse(error)


def sources_of(page: RunPage) -> list[Evidence]:
    """The files that the run's values were transcribed from."""
    found = [page.report.evidence] if page.report else []
    return [*found, *([page.transcription.evidence] if page.transcription else [])]


def review(lot: Lot, identity: Identity, crumbs: tuple[Crumb, ...]) -> ActionPage:
    back = reverse("admin:products_lot_change", args=[lot.pk])

    def perform(context: Any, typed: dict[str, Any]) -> Done:
        review_results(
            context,
            lot=lot.number,
            runs=typed["runs"],
            comment=typed["comment"],
            compared=typed["compared"],
        )
        count = len(typed["runs"])
        return Done(back, f"{count} {'result is' if count == 1 else 'results are'} reviewed.")

    page = lot_page(lot, timezone.now())
    person = str(identity.person)

    def shown() -> Mapping[str, Any]:
        return {"lot": lot, "page": page, "zone": lot.site.zone, "not_now": list(_not_now(page))}

    return ActionPage(
        action="review.sign",
        title=f"Review results of lot {lot.number}",
        form_class=ReviewForm,
        perform=perform,
        submit="Sign the review",
        meaning=MEANING,
        template="admin/exolot/review.html",
        back=back,
        lot=lot,
        arguments={
            "waiting": [
                _waiting(line, person, number) for number, line in enumerate(page.runs_to_review)
            ],
            "offered": page.evidence,
        },
        shown=shown,
        crumbs=crumbs,
        is_wide=True,
    )


def _waiting(line: RunLine, person: str, number: int) -> WaitingRun:
    page = run_page(line.run)
    return WaitingRun(
        page=page,
        is_own=person in page.recorders,
        compared=f"compared_{number}" if page.is_transcribed else "",
    )


def _not_now(page: LotPage) -> list[tuple[RunLine, str]]:
    """Runs whose result cannot be reviewed as things stand, and why."""
    found = []
    for line in page.lines:
        facts = line.facts
        if facts is None or facts.reviewed_by is not None:
            continue
        if facts.state is RunState.RETURNED:
            found.append((line, "was returned to its analyst, whose answer is reviewed."))
        elif facts.pending_amendment:
            why = f"waits for the second signature on {facts.pending_amendment}."
            found.append((line, why))
    return found
