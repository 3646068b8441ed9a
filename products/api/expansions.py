"""What comes with lots when `expand` asks for it: as many queries for a page as for one lot."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from rest_framework.request import Request

from products.api.errors import NoPastError
from products.api.evaluations import EvaluationShape, evaluation_body
from products.api.listing import EXPAND
from products.api.lot_results import CategoryShape, categories_of
from products.api.surface import AS_OF, Body
from products.queries.facts import lot_facts
from products.queries.listing import LotRow

RESULTS, EVALUATION = "results", "evaluation"
EXPANSIONS = {
    RESULTS: CategoryShape(many=True, help_text="As at the address of the lot's results."),
    EVALUATION: EvaluationShape(help_text="Judged now."),
}
NEVER_PAST = frozenset({EVALUATION})


def expansions(
    request: Request, rows: Sequence[LotRow], now: datetime, expanded: Collection[str]
) -> list[Body]:
    """Of each row what is ``expanded`` in it.

    Raises:
        NoPastError: an evaluation as of a past instant, which nothing is judged at.
    """
    if EVALUATION in expanded and AS_OF in request.query_params:
        raise NoPastError(
            "No lot is judged as of a past instant. The address of its evaluation shows with "
            "as_of what was stored then.",
            field=EXPAND,
        )
    facts = lot_facts([row.id for row in rows]) if EVALUATION in expanded else {}
    more: list[Body] = [{} for _ in rows]
    if RESULTS in expanded:
        for body, categories in zip(more, categories_of(rows, facts), strict=True):
            body[RESULTS] = categories
    if EVALUATION in expanded:
        for body, row in zip(more, rows, strict=True):
            body[EVALUATION] = evaluation_body(row, facts[row.id], now)
    return more
