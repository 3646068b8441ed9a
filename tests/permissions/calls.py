"""Every address of the site and what is sent there: as anybody, and undone when it is answered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any, TypeVar

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from products.actions.base import ACTIONS
from tests.accounts import PASSWORD
from tests.api.clients import stored_token
from tests.api.test_roles import NO_FILE, requests
from tests.permissions.world import LOT, OTHER_LOT, World
from tests.records import people

API = "/api/v1/"
WHO = ("anonymous", "auditor", "analyst", "reviewer", "quality", "admin")
Answer = TypeVar("Answer")
PARAMETER = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
NOTHING = "01a204de-a0ed-73c2-bbdc-80b94b8ace7e"
NOT_THERE = {NO_FILE, "NOPE", "nope"}
# Pages that only show: what is posted to them changes nothing, which is tried on its own.
SHOWN = re.compile(
    r"(_changelist|_history|_change|_content|_document|_compare|_trail|_done)$"
    "|^(find|keyboard|waiting|index|app_list)?$"
)
QUERIES = {
    "/api/v1/specifications/<name:product>/compare/": "?from=1&to=2",
    "/api/v1/checkpoints/<number:checkpoint>/inclusion/": "?index=0",
    "/api/v1/checkpoints/<number:checkpoint>/consistency/": "?old_size=1",
    "/api/v1/checkpoints/<number:checkpoint>/consistency/file/": "?old_size=1",
}
PATHS = {
    "/admin/waiting/<slug:name>/": "/admin/waiting/policy-to-accept/",
    "/admin/^(?P<app_label>products)/$": "/admin/products/",
    "/admin/(?P<url>.*)$": "/admin/nowhere/",
    r"/api/v1/^[\s\S]*\Z": "/api/v1/nowhere/",
}


@dataclass(frozen=True, slots=True)
class Address:
    """``name`` is the page's, without the application's."""

    route: str
    name: str
    methods: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        return self.route.startswith(API)

    @property
    def parameters(self) -> list[str]:
        return [] if self.route in PATHS else PARAMETER.findall(self.route)


def addresses() -> list[Address]:
    return list(_addresses(get_resolver().url_patterns, "/"))


def actions_by_route() -> dict[str, str]:
    """The action behind each POST of the API."""
    return {_route_of(API + path): action for action, (path, _) in requests().items()}


class Everybody:
    """A client of each column; what they send is undone at once, so that no order matters."""

    def __init__(self, made: World) -> None:
        self.world = made
        self.sent = {
            _route_of(API + path): (action, resolve(API + path).kwargs, body)
            for action, (path, body) in requests().items()
        }
        self.browsers = {who: Client(REMOTE_ADDR="192.0.2.7") for who in WHO}
        self.clients = {"anonymous": Client()}
        for who in WHO[1:]:
            account = getattr(people(), who)
            self.browsers[who].force_login(account)
            # Whoever's they are: it is the role that is asked here.
            token = stored_token(account)
            self.clients[who] = Client(headers={"Authorization": f"Bearer {token}"})
        self.etags = {
            lot: self.clients["quality"].get(f"{API}lots/{lot}/").headers["ETag"]
            for lot in (LOT, OTHER_LOT)
        }

    def ask(self, who: str, method: str, address: Address, /, **names: str) -> Any:
        """The answer at ``address``, with other ``names`` of records in it where given."""
        send = self.of_api if address.is_api else self.of_pages
        return undone(lambda: send(who, method, address, names))

    def of_pages(self, who: str, method: str, address: Address, names: Mapping[str, str]) -> Any:
        record = self.world.pages.get(address.name.split("_")[0])
        key = names.get("key") or str(record.pk if record else NOTHING)
        path = PATHS.get(address.route) or PARAMETER.sub(key, address.route)
        browser = self.browsers[who]
        kept = SimpleCookie(browser.cookies.output(header="", sep=";"))
        answer = browser.generic(method, path, "", "application/x-www-form-urlencoded")
        browser.cookies = kept  # also of who has just signed out
        return read(answer)

    def of_api(self, who: str, method: str, address: Address, names: Mapping[str, str]) -> Any:
        known, client = dict(self.world.names), self.clients[who]
        action, own, body = self.sent.get(address.route, ("", {}, {}))
        if method == "POST":
            there = {name: str(value) for name, value in own.items()}
            known = known | {name: key for name, key in there.items() if key not in NOT_THERE}
        known = {name: value.replace("/", "~") for name, value in (known | dict(names)).items()}
        path = PARAMETER.sub(
            lambda found: known[found[1]], PATHS.get(address.route) or address.route
        )
        if method != "POST":
            return read(client.generic(method, path + QUERIES.get(address.route, "")))
        etag = self.etags.get(known.get("lot", ""), self.etags[LOT])
        if action == "evidence.attach":
            form = {name: value for name, value in body.items() if name != "name"}
            return client.post(path, form | {"file": SimpleUploadedFile("x.txt", b"text")})
        if action and ACTIONS[action].signed:
            body = {"password": PASSWORD} | body
        if action:
            body = {"reason": "As the procedure says"} | body
        return client.post(path, json.dumps(body), "application/json", headers={"If-Match": etag})


def read(answer: Any) -> Any:
    """The answer, of a file read to its end, so that the file is closed."""
    if answer.streaming:
        answer.getvalue()
    return answer


def undone(send: Callable[[], Answer]) -> Answer:
    """The answer; nothing that was done for it stays."""
    before = transaction.savepoint()
    answer = send()
    connection.needs_rollback = False
    transaction.savepoint_rollback(before)
    transaction.savepoint_commit(before)
    return answer


def cell(method: str, answer: Any, *, is_api: bool) -> str:
    """What the table says of such an answer; a fault says itself."""
    status = answer.status_code
    if status == HTTPStatus.FOUND:
        return ">" if answer["Location"].startswith("/admin/login/") else "r"
    if status == HTTPStatus.FORBIDDEN and is_api:
        return "-" if answer.json()["code"] in {"not_permitted", "scope"} else "+"
    if status < HTTPStatus.INTERNAL_SERVER_ERROR and is_api and method == "POST":
        return {401: "-", 405: "x"}.get(status, "+")
    if status == HTTPStatus.BAD_REQUEST and method == "POST":
        return "+"
    known = {200: "+", 401: "-", 403: "-", 404: "0", 405: "x"}
    return known.get(status, f"<{status}>")


def _addresses(found: list[Any], before: str) -> Iterator[Address]:
    for entry in found:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _addresses(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            name = (entry.name or "").removeprefix("products_")
            yield Address(route, name, _methods(route, name, entry.callback))


def _methods(route: str, name: str, view: Any) -> tuple[str, ...]:
    both = ("GET", "POST")
    if name.endswith("_delete"):  # nothing is, nor asked about
        return ("POST",)
    if route.startswith(API):
        return tuple(one for one in both if hasattr(view.view_class, one.lower())) or ("GET",)
    return ("GET",) if SHOWN.search(name) else both


def _route_of(path: str) -> str:
    return "/" + resolve(path).route
