"""Records of every kind by their number: the one of that number, or those that begin with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Expression, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Trim, Upper

from products.domain.scanning import donor_code_in, in_capitals
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
    """``number`` is shown, and in upper case matched, unless ``columns`` are in its place."""

    noun: str
    plural: str
    model: str
    rows: Callable[[], QuerySet[Any]]
    number: str
    status: str | Expression = ""
    remark: str = ""
    columns: tuple[str, ...] = ()


def _lots() -> QuerySet[Lot]:
    """As the index has it by which no number is used twice."""
    return Lot.objects.annotate(trimmed=Trim("number"))


def _media() -> QuerySet[MediaLot]:
    return MediaLot.objects.annotate(named=Concat("material", Value(" "), "number"))


def _specifications() -> QuerySet[SpecificationVersion]:
    version = Cast("version", CharField())
    return SpecificationVersion.objects.annotate(
        named=Concat("product__code", Value(" v"), version, output_field=CharField())
    )


_KINDS = (
    _Kind("lot", "lots", "lot", _lots, "number", "", "product__name", ("trimmed",)),
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
    exact = _found(matching(number, now, ""))
    if len(exact) == 1:
        return Finding(exact, (), has_more=False)
    known = {found.key for found in exact}
    by_kind = _found(matching(number, now, "__startswith"))
    order = {kind.noun: place for place, kind in enumerate(_KINDS)}
    of_kind = Counter[str]()
    begin_so = []
    for found in sorted(by_kind, key=lambda row: (order[row.kind], in_capitals(row.number))):
        of_kind[found.kind] += 1
        if found.key not in known and of_kind[found.kind] <= MOST_OF_A_KIND:
            begin_so.append(found)
    has_more = any(count > MOST_OF_A_KIND for count in of_kind.values())
    return Finding(exact, tuple(begin_so), has_more=has_more)


def matching(number: str, now: datetime, how: str) -> QuerySet[Any, Any]:
    """A few records of every kind whose number is ``number``, or ``__startswith`` it."""
    first, *others = (_matching(kind, number, now, how) for kind in _KINDS)
    return first.union(*others, all=True)


def _matching(kind: _Kind, number: str, now: datetime, how: str) -> QuerySet[Any, Any]:
    typed = donor_code_in(number) if kind.model == "donor" else in_capitals(number)
    columns = kind.columns or (kind.number,)
    rows = kind.rows().alias(**{f"upper_{column}": Upper(column) for column in columns})
    matches = [Q(**{f"upper_{column}{how}": typed}) for column in columns]
    shown = (
        rows.filter(Q(*matches, _connector=Q.OR))
        .order_by(f"upper_{columns[0]}")
        .annotate(**_shown(kind, now))
    )
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


def _found(rows: QuerySet[Any, Any]) -> tuple[Found, ...]:
    return tuple(Found(*row) for row in rows)
