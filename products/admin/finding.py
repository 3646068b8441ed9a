"""One box in every page's header: a number typed or scanned leads to its record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from products.admin.pages import require
from products.domain.criteria import STAGE_LABELS, Stage
from products.domain.roles import Permission
from products.domain.scanning import number_in
from products.queries.finding import SEARCHED, Found, find_number
from products.templatetags.exolot import mark, standing_mark

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

LONGEST = 200
"""Of what is typed; a GS1 element string has at most 48 characters, a person's name 100."""


@dataclass(frozen=True, slots=True)
class Line:
    kind: str
    number: str
    url: str
    status: SafeString | str
    remark: str


class FindingPages:
    """``/admin/find/?number=`` and the page that lists the keyboard's shortcuts."""

    def __init__(self, site: AdminSite) -> None:
        self.site = site

    def urls(self) -> list[URLPattern]:
        return [
            path("find/", self.site.admin_view(self.find), name="find"),
            path("keyboard/", self.site.admin_view(self.keyboard), name="keyboard"),
        ]

    def find(self, request: HttpRequest) -> HttpResponse:
        """The record itself where one alone has the number; else a short list to choose from."""
        require(request, Permission.READ, "finding records")
        number = number_in(request.GET.get("number", "")[:LONGEST])
        finding = find_number(number, timezone.now())
        if len(finding.exact) == 1:
            return HttpResponseRedirect(_url(finding.exact[0]))
        return TemplateResponse(
            request,
            "admin/exolot/find.html",
            {
                **self.site.each_context(request),
                "title": "Go to a record",
                "number": number,
                "lines": [_line(found) for found in finding.rows],
                "is_exact": bool(finding.exact),
                "has_more": finding.has_more,
                "searched": f"{', '.join(SEARCHED[:-1])} and {SEARCHED[-1]}",
                "crumbs": (),
            },
        )

    def keyboard(self, request: HttpRequest) -> HttpResponse:
        context = {**self.site.each_context(request), "title": "Keyboard", "is_keyboard": True}
        return TemplateResponse(request, "admin/exolot/keyboard.html", context)


def _url(found: Found) -> str:
    return reverse(f"admin:products_{found.model}_change", args=[found.key])


def _line(found: Found) -> Line:
    return Line(found.kind, found.number, _url(found), _status(found), found.remark)


def _status(found: Found) -> SafeString | str:
    if found.kind == "lot":
        return standing_mark(found.status, found.basis, found.reference)
    if found.kind == "sample":
        return STAGE_LABELS[Stage(found.status)]
    return mark(found.status) if found.status else ""
