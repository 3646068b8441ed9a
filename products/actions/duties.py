"""Duties kept apart by person, whichever account the person uses."""

from __future__ import annotations

from products.actions.base import Context
from products.domain.errors import SeparationOfDutiesError
from products.models import ReviewItem, Run


def check_did_not_review(context: Context, run: Run) -> None:
    """Raises SeparationOfDutiesError when the actor's person reviewed a result of the run."""
    reviewed = ReviewItem.objects.filter(result__run=run)
    if reviewed.filter(review__reviewer=context.actor.person_id).exists():
        raise SeparationOfDutiesError(
            f"{context.actor.printed_name} reviewed run {run.number} and records nothing of it. "
            "Another person does."
        )
