"""The triggers and functions that migrations say the database has, held against those it has.

Pure: reads SQL text and compares plain data. What is compared of a function is the SHA-256 of its
body, whose rights it runs with, and its settings; of a trigger all but the wording of a condition.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import TypeAlias

FUNCTION = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+(?:public\.)?(?P<name>\w+)\s*\("
    r"(?P<head>[^$]*?)AS\s+\$(?P<tag>\w*)\$(?P<body>.*?)\$(?P=tag)\$",
    re.DOTALL | re.IGNORECASE,
)
TRIGGER = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\s+(?P<name>\w+)\s+"
    r"(?P<timing>BEFORE|AFTER)\s+(?P<events>[^;]*?)\s+ON\s+(?:public\.)?(?P<table>\w+)\s+"
    r"(?P<transition>[^;]*?)FOR\s+EACH\s+(?P<level>ROW|STATEMENT)\s+(?P<when>WHEN\s[^;]*?)?"
    r"EXECUTE\s+FUNCTION\s+(?:public\.)?(?P<function>\w+)\s*\((?P<arguments>[^;]*?)\)\s*(?:;|$)",
    re.DOTALL | re.IGNORECASE,
)
ALWAYS = re.compile(
    r"ALTER\s+TABLE\s+(?:public\.)?(?P<table>\w+)\s+ENABLE\s+ALWAYS\s+TRIGGER\s+(?P<name>\w+)",
    re.IGNORECASE,
)
DROP_TRIGGER = re.compile(
    r"DROP\s+TRIGGER\s+(?:IF\s+EXISTS\s+)?(?P<name>\w+)\s+ON\s+(?:public\.)?(?P<table>\w+)",
    re.IGNORECASE,
)
DROP_FUNCTION = re.compile(r"DROP\s+FUNCTION\s+(?:IF\s+EXISTS\s+)?(?P<names>[^;]*)", re.IGNORECASE)
SETTING = re.compile(
    r"\bSET\s+(?P<name>\w+)\s*(?:=|TO)\s*(?P<value>'[^']*'|[\w\-]+(?:\s*,\s*[\w\-]+)*)",
    re.IGNORECASE,
)
ARGUMENT = re.compile(r"'([^']*)'")
OF_COLUMNS = re.compile(r"\s+OF\s.*", re.DOTALL | re.IGNORECASE)

# Bits of pg_trigger.tgtype.
ROW, BEFORE = 1, 2
EVENTS = {4: "INSERT", 8: "DELETE", 16: "UPDATE", 32: "TRUNCATE"}

Name: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Trigger:
    """``events`` as words; ``always``: no session can switch it off."""

    function: str
    timing: str
    level: str
    events: frozenset[str]
    arguments: tuple[str, ...]
    conditional: bool
    always: bool


@dataclass(frozen=True, slots=True)
class Function:
    """``settings`` are lower-case ``name=value``, as the function fixes them for itself."""

    body_sha256: str
    with_owners_rights: bool
    settings: frozenset[str]


@dataclass(slots=True)
class Guards:
    """Triggers by (table, name), functions by name."""

    triggers: dict[Name, Trigger] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)


def guards_said_by(statements: Iterable[str]) -> Guards:
    """What stands after all the statements were run in this order, on an empty database."""
    guards = Guards()
    for text in statements:
        _read(text, guards)
    return guards


def function_of(body: str, settings: Iterable[str], *, with_owners_rights: bool) -> Function:
    """``settings`` as ``name=value`` in whatever case and spacing."""
    return Function(
        hashlib.sha256(body.encode()).hexdigest(),
        with_owners_rights,
        frozenset(re.sub(r"['\s]", "", setting).lower() for setting in settings),
    )


def trigger_of(
    function: str, kind: int, arguments: Iterable[str], *, conditional: bool, always: bool
) -> Trigger:
    """``kind`` is what PostgreSQL keeps of timing, level and events in pg_trigger.tgtype."""
    return Trigger(
        function=function,
        timing="BEFORE" if kind & BEFORE else "AFTER",
        level="ROW" if kind & ROW else "STATEMENT",
        events=frozenset(event for bit, event in EVENTS.items() if kind & bit),
        arguments=tuple(arguments),
        conditional=conditional,
        always=always,
    )


def differences(said: Guards, found: Guards) -> Iterator[str]:
    """Every guard that is missing, altered, or not one of ours."""
    for name, function in sorted(said.functions.items()):
        if name not in found.functions:
            yield f"the function {name} is missing"
        elif found.functions[name] != function:
            changed = _changed(function, found.functions[name])
            yield f"the function {name} was altered ({changed})"
    for (table, name), trigger in sorted(said.triggers.items()):
        standing = found.triggers.get((table, name))
        if standing is None:
            yield f"{table} lacks the trigger {name}"
        elif trigger.always and not standing.always:
            yield f"{table}: the trigger {name} can be switched off or is off"
        elif standing != trigger:
            yield f"{table}: the trigger {name} was altered ({_changed(trigger, standing)})"
    for name in sorted(found.functions.keys() - said.functions.keys()):
        yield f"the function {name} is none of ours"
    for table, name in sorted(found.triggers.keys() - said.triggers.keys()):
        yield f"{table}: the trigger {name} is none of ours"


def _changed(said: Function | Trigger, found: Function | Trigger) -> str:
    names = [each.name for each in fields(said)]
    return ", ".join(
        name.replace("_", " ") for name in names if getattr(said, name) != getattr(found, name)
    )


def _read(text: str, guards: Guards) -> None:
    for match in FUNCTION.finditer(text):
        guards.functions[match["name"]] = function_of(
            match["body"],
            (f"{one['name']}={one['value']}" for one in SETTING.finditer(match["head"])),
            with_owners_rights="SECURITY DEFINER" in match["head"].upper(),
        )
    # What a body says is run later, by whoever calls it.
    bare = FUNCTION.sub("", text)
    for match in DROP_TRIGGER.finditer(bare):
        guards.triggers.pop((match["table"], match["name"]), None)
    for match in DROP_FUNCTION.finditer(bare):
        for name in re.findall(r"\w+", match["names"]):
            guards.functions.pop(name, None)
    always = {(match["table"], match["name"]) for match in ALWAYS.finditer(bare)}
    for match in TRIGGER.finditer(bare):
        key = (match["table"], match["name"])
        guards.triggers[key] = _trigger(match, always=key in always)


def _trigger(match: re.Match[str], *, always: bool) -> Trigger:
    events = re.split(r"\s+OR\s+", match["events"].strip(), flags=re.IGNORECASE)
    return Trigger(
        function=match["function"],
        timing=match["timing"].upper(),
        level=match["level"].upper(),
        events=frozenset(OF_COLUMNS.sub("", event).strip().upper() for event in events),
        arguments=tuple(ARGUMENT.findall(match["arguments"])),
        conditional=match["when"] is not None,
        always=always,
    )
