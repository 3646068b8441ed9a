"""Whether a signature still matches its record, and what changed since (21 CFR 11.70).

A document that is not the one that was signed is *altered*. One that is, while the record says
otherwise today, no longer matches: the record was changed, by a correction for one. What is meant
to change with time, such as the status of a lot, is no part of the comparison.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from products.domain.canonical import canonical_bytes, sha256_hex
from products.domain.changes import shown_as_text

Document = Mapping[str, Any]
Path = tuple[str, ...]

_NAMES = (
    *("number", "code", "run", "name", "rule", "id"),
    *("document_number", "to_version", "calibrated_on"),
)
_BESIDE = ("record", "lot")
"""What tells two of one name apart: two reasons of one code, one source of two lots."""
_FOLDED = frozenset(
    {
        *("result_id", "result_version", "verdict", "raw_text", "raw", "reported", "unit", "final"),
        *("reason", "details", "final_at", "original_verdict", "reviewed_by", "reviewer_name"),
        *("reviewed_at", "compared_with", "confirmers"),
    }
)
"""Fields of a run that follow from another result, and are told with it."""


class Standing(StrEnum):
    MATCHES = "matches"
    CHANGED = "changed"
    ALTERED = "altered"


STANDING_LABELS: Mapping[Standing, str] = {
    Standing.MATCHES: "Matches",
    Standing.CHANGED: "No longer matches",
    Standing.ALTERED: "Altered after it was signed",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """``path`` leads to the fact in the document; ``message`` names it for people."""

    path: str
    message: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Matching:
    """``messages`` say in short what changed; ``differences`` are all, fact by fact."""

    standing: Standing
    messages: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def label(self) -> str:
        return STANDING_LABELS[self.standing]


@dataclass(frozen=True, slots=True)
class Stated:
    """What the signature's own row states beside its document."""

    record_kind: str
    record_id: str
    meaning: str
    reason: str
    account: str
    printed_name: str
    sha256: str


def match(
    content: bytes,
    stated: Stated,
    present: Document | None,
    *,
    first_sha256: str | None = None,
    amended: Mapping[str, str] | None = None,
) -> Matching:
    """Hold the signed ``content`` against what the records say now.

    ``present`` is the content as the record would give it today; None where nothing of the record
    can change. ``first_sha256`` is the hash in the audit trail. ``amended`` names, for the id of a
    result, the amendment that made it.
    """
    faults = tuple(_faults(content, stated, first_sha256))
    document = _read(content)
    found: tuple[Difference, ...] = ()
    if present is not None and document is not None:
        signed = document.get("shown", {})
        found = differences(signed, _as_stored(present))
    if faults:
        messages = (*faults, *(one.message for one in found))
        return Matching(Standing.ALTERED, messages, found)
    if found and document is not None and present is not None:
        told = tuple(_told(document["shown"], _as_stored(present), found, amended or {}))
        return Matching(Standing.CHANGED, told, found)
    return Matching(Standing.MATCHES)


def differences(signed: Document, present: Document) -> tuple[Difference, ...]:
    """Every fact that ``present`` states otherwise; what only it states came with a later version
    of the system.
    """
    return tuple(_differences((), (), signed, present))


def facts_of(document: object, words: Path = ()) -> Iterator[tuple[str, str]]:
    """Every fact of a document with the words that lead to it, for people to read."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from facts_of(value, (*words, key.replace("_", " ")))
    elif _are_records(document) and document:
        assert isinstance(document, list)
        for name, item in _keyed(document).items():
            yield from facts_of(item, (*words, name))
    else:
        yield ", ".join(words), shown_as_text(document)


def _faults(content: bytes, stated: Stated, first_sha256: str | None) -> Iterator[str]:
    present = sha256_hex(content)
    if present != stated.sha256:
        yield (f"The document was altered: its SHA-256 is {present}, signed was {stated.sha256}.")
    elif first_sha256 is not None and present != first_sha256:
        yield (
            f"The document was altered together with its hash: the audit trail has "
            f"{first_sha256} for what was signed."
        )
    document = _read(content)
    if document is None:
        yield "The document cannot be read."
        return
    signer = (document.get("shown") or {}).get("signer") or {}
    record = document.get("record") or {}
    named = {
        "record": (record.get("kind"), stated.record_kind),
        "record's key": (record.get("id"), stated.record_id),
        "meaning": (document.get("meaning"), stated.meaning),
        "reason": (document.get("reason"), stated.reason),
        "account": (signer.get("account"), stated.account),
        "printed name": (signer.get("printed_name"), stated.printed_name),
    }
    for name, (signed, states) in named.items():
        if signed != states:
            yield f"The {name} of the signature is {states}; signed was {signed}."


def _read(content: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(content)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _as_stored(present: Document) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(canonical_bytes(present))
    return stored


def _differences(path: Path, words: Path, old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old:
            inner = words if key in _CONTAINERS else (*words, key.replace("_", " "))
            yield from _differences((*path, key), inner, old[key], new.get(key))
    elif _are_records(old) and _are_records(new):
        before, after = _keyed(old), _keyed(new)
        for name in dict.fromkeys([*before, *after]):
            one, other = before.get(name), after.get(name)
            called = (*words, _called(one or other or {}, name))
            yield from _differences((*path, name), called, one, other)
    elif old != new:
        yield _difference(path, words, old, new)


_CONTAINERS = frozenset({"facts", "runs", "inherited", "record"})
"""Words that a reader needs not: what stands below them names itself."""


def _difference(path: Path, words: Path, old: Any, new: Any) -> Difference:
    what = ", ".join(words)
    before, after = shown_as_text(old), shown_as_text(new)
    if old is None and isinstance(new, dict):
        message = f"{what} was added"
    elif new is None and isinstance(old, dict):
        message = f"{what} is not on record any more"
    else:
        message = f"{what} changed from {before} to {after}"
    return Difference("/".join(path), f"{message[0].upper()}{message[1:]}.", before, after)


def _told(
    signed: Document,
    present: Document,
    found: tuple[Difference, ...],
    amended: Mapping[str, str],
) -> Iterator[str]:
    """The differences in short: what follows from another result is told with the result."""
    corrected: set[str] = set()
    for path, old, new in _runs(signed, present):
        if old.get("result_id") == new.get("result_id"):
            continue
        corrected.add(path)
        by = amended.get(str(new.get("result_id")), "")
        yield (
            f"The result of {new.get('attribute') or new.get('method')} (run {_run(new)}) changed "
            f"from {_value(old)} to {_value(new)}{f' by {by}' if by else ''}."
        )
    for one in found:
        parent, _, field = one.path.rpartition("/")
        if parent in corrected and field in _FOLDED:
            continue
        yield one.message


def _runs(signed: Document, present: Document) -> Iterator[tuple[str, Document, Document]]:
    facts, now = signed.get("facts") or {}, present.get("facts") or {}
    pairs = [(f"facts/{part}", facts.get(part), now.get(part)) for part in ("runs", "inherited")]
    for path, old, new in [*pairs, ("results", signed.get("results"), present.get("results"))]:
        if not (_are_records(old) and _are_records(new)):
            continue
        before, after = _keyed(old or []), _keyed(new or [])
        for name in sorted(before.keys() & after.keys()):
            yield f"{path}/{name}", before[name], after[name]


def _run(facts: Document) -> str:
    return str(facts.get("number") or facts.get("run"))


def _value(run: Document) -> str:
    value = run.get("reported") or run.get("raw_text") or run.get("raw")
    verdict = str(run.get("verdict")).replace("_", " ")
    return f"{value} ({verdict})" if value else verdict


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _keyed(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    keyed: dict[str, dict[str, Any]] = {}
    for item in items:
        inner = item.get("criterion") if isinstance(item.get("criterion"), dict) else None
        named = inner or item
        name = next((str(named[key]) for key in _NAMES if named.get(key)), "")
        if not name:
            name = ", ".join(shown_as_text(value) for value in item.values()) or "record"
        elif "sample_stage" not in item:
            name = " of ".join([name, *(str(item[key]) for key in _BESIDE if item.get(key))])
        while name in keyed:
            name += " again"
        keyed[name] = item
    return keyed


def _called(item: Document, name: str) -> str:
    attribute = item.get("attribute")
    if "sample_stage" in item:
        return f"run {name} ({attribute})"
    return name
