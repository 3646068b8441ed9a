"""The review page: every run of a lot that waits, its raw data, one signature for the chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone

from products.actions.reviews import MEANING, review_results
from products.admin.forms import ActionForm, long_text
from products.admin.pages import ActionPage, Crumb, Done
from products.models import Lot
from products.queries.lot_page import RunLine, lot_page
from products.queries.people import Identity
from products.queries.run_page import RunPage, run_page


class RunsField(forms.MultipleChoiceField):
    """Any numbers: the action says which are runs of the lot."""

    def valid_value(self, value: str) -> bool:
        return True


class ReviewForm(ActionForm):
    runs = RunsField(required=False, widget=forms.CheckboxSelectMultiple())
    comment = long_text("Comment", "Remarks of the review, if any.")

    def __init__(self, *args: Any, numbers: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["runs"]
        assert isinstance(field, RunsField)
        field.choices = [(number, number) for number in numbers]

    @property
    def chosen(self) -> Sequence[str]:
        """The ticked runs: what was posted, at first none."""
        return self["runs"].value() or ()


def review(lot: Lot, identity: Identity, crumbs: tuple[Crumb, ...]) -> ActionPage:
    back = reverse("admin:products_lot_change", args=[lot.pk])

    def perform(context: Any, typed: dict[str, Any]) -> Done:
        review_results(context, lot=lot.number, runs=typed["runs"], comment=typed["comment"])
        count = len(typed["runs"])
        return Done(back, f"{count} {'result is' if count == 1 else 'results are'} reviewed.")

    page = lot_page(lot, timezone.now())

    def shown() -> Mapping[str, Any]:
        person = str(identity.person)
        return {
            "lot": lot,
            "page": page,
            "zone": lot.site.zone,
            "waiting": [_waiting(line, person) for line in page.runs_to_review],
        }

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
        arguments={"numbers": [line.run.number for line in page.runs_to_review]},
        shown=shown,
        crumbs=crumbs,
        is_wide=True,
    )


def _waiting(line: RunLine, person: str) -> tuple[RunPage, bool]:
    """The run with its raw data, and whether the reader took part in recording it."""
    own = line.facts is not None and person in line.facts.recorders
    return run_page(line.run), own
