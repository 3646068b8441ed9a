"""Pages of the audit trail: the history of one record, and all that concerns a lot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from products.admin.pages import Crumb
from products.admin.requests import identity_in
from products.domain.errors import NotFoundError
from products.domain.matching import Standing
from products.domain.roles import Permission
from products.queries.audit import Parts, entry, latest, of_lot, trail
from products.queries.lot_signatures import signatures_of
from products.queries.matching import matchings
from products.queries.trail import shown

if TYPE_CHECKING:
    from products.models import AuditEntry, Lot

PAGE = 50
BEFORE = "before"


@dataclass(frozen=True, slots=True)
class History:
    """``parts`` are the searches, ``about`` the sentence that says what is listed.

    ``names_records`` where the entries are of several records. ``zone`` is the reader's
    where none is given. ``links`` lead to other histories.
    """

    title: str
    about: str
    parts: Parts
    crumbs: tuple[Crumb, ...]
    names_records: bool = False
    zone: str = ""
    links: tuple[Crumb, ...] = ()


def answer_history(site: AdminSite, request: HttpRequest, history: History) -> HttpResponse:
    """One page, latest first. Addresses are for those who may read the whole trail."""
    before = _begins_before(request)
    found = latest(history.parts, PAGE + 1, before=before)
    rows = found[:PAGE]
    zone = history.zone or identity_in(request).zone
    return TemplateResponse(
        request,
        "admin/exolot/history.html",
        {
            **site.each_context(request),
            "title": history.title,
            "about": history.about,
            "crumbs": history.crumbs,
            "links": history.links,
            "names_records": history.names_records,
            "shows_addresses": Permission.AUDIT in identity_in(request).permissions,
            "zone": zone,
            "lines": shown(rows, zone),
            "is_later_page": before is not None,
            "earlier": f"?{BEFORE}={rows[-1].pk}" if len(found) > PAGE else "",
        },
    )


def lot_trail(lot: Lot, crumbs: tuple[Crumb, ...]) -> History:
    """All that was written about the lot and what belongs to it, over every table."""
    return History(
        title=f"Audit trail of lot {lot.number}",
        about="Every change of the lot, its samples, runs, results, reviews and decisions. "
        f"{_standing_of_signatures(lot)}",
        parts=of_lot(trail(), lot.pk),
        crumbs=crumbs,
        names_records=True,
        zone=lot.site.zone,
    )


def _standing_of_signatures(lot: Lot) -> str:
    """Whether the signatures on the lot still match, in sentences."""
    rows = list(signatures_of(lot.pk))
    found = matchings(rows)
    unlike = [row for row in rows if found[row.pk].standing is not Standing.MATCHES]
    said = [f"Signatures that match what was signed: {len(rows) - len(unlike)} of {len(rows)}."]
    said += [
        f"{row.meaning}, {row.printed_name}: {found[row.pk].label.lower()}. "
        f"{' '.join(found[row.pk].messages)}"
        for row in unlike
    ]
    return " ".join(said)


def _begins_before(request: HttpRequest) -> AuditEntry | None:
    key = request.GET.get(BEFORE, "")
    if not key:
        return None
    try:
        return entry(key)
    except NotFoundError as error:
        raise Http404(error.message) from error
