"""What changed in the facts of a lot since they were signed, in sentences for people.

Nothing is left out: what has no sentence of its own is told by its field, from what to what.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from products.domain.blocks import sentence
from products.domain.canonical import canonical_bytes
from products.domain.products import PROFILE_LABELS
from products.domain.units import label_of

Record = Mapping[str, Any]

IGNORED = frozenset({"decision", "decision_number", "holds", "signed_results", "acknowledged"})
"""What a release itself changes, and what has its own place beside the list of changes."""

_RESULT = frozenset(
    {
        *("result_id", "result_version", "verdict", "raw_text", "reported", "unit", "final"),
        *("reason", "details", "final_at", "original_verdict", "first_submitted_at"),
    }
)
_REVIEW = frozenset({"reviewed_by", "reviewer_name", "reviewed_at", "compared_with"})
_PEOPLE: tuple[tuple[frozenset[str], str, str], ...] = (
    (
        frozenset({"recorders", "recorder_names"}),
        "recorder_names",
        "Data of run {} were recorded by {}.",
    ),
    (
        frozenset({"performed_by", "performed_by_name"}),
        "performed_by_name",
        "Run {} was performed by {}.",
    ),
)
"""Fields that name persons, by id and by name: which of them to show, and the sentence."""
# A criterion of another specification version is told with the change of version.
_TOLD = frozenset().union(
    _RESULT,
    _REVIEW,
    *(names for names, *_ in _PEOPLE),
    {"state", "criterion_id", "confirmers", "pending_amendment", "invalidated"},
)
_NAMES = ("number", "code", "document", "document_number", "kind", "id")
_STATES = {
    "submitted": "was submitted",
    "returned": "was returned to the analyst",
    "retracted": "was retracted",
}


@dataclass(frozen=True, slots=True)
class Change:
    """``record`` names what it is about; ``message`` is one sentence."""

    record: str
    message: str


def changes_between(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[Change, ...]:
    """What ``after`` says otherwise than ``before``; both are `facts.plain` of a lot's facts.

    A key that only one of them has is not compared: facts of an earlier version of the system
    lack those that came later.
    """
    old, new = _as_stored(before), _as_stored(after)
    return tuple(_lot_changes(old, new))


def _as_stored(facts: Mapping[str, object]) -> Record:
    stored: Record = json.loads(canonical_bytes(facts))
    return stored


def _lot_changes(old: Record, new: Record) -> Iterator[Change]:
    record = f"lot {new.get('number', '')}"
    told = IGNORED | {
        *("runs", "inherited", "sources", "ancestors", "investigations", "specification"),
    }
    for kind in ("runs", "inherited"):
        yield from _runs_changes(old.get(kind), new.get(kind))
    yield from _source_changes(old.get("sources"), new.get("sources"))
    yield from _ancestor_changes(old.get("ancestors"), new.get("ancestors"))
    yield from _investigation_changes(old.get("investigations"), new.get("investigations"))
    yield from _specification_changes(record, old.get("specification"), new.get("specification"))
    profile = {key: new[key] for key in new if key.startswith("profile") and key in old}
    if any(old[key] != value for key, value in profile.items()):
        by = f", signed by {new['profile_signed_by']}" if new.get("profile_signed_by") else ""
        was, now = (PROFILE_LABELS.get(side["profile"], side["profile"]) for side in (old, new))
        message = f"The rule profile is {now}{by}; it was {was}."
        yield Change(record, message)
    told |= profile.keys()
    for text in _differences(old, new, told):
        yield Change(record, sentence(text))


def _runs_changes(old: Any, new: Any) -> Iterator[Change]:
    for before, after in _pairs(old, new, "number"):
        if before is None:
            message = f"Run {after['number']} of {after['attribute']} was added: {_result(after)}."
            yield Change(f"run {after['number']}", message)
        elif after is None:
            message = f"Run {before['number']} is not among the records any more."
            yield Change(f"run {before['number']}", message)
        else:
            for text in _run_changes(before, after):
                yield Change(f"run {after['number']}", text)


def _run_changes(old: Record, new: Record) -> Iterator[str]:
    number = new["number"]
    if _differs(old, new, "result_id"):
        was, now = _result(old), _result(new)
        yield f"The result of run {number} was corrected: {was} became {now}."
    elif any(_differs(old, new, key) for key in _RESULT):
        was, now = _result(old), _result(new)
        yield f"The result of run {number} was judged again: {was} became {now}."
    if _differs(old, new, "state"):
        yield f"Run {number} {_STATES.get(new['state'], 'is ' + new['state'])}."
    if any(_differs(old, new, key) for key in _REVIEW):
        by = f"was reviewed by {new['reviewer_name']}" if new["reviewed_by"] else "is not reviewed"
        yield f"Version {new['result_version']} of the result of run {number} {by}."
    for names, shown, words in _PEOPLE:
        if any(_differs(old, new, key) for key in names):
            yield words.format(number, shown_as_text(new[shown]))
    yield from _amendment_changes(old, new)
    for text in _differences(old, new, _TOLD):
        yield f"Run {number}: {text}."


def _amendment_changes(old: Record, new: Record) -> Iterator[str]:
    number = new["number"]
    if _differs(old, new, "pending_amendment"):
        if new["pending_amendment"]:
            yield f"Amendment {new['pending_amendment']} waits for its second signature."
        else:
            yield f"Amendment {old['pending_amendment']} waits no more."
    if _differs(old, new, "confirmers"):
        yield f"An amendment of run {number} has a second signature."
    if _differs(old, new, "invalidated"):
        done = "set aside" if new["invalidated"] else "put back"
        yield f"The result of run {number} was {done} by the signed conclusion of an investigation."


def _result(run: Record) -> str:
    """A result in a few words: ``pass, 0.05 EU/mL``."""
    if run["result_id"] is None:
        return "no result"
    value = f"{run['reported'] or run['raw_text']} {label_of(run['unit'])}".strip()
    verdict = run["verdict"].replace("_", " ")
    return f"{verdict}, {value}" if value else str(verdict)


def _source_changes(old: Any, new: Any) -> Iterator[Change]:
    for before, after in _pairs(old, new, "id"):
        source = after or before
        record, name = f"source {source['number']}", f"Source {source['number']}"
        if before is None or after is None:
            what = "was added to" if before is None else "was taken from"
            yield Change(record, f"{name} {what} the genealogy.")
            continue
        if _differs(before, after, "donor") and before["donor"]["code"] == after["donor"]["code"]:
            was, now = (_determination(side["donor"]["determination"]) for side in (before, after))
            donor = after["donor"]["code"]
            yield Change(f"donor {donor}", f"Donor {donor} has {now} in place of {was}.")
            told = frozenset({"donor"})
        else:
            told = frozenset()
        for text in _differences(before, after, told):
            yield Change(record, f"{name}: {text}.")


def _determination(facts: Record | None) -> str:
    if facts is None:
        return "no determination of eligibility"
    return f"determination {facts['version']} ({facts['outcome']})"


def _ancestor_changes(old: Any, new: Any) -> Iterator[Change]:
    for before, after in _pairs(old, new, "number"):
        lot = after or before
        what = "is not among the ancestors any more"
        if after is not None:
            standing = after["decision"] if after["decision"] != "none" else "not decided on"
            on_hold = " and on hold" if after["has_open_hold"] else ""
            what = f"is {standing.replace('_', ' ')}{on_hold}"
        if before != after:
            yield Change(f"lot {lot['number']}", f"Ancestor lot {lot['number']} {what}.")


def _investigation_changes(old: Any, new: Any) -> Iterator[Change]:
    for before, after in _pairs(old, new, "number"):
        if after is None:
            message = f"Investigation {before['number']} is not among the records any more."
            yield Change(f"investigation {before['number']}", message)
            continue
        record = f"investigation {after['number']}"
        if before is None:
            message = f"Investigation {after['number']} of run {after['run_number']} was opened."
            yield Change(record, message)
        elif _differs(before, after, "outcome"):
            outcome = after["outcome"].replace("_", " ")
            stands = f"concluded: {outcome}" if outcome else "open again"
            yield Change(record, f"Investigation {after['number']} is {stands}.")
        for text in _differences(before or after, after, frozenset({"outcome"})):
            yield Change(record, f"Investigation {after['number']}: {text}.")


def _specification_changes(record: str, old: Any, new: Any) -> Iterator[Change]:
    if not (old and new):
        if old or new:
            bound = "bound to" if new else "taken from"
            yield Change(record, f"The lot was {bound} its specification.")
        return
    if _differs(old, new, "version"):
        message = (
            f"The lot was bound to specification {new['product']} version {new['version']}; it was "
            f"bound to version {old['version']}."
        )
        yield Change(record, message)
        return
    for text in _differences(old, new, frozenset()):
        yield Change(record, f"Specification {new['product']} version {new['version']}: {text}.")


def _differences(old: Record, new: Record, told: frozenset[str]) -> Iterator[str]:
    """Each difference of the keys that both have and that are not ``told`` otherwise."""
    for key in new:
        if key not in told and _differs(old, new, key):
            yield from _difference(key.replace("_", " "), old[key], new[key])


def _difference(name: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for text in _differences(old, new, frozenset()):
            yield f"{name}, {text}"
    elif _is_records(old) and _is_records(new):
        for before, after in _pairs(old, new, "id"):
            if before is None or after is None:
                what = "added" if before is None else "removed"
                yield f"{name}, {_name(after or before)} was {what}"
            else:
                yield from _difference(f"{name}, {_name(after)}", before, after)
    else:
        yield f"{name} is {shown_as_text(new)}, and was {shown_as_text(old)}"


def _pairs(old: Any, new: Any, key: str) -> Iterator[tuple[Any, Any]]:
    """The records of both lists that belong together; None where one side has no such record."""
    if old is None or new is None:
        return
    before, after = _keyed(old, key), _keyed(new, key)
    for name in sorted({*before, *after}):
        yield before.get(name), after.get(name)


def _keyed(items: list[Record], key: str) -> dict[str, Record]:
    """By their key, or by name where they have none; of equal ones each has its own place."""
    keyed: dict[str, Record] = {}
    for item in items:
        name = str(item.get(key) or _name(item))
        while name in keyed:
            name += " again"
        keyed[name] = item
    return keyed


def _name(item: Record) -> str:
    """What people call a record; a criterion is called by its code."""
    if "calibrated_on" in item:
        return f"the {item['outcome']} calibration of {item['calibrated_on']}"
    if "to_version" in item:
        return f"the change to version {item['to_version']}"
    if "material" in item:
        return f"{item['material']} lot {item['number']}"
    named = item.get("criterion")
    called = named if isinstance(named, dict) else item
    return next((str(called[name]) for name in _NAMES if called.get(name)), "a record")


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _differs(old: Record, new: Record, key: str) -> bool:
    return key in old and key in new and old[key] != new[key]


def shown_as_text(value: Any) -> str:
    """A stored value in a few words."""
    if value is None or value in ("", []):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(shown_as_text(item) for item in value)
    if isinstance(value, dict):
        return _name(value)
    return str(value)
