"""The page of a lot as of an instant: what the API shows of then, and nothing to be done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from products.admin.forms import at_local_time
from products.domain.errors import DomainError
from products.domain.instants import parse_instant
from products.domain.lots import STATUS_LABELS, zone_named
from products.models import Lot
from products.queries.as_of import Moment, moment
from products.queries.listing import LotRow, lot_row
from products.queries.lot_page import lot_records
from products.queries.past import records_at

PARAMETER = "as_of"
TEMPLATE = "admin/products/lot/past.html"
TYPED = "%Y-%m-%dT%H:%M:%S"


def refuse_as_of(request: HttpRequest) -> None:
    """Raises PermissionDenied for a page or a form that would pass the instant over unseen."""
    if PARAMETER in request.GET or PARAMETER in request.POST:
        raise PermissionDenied(
            "Only the page of a lot is shown as of an instant, and nothing is changed there. Go "
            "back to the record as it is now."
        )


def answer_past(request: HttpRequest, lot: Lot, frame: Mapping[str, Any]) -> TemplateResponse:
    """The page as of the instant that the request names, or why there is none."""
    typed, zone = request.GET.get(PARAMETER, ""), lot.site.zone
    now_url = reverse("admin:products_lot_change", args=[lot.pk])
    context = {**frame, "lot": lot, "zone": zone, "now_url": now_url, "asked": typed}
    try:
        then = moment(instant_typed(typed, zone))
        context["asked"] = then.at.astimezone(zone_named(zone)).strftime(TYPED)
        with records_at(then):
            context |= _shown(lot.number, then)
            return TemplateResponse(request, TEMPLATE, context).render()  # type: ignore[return-value]  # itself
    except (DomainError, ValidationError) as refused:
        context["unanswered"] = getattr(refused, "message", str(refused))
    return TemplateResponse(request, TEMPLATE, context, status=HTTPStatus.BAD_REQUEST)


def instant_typed(text: str, zone: str) -> datetime:
    """The instant of a link, with its offset, or of the page's form: a local time in ``zone``.

    Raises:
        InvalidInstantError: it is neither.
        ValidationError: the clocks of ``zone`` never showed this time, or twice.
    """
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        return parse_instant(text, field=PARAMETER)
    if typed.tzinfo is None and "T" in text:
        return at_local_time(typed, zone).astimezone(UTC)
    return parse_instant(text, field=PARAMETER)


def _shown(number: str, then: Moment) -> dict[str, Any]:
    row = lot_row(number, then.at)
    lot = Lot.objects.select_related(
        "product", "site", "specification", "made_by", "stability_signature"
    ).get(pk=row.id)
    return {
        "lot": lot,
        "page": lot_records(lot, then.at),
        "then": then,
        "status": row.status,
        "blocks": row.blocks,
        "sentence": _sentence(row),
        "may_open": False,
    }


def _sentence(row: LotRow) -> str:
    label = STATUS_LABELS[row.status].lower()
    count = len(row.blocks or ())
    against = {
        0: "no reason was on record against release",
        1: "1 reason against release was on record",
    }.get(count, f"{count} reasons against release were on record")
    return f"Lot {row.number} stood as {label} under the basis “{row.basis}”; {against}."
