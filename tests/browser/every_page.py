"""Every page of the admin that there is, and who looks at it: from the site's own addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from django.template.loader import render_to_string
from django.test import Client

from products.actions.runs import open_run
from tests.accounts import PASSWORD
from tests.admin.pages import address
from tests.factors import app_of
from tests.permissions.calls import NOTHING, PARAMETER, PATHS, WHO, Address, addresses
from tests.permissions.test_table import stated
from tests.permissions.world import World
from tests.records import (
    VIABILITY,
    ZONE,
    approved_method,
    approved_specification,
    context,
    lot,
    now,
    people,
    submitted_run,
)

WHO_LOOKS = ("quality", "analyst", "reviewer", "admin", "auditor", "anonymous")
"""The first of those who may; quality may most."""
OF_THEIR_OWN = {
    "second_step": "half",
    "second_factor_confirm": "quality2",
    "second_factor_remove": "quality2",
    "worksheet_plan": "analyst",
    "worksheet_bench": "analyst",
    "worksheet_sheet": "analyst",
    "method_attach": "quality",
}
"""Pages that are there for their owner, or with a query, alone."""
RUN, PICK = "EV-26-001-S2-R1", "EV-26-001-S1~viability"
ASKED = {
    "worksheet": {"method": "VIA-01"},
    "worksheet_plan": {"method": "VIA-01", "pick": PICK},
    "worksheet_bench": {"run": RUN},
    "worksheet_sheet": {"run": RUN},
    "method_attach": {"version": "1"},
    "find": {"number": "EV-26"},
}
FOUND = 302
REFUSED_WITH = frozenset({200, 400, 422})
REFUSAL_MARKS = ('aria-invalid="true"', 'class="errornote"')
ERRORS = frozenset({"/admin/(?P<url>.*)$"})
FILES = frozenset({"evidence_content", "signature_document"})
NO_PAGE = frozenset(
    {"password_change_done", "app_list", "worksheet_judge", "worksheet_save", "logout", ""}
)
"""Ways to another page, and answers to a script."""
NEVER_ADDED = frozenset(
    {"access", "rolegrant", "evidence", "amendment", "hold", "identitylink", "investigation"}
    | {"lockout", "sample", "run", "signature"}
)
"""Records that come from the pages of others."""


@dataclass(frozen=True, slots=True)
class Visit:
    """``body`` stands for what no address shows: the answer to a form, or to a fault."""

    path: str
    who: str
    status: int = 200
    body: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """``sessions`` are the cookies of those who look, ``policy`` that of every page."""

    visits: list[Visit]
    sessions: Mapping[str, str]
    policy: str


def site_of(world: World) -> Site:
    """As ``world`` and what else has a page of its own shape; committed."""
    app_of("quality2", "In force")
    approved_method("STE-01")
    vessels = open_run(
        context(people().analyst),
        sample="EV-26-001-S1",
        purpose="information",
        method="STE-01",
        performed_at=now() - timedelta(minutes=9),
        performed_zone=ZONE,
        instrument="NTA-7",
    )
    clients = {who: Client(REMOTE_ADDR="192.0.2.7") for who in (*WHO_LOOKS, "quality2", "half")}
    for who in {*clients} - {"anonymous", "half"}:
        clients[who].force_login(getattr(people(), who))
    half = {"username": "quality2", "password": PASSWORD}
    assert clients["half"].post("/admin/login/", half).status_code == FOUND
    home = clients["quality"].get("/admin/")
    return Site(
        visits=[
            *_pages(world),
            *_errors(),
            *_looks(vessels.number),
            *_answers(clients, world),
            *_faults(),
        ],
        sessions={
            who: client.cookies["sessionid"].value
            for who, client in clients.items()
            if "sessionid" in client.cookies
        },
        policy=home.headers["Content-Security-Policy"],
    )


def _pages(world: World) -> Iterator[Visit]:
    """One that is neither shown to somebody nor named above is an error."""
    table = stated()
    for one in addresses():
        if not one.route.startswith("/admin/") or "GET" not in one.methods:
            continue
        row = dict(zip(WHO, table["GET", one.route], strict=True))
        may = (who for who in WHO_LOOKS if row[who] == "+")
        who = OF_THEIR_OWN.get(one.name) or next(may, "")
        is_page = not (one.name in NO_PAGE | FILES or one.name.removesuffix("_add") in NEVER_ADDED)
        assert who or not is_page, f"nobody looks at {one.route}"
        if is_page and one.route not in ERRORS:
            yield Visit(_path(one, world), who)


def _path(one: Address, world: World) -> str:
    record = world.pages.get(one.name.split("_")[0])
    key = str(record.pk if record else NOTHING)
    path = PATHS.get(one.route) or PARAMETER.sub(key, one.route)
    return f"{path}?{urlencode(ASKED[one.name])}" if one.name in ASKED else path


def _errors() -> Iterator[Visit]:
    yield Visit("/admin/nowhere/", "quality", 404)
    yield Visit("/admin/worksheet/", "auditor", 403)


def _looks(run: str) -> Iterator[Visit]:
    """At culture vessels; at a lot that may be bound to another specification version."""
    bound = lot("EV-26-900", product="EXO-9")
    submitted_run(lot=bound.number)
    stricter = [replace(VIABILITY, lower="99.0")]
    approved_specification("EXO-9", stricter)
    yield Visit(address("lot_change_specification", bound), "quality")
    look = {"read_at": f"{now():%Y-%m-%dT%H:%M}", "read_zone": "UTC", "products": 1, "controls": 1}
    yield Visit("/admin/worksheet/?method=STE-01", "analyst")
    for page in ("sheet", "bench"):
        yield Visit(f"/admin/worksheet/{page}/?{urlencode({'run': run, **look})}", "analyst")


def _answers(clients: Mapping[str, Client], world: World) -> Iterator[Visit]:
    """Forms that were refused, with what they say; and who signed out."""
    lot, run = world.pages["lot"], world.pages["run"]
    refused = [
        ("anonymous", "/admin/login/", {"username": "nobody", "password": "wrong"}),
        ("half", "/admin/login/second-factor/", {"second_factor": "000000"}),
        ("quality", address("lot_release", lot), {}),
        ("quality", address("lot_add"), {"number": "EV-26-001"}),
        ("quality", address("specificationversion_add"), {}),
        ("analyst", address("run_submit", run), {}),
        ("reviewer", address("lot_review", lot), {}),
        ("analyst", f"/admin/worksheet/sheet/?run={RUN}", {f"{RUN}:live:1": "1,5"}),
    ]
    for who, path, body in refused:
        answer = clients[who].post(path, body)
        html = answer.content.decode()
        assert answer.status_code in REFUSED_WITH, f"{path} is answered {answer.status_code}"
        assert any(mark in html for mark in REFUSAL_MARKS), f"{path} refuses nothing"
        yield Visit(path, who, 200, html)
    out = Client()
    out.force_login(people().auditor)
    answer = out.post("/admin/logout/")
    html = answer.content.decode()
    assert "You are signed out here." in html
    yield Visit("/admin/logout/", "anonymous", 200, html)


def _faults() -> Iterator[Visit]:
    for name in ("400", "403_csrf", "500", "locked"):
        yield Visit(f"/admin/fault-{name}/", "anonymous", 200, render_to_string(f"{name}.html"))
