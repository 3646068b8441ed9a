"""Records of every kind by their number: the one of that number, or those that begin with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Expression, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Upper

from products.domain.scanning import donor_code_in
from products.models import (
    Amendment,
    Donor,
    Instrument,
    Investigation,
    Laboratory,
    Lot,
    MediaLot,
    Method,
    Person,
    Product,
    Run,
    Sample,
    SpecificationVersion,
    TissueSource,
    Transcription,
    User,
)
from products.queries.lots import effective_status

MOST_OF_A_KIND = 8


@dataclass(frozen=True, slots=True)
class Found:
    """``kind`` is the noun; ``status`` of a lot comes with the basis that it is under."""

    kind: str
    model: str
    number: str
    status: str
    basis: str
    reference: str
    remark: str
    key: UUID


@dataclass(frozen=True, slots=True)
class Finding:
    """What a number led to. ``has_more`` says that some were left out."""

    exact: tuple[Found, ...]
    begin_so: tuple[Found, ...]
    has_more: bool

    @property
    def rows(self) -> tuple[Found, ...]:
        return self.exact + self.begin_so


@dataclass(frozen=True, slots=True)
class _Kind:
    """``number`` is the column by which it is known, matched in upper case."""

    noun: str
    plural: str
    model: str
    rows: Callable[[], QuerySet[Any]]
    number: str
    status: str | Expression = ""
    remark: str = ""
    columns: tuple[str, ...] = ()


def _media() -> QuerySet[MediaLot]:
    return MediaLot.objects.annotate(named=Concat("material", Value(" "), "number"))


def _specifications() -> QuerySet[SpecificationVersion]:
    version = Cast("version", CharField())
    return SpecificationVersion.objects.annotate(
        named=Concat("product__code", Value(" v"), version, output_field=CharField())
    )


_KINDS = (
    _Kind("lot", "lots", "lot", Lot.objects.all, "number", "at", "product__name"),
    _Kind("sample", "samples", "sample", Sample.objects.all, "number", "stage", "container"),
    _Kind("run", "runs", "run", Run.objects.all, "number", "state", "method_version__method__name"),
    _Kind("amendment", "amendments", "amendment", Amendment.objects.all, "number", "", "reason"),
    _Kind("investigation", "investigations", "investigation", Investigation.objects.all, "number"),
    _Kind("tissue source", "tissue sources", "tissuesource", TissueSource.objects.all, "number"),
    _Kind("donor", "donors", "donor", Donor.objects.all, "code"),
    _Kind("product", "products", "product", Product.objects.all, "code", "", "name"),
    _Kind(
        "specification", "specifications", "specificationversion", _specifications, "named", "state"
    ),
    _Kind("method", "methods", "method", Method.objects.all, "code", "", "name"),
    _Kind("instrument", "instruments", "instrument", Instrument.objects.all, "code", "", "model"),
    _Kind(
        "media lot",
        "media lots",
        "medialot",
        _media,
        "named",
        "",
        "manufacturer",
        ("number", "named"),
    ),
    _Kind(
        "outside laboratory",
        "outside laboratories",
        "laboratory",
        Laboratory.objects.all,
        "code",
        "",
        "name",
    ),
    _Kind("transcription", "transcriptions", "transcription", Transcription.objects.all, "number"),
    _Kind("person", "persons", "person", Person.objects.all, "printed_name"),
    _Kind("account", "accounts", "user", User.objects.all, "username", "", "person__printed_name"),
)
SEARCHED = tuple(kind.plural for kind in _KINDS)


def find_number(number: str, now: datetime) -> Finding:
    """Records of that number, else those whose number begins with it, in whatever case.

    Two queries at most, on the index of each number. An empty number is nobody's.
    """
    if not number:
        return Finding((), (), has_more=False)
    exact = _union(_matching(kind, number, now, "") for kind in _KINDS)
    if len(exact) == 1:
        return Finding(exact, (), has_more=False)
    known = {found.key for found in exact}
    by_kind = _union(_matching(kind, number, now, "__startswith") for kind in _KINDS)
    counts: dict[str, list[Found]] = {}
    for found in by_kind:
        counts.setdefault(found.kind, []).append(found)
    begin_so = [
        found
        for kind in _KINDS
        for found in sorted(counts.get(kind.noun, ()), key=_by_number)[:MOST_OF_A_KIND]
        if found.key not in known
    ]
    has_more = any(len(found) > MOST_OF_A_KIND for found in counts.values())
    return Finding(exact, tuple(begin_so), has_more=has_more)


def _by_number(found: Found) -> tuple[int, str]:
    return len(found.number), found.number


def _matching(kind: _Kind, number: str, now: datetime, how: str) -> QuerySet[Any, Any]:
    typed = donor_code_in(number) if kind.model == "donor" else number.upper()
    condition, rows = Q(), kind.rows()
    for column in kind.columns or (kind.number,):
        rows = rows.alias(**{f"upper_{column}": Upper(column)})
        condition |= Q(**{f"upper_{column}{how}": typed})
    shown = rows.filter(condition).order_by().annotate(**_shown(kind, now))
    found: QuerySet[Any, Any] = shown.values_list(*(f"found_{name}" for name in _COLUMNS))
    return found[: MOST_OF_A_KIND + 1]


_COLUMNS = ("kind", "model", "number", "status", "basis", "reference", "remark", "key")


def _shown(kind: _Kind, now: datetime) -> dict[str, Any]:
    is_lot = kind.model == "lot"
    return {
        "found_kind": _word(kind.noun),
        "found_model": _word(kind.model),
        "found_number": _text(kind.number),
        "found_status": effective_status(now) if is_lot else _text(kind.status),
        "found_basis": _text("product__basis" if is_lot else ""),
        "found_reference": _text("product__basis_reference" if is_lot else ""),
        "found_remark": _text(kind.remark),
        "found_key": F("pk"),
    }


def _word(word: str) -> Value:
    return Value(word, output_field=CharField())


def _text(column: Any) -> Expression:
    return Cast(F(column), CharField()) if column else _word("")


def _union(parts: Iterator[QuerySet[Any, Any]]) -> tuple[Found, ...]:
    first, *others = parts
    return tuple(Found(*row) for row in first.union(*others, all=True))
