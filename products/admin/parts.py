"""The parts that record pages are made of: facts, tables, and what may or may not be done now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from products.actions.base import ACTIONS
from products.admin.requests import identity_in

Cell = str | int | SafeString


@dataclass(frozen=True, slots=True)
class Option:
    """A thing to do: a link, or with ``why_not`` the sentence that says why not now."""

    label: str
    url: str = ""
    why_not: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """``note`` stands below the rows, such as how many more there are."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = "None is recorded."
    note: str = ""

    def labelled(self) -> Iterator[list[tuple[str, Cell]]]:
        """Each row's cells with the header of their column."""
        return (list(zip(self.headers, row, strict=True)) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a record's page shows: ``facts`` are pairs of label and value."""

    facts: Sequence[tuple[str, Cell]]
    tables: Sequence[Table] = ()
    options: Sequence[Option] = ()
    mark: Cell = ""
    notes: Sequence[str] = field(default_factory=tuple)

    def as_context(self) -> dict[str, object]:
        return {
            "facts": self.facts,
            "tables": self.tables,
            "mark": self.mark,
            "notes": self.notes,
            **divided(self.options),
        }


def divided(options: Iterable[Option]) -> dict[str, object]:
    """Links for what may be done, sentences for what may not."""
    every = list(options)
    return {
        "options": [option for option in every if not option.why_not],
        "refused": [option for option in every if option.why_not],
    }


def option(
    request: HttpRequest, action: str, label: str, url: str, *, why_not: str = "", style: str = ""
) -> Option:
    """A link to the page of an action, unless the reader's roles or ``why_not`` speak against."""
    permission = ACTIONS[action].permission
    identity = identity_in(request)
    if permission is not None and permission not in identity.permissions:
        needed = permission.value.replace("_", " ")
        return Option(
            label,
            why_not=f"it needs a role that may {needed}; you have the role {identity.roles_text}.",
        )
    return Option(label, url, why_not, style)


def link(label: object, url: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, label)
