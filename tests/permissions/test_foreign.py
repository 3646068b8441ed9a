"""Names of another record, of another person or of nothing: refused or not found, never data."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest

from tests.permissions.calls import NOTHING, WHO, Address, Everybody, addresses
from tests.permissions.test_table import stated
from tests.permissions.world import OTHER_LOT, world

pytestmark = pytest.mark.django_db

NOBODYS = (
    *(NOTHING, "EV-26-009", "EV-26-009-S1-R1", "EXO-9", "nobody", "0", "'; --", "%", "a b"),
    *("EV-26-001-S1 ", "x" * 300, "é", "..", "None", "-1"),
)
COUNTED = {"hold", "specification", "version", "checkpoint"}
NO_COUNT = ("0", "2147", "99", "999999999", "1.0", "-1", "0x1", NOTHING)
# Found under its own parent alone.
UNDER_ANOTHER = (
    ("POST", "/api/v1/lots/<name:lot>/holds/<number:hold>/lift/", {"lot": OTHER_LOT}),
    ("POST", "/api/v1/media-lots/<name:material>/<name:number>/recall/", {"material": "TSB"}),
    ("GET", "/api/v1/media-lots/<name:material>/<name:number>/", {"material": "M-1"}),
    ("GET", "/api/v1/specifications/<name:product>/<number:specification>/", {"product": "X"}),
)
# Of another person, and therefore of nobody here.
OF_ANOTHER = (
    *("/api/v1/own-factors/<uuid:factor>/confirm/", "/api/v1/own-factors/<uuid:factor>/remove/"),
    "/api/v1/tokens/<name:token_key>/revoke/",
)
OF_A_PROBLEM = {"type", "title", "status", "detail", "code", "instance", "request_id", "field"}


def foreign(everybody: Everybody, parameter: str) -> list[str]:
    """Names for a parameter that name no such record."""
    if parameter in COUNTED:
        return list(NO_COUNT)
    names = everybody.world.names
    others = {key for name, key in names.items() if name not in {parameter, *COUNTED}}
    return [*sorted(others - {names[parameter]}), *NOBODYS]


def asker(method: str, address: Address) -> str:
    """The last who may do it."""
    row = stated()[method, address.route]
    return next(
        (who for who, mark in zip(WHO[::-1], row[::-1], strict=True) if mark in "+r"), "admin"
    )


def fault(answer: Any) -> str:
    """What is wrong with an answer about what is not there; empty: nothing."""
    if answer.status_code not in {403, 404}:
        return f"{answer.status_code} {answer.content[:200]!r}"
    if answer.headers["Content-Type"] != "application/problem+json":
        return ""
    return " ".join(set(answer.json()) - OF_A_PROBLEM)


def test_a_thousand_names_of_others_show_nothing() -> None:
    everybody = Everybody(world())
    faults, tried = {}, 0

    for address in addresses():
        for method in address.methods if address.is_api else ():
            who = asker(method, address) if address.parameters else ""
            for parameter in address.parameters:
                names = foreign(everybody, parameter)
                for name in names[tried % 2 :: 2 if method == "GET" else 4]:
                    answer = everybody.ask(who, method, address, **{parameter: name})
                    tried += 1
                    if wrong := fault(answer):
                        faults[method, address.route, name] = wrong

    assert faults == {}
    assert tried > 1000


def test_pages_of_another_kind_of_record_are_not_found() -> None:
    everybody = Everybody(world())
    kinds = cycle(everybody.world.pages.items())
    faults, tried = {}, 0

    for address in addresses():
        if address.is_api or not address.parameters or "<slug" in address.route:
            continue
        method = address.methods[-1]
        own = address.name.split("_")[0]
        others = (str(row.pk) for kind, row in kinds if type(row) is not kind_of(everybody, own))
        for key in (NOTHING, next(others)):
            answer = everybody.ask(asker(method, address), method, address, key=key)
            tried += 1
            if (wrong := fault(answer)) and answer.status_code != 302:
                faults[method, address.route, key] = wrong

    assert faults == {}
    assert tried > 300


def kind_of(everybody: Everybody, name: str) -> type:
    return type(everybody.world.pages.get(name))


@pytest.mark.parametrize("who", WHO[1:-1])
def test_what_is_of_another_person_or_parent_is_not_there(who: str) -> None:
    everybody = Everybody(world())
    known = {one.route: one for one in addresses()}

    for method, route, names in UNDER_ANOTHER:
        assert fault(everybody.ask(who, method, known[route], **names)) == "", route
    for route in OF_ANOTHER:
        assert fault(everybody.ask(who, "POST", known[route])) == "", route
