"""What waits for the reader: the home page, and a list of each kind of work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from products.admin.requests import identity_in
from products.domain.lots import local_text
from products.domain.roles import Permission
from products.domain.waits import due_words, ends_words, waits_words
from products.queries.home import Overdue, Waiting, home_page, kind_named
from products.queries.waiting import Item, Kind, Reader, reader

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

PER_PAGE = 50
LAST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """A record that waits, as it is shown. ``at`` is the instant or day behind ``wait``."""

    label: str
    url: str
    remark: str
    wait: str
    at: str
    is_overdue: bool
    verb: str
    work_url: str


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    url: str
    count: str
    rows: tuple[Row, ...]
    has_more: bool


class WaitingPages:
    """The home page, and under ``/admin/waiting/`` a list of each kind of work."""

    def __init__(self, site: AdminSite) -> None:
        self.site = site

    def urls(self) -> list[URLPattern]:
        view = self.site.admin_view(self.listed)
        return [path("waiting/<slug:name>/", view, name="waiting")]

    def home(self, request: HttpRequest) -> TemplateResponse:
        context = {**self.site.each_context(request), "title": "Home", "page": None}
        who = reader(identity_in(request), timezone.now())
        if Permission.READ in who.permissions:
            page = home_page(who)
            context |= {
                "page": page,
                "cards": [_card(waiting, who) for waiting in page.waiting],
                "overdue": [_late(late, who) for late in page.overdue],
            }
        return TemplateResponse(request, "admin/index.html", context)

    def listed(self, request: HttpRequest, name: str) -> HttpResponse:
        """Everything of one kind that waits for the reader, the oldest first."""
        kind = kind_named(name)
        if kind is None:
            raise Http404("There is no such list.")
        identity = identity_in(request)
        who = reader(identity, timezone.now())
        if not kind.permissions & who.permissions:
            needed = " or ".join(sorted(word.value.replace("_", " ") for word in kind.permissions))
            raise PermissionDenied(
                f"{identity.printed_name} ({identity.roles_text}) has no such list: it needs a "
                f"role that may {needed}."
            )
        number = _page_number(request.GET.get("p", ""))
        first = (number - 1) * PER_PAGE
        found = list(kind.rows(who)[first : first + PER_PAGE + 1])
        return TemplateResponse(
            request,
            "admin/exolot/waiting.html",
            {
                **self.site.each_context(request),
                "title": kind.title,
                "kind": kind,
                "rows": rows_of(kind, map(kind.item, found[:PER_PAGE]), who),
                "before": number - 1,
                "after": number + 1 if len(found) > PER_PAGE else None,
                "crumbs": (),
                "is_list_of_work": True,
            },
        )


def rows_of(kind: Kind, items: Iterable[Item], who: Reader) -> tuple[Row, ...]:
    return tuple(_row(kind, item, who) for item in items)


def _row(kind: Kind, item: Item, who: Reader) -> Row:
    wait, at, is_overdue = _wait(item, who)
    work = ""
    if item.work and kind.page:
        work = reverse(f"admin:products_{item.work[0]}_{kind.page}", args=[item.work[1]])
    return Row(
        label=item.label,
        url=reverse(f"admin:products_{item.model}_change", args=[item.key]),
        remark=item.remark,
        wait=wait,
        at=at,
        is_overdue=is_overdue,
        verb=kind.verb if work else "",
        work_url=work,
    )


def _wait(item: Item, who: Reader) -> tuple[str, str, bool]:
    """The words, the instant or day with its zone, and whether it is too late."""
    zone = item.zone or who.zone
    if item.last_day is not None:
        words = ends_words(item.last_day, who.today)
        return words, f"{item.last_day} ({zone})", item.last_day < who.today
    if item.due is not None:
        return due_words(item.due, who.now), local_text(item.due, zone), item.due <= who.now
    assert item.since is not None  # every item has one of the three
    return waits_words(item.since, who.now), f"since {local_text(item.since, zone)}", False


def _card(waiting: Waiting, who: Reader) -> Card:
    return Card(
        title=waiting.kind.title,
        url=reverse("admin:waiting", args=[waiting.kind.name]),
        count=str(waiting.count),
        rows=rows_of(waiting.kind, waiting.items, who),
        has_more=waiting.count.found > len(waiting.items),
    )


def _late(late: Overdue, who: Reader) -> tuple[str, str, str]:
    """Its sentence, the page on which it is done, and when it was done last."""
    last = f"The last one was on {_day(late.last, who)}." if late.last else "There was none yet."
    return (
        f"{late.title}: overdue since {_day(late.due, who)}.",
        reverse(f"admin:products_{late.model}_add"),
        last,
    )


def _day(at: datetime, who: Reader) -> str:
    return local_text(at, who.zone)


def _page_number(typed: str) -> int:
    is_number = typed.isascii() and typed.isdecimal() and len(typed) < len(str(LAST_PAGE))
    return max(int(typed), 1) if is_number else 1
