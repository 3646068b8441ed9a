"""Filters of lists: a filter is one line of a noun's own class.

Where a filter takes several values (``status=released&status=on_hold``), a row meets it that meets
one of them; different filters must all be met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django_filters import DateFilter, Filter, FilterSet  # type: ignore[import-untyped]  # no types
from rest_framework import serializers

from products.api.bodies import Instant
from products.domain.criteria import CATEGORY_LABELS, STAGE_LABELS, Category, Stage
from products.domain.lots import STATUS_LABELS, ReleaseStatus
from products.domain.release import BLOCK_CODES, RULES
from products.domain.results import PURPOSE_LABELS, Purpose, RunState
from products.domain.sources import TISSUE_LABELS, TissueKind
from products.models.fields import choices_of
from products.queries import of_lots, of_runs
from products.queries.selecting import any_of, by_people, keys_named

Rows = QuerySet[Any, Any]
LARGEST_NUMBER_OF_VALUES = 50


class Filters(FilterSet):  # type: ignore[misc]  # it has no types
    """The base of every noun's filters. ``now`` is the instant that is asked about."""

    now: datetime
    is_past: bool = False
    base_filters: ClassVar[dict[str, Any]]

    def __init__(self, data: QueryDict, *, queryset: Rows) -> None:
        """Only what is asked is made ready: of some twenty filters a request has a few."""
        known = type(self).base_filters
        asked = {name: found for name, found in known.items() if name in data}
        self.__dict__["base_filters"] = asked
        super().__init__(data, queryset=queryset)

    @classmethod
    def single(cls) -> list[str]:
        """Those that take one value only."""
        return [name for name, found in cls.base_filters.items() if not found.takes_several]


class NoFilters(Filters):
    """Of a list that is short."""


class Asked(Filter):  # type: ignore[misc]  # it has no types
    """A filter of ours. ``choices`` are the words of a closed list, none of an open one."""

    takes_several = False
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def takes(self) -> str:
        """What may be asked, as a sentence."""
        words = ", ".join(word for word, _ in self.choices)
        return f"It is one of: {words}." if words else str(self.extra.get("help_text", ""))


class Texts(forms.Field):
    """Every value of a parameter. None is empty: `listing.refuse_empty`."""

    widget = forms.MultipleHiddenInput
    default_validators = [ProhibitNullCharactersValidator()]

    def __init__(self, *, known: list[str] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.known = known

    def to_python(self, value: list[str] | None) -> list[str]:
        return [text.strip() for text in value or []]

    def run_validators(self, value: list[str]) -> None:
        if len(value) > LARGEST_NUMBER_OF_VALUES:
            raise ValidationError(f"At most {LARGEST_NUMBER_OF_VALUES} values at once.")
        for text in value:
            super().run_validators(text)
            if self.known is not None and text not in self.known:
                raise ValidationError(f"{text!r} is not one of: {', '.join(self.known)}.")


class InstantField(forms.Field):
    """RFC 3339 with an offset."""

    def to_python(self, value: str | None) -> datetime | None:
        if not value:
            return None
        try:
            found: datetime = Instant().run_validation(value)
        except serializers.ValidationError as error:
            raise ValidationError([str(text) for text in error.detail]) from None
        return found


class _Several(Asked):
    """A filter by one of several texts; ``meets`` says which rows those are."""

    field_class = Texts
    takes_several = True

    def __init__(self, meets: Callable[..., Q], **options: Any) -> None:
        super().__init__(**options)
        self.meets = meets

    def filter(self, rows: Rows, values: list[str]) -> Rows:
        return rows.filter(self.condition(values)) if values else rows

    def condition(self, values: list[str]) -> Q:
        return self.meets(values)


class Names(_Several):
    """Texts as people write them, in any case."""


class Words(_Several):
    """Words of a closed list."""

    def __init__(
        self,
        meets: Callable[..., Q],
        words: type[StrEnum] | list[tuple[str, str]],
        labels: Mapping[Any, str] | None = None,
        **options: Any,
    ) -> None:
        pairs = words if isinstance(words, list) else choices_of(words, labels)
        super().__init__(meets, known=[word for word, _ in pairs], **options)
        self.choices = tuple(pairs)


class AtLot(Names):
    """What is asked of the lot of a record: ``meets`` is told the way to the lot, and when."""

    def condition(self, values: list[str]) -> Q:
        assert isinstance(self.parent, FiltersOfLots)
        return self.meets(values, self.parent.way_to_lot, self.parent.now)


class WordsAtLot(Words):
    condition = AtLot.condition


class AtRun(Names):
    """What is asked of the run of a record: ``meets`` is told the way to the run."""

    def condition(self, values: list[str]) -> Q:
        assert isinstance(self.parent, FiltersOfRuns)
        return self.meets(values, self.parent.way_to_run)


class WordsAtRun(Words):
    condition = AtRun.condition


def record(column: str, model: type[Model], name: str) -> Callable[[list[str]], Q]:
    """The ``column`` names one of the records of ``model`` with these names."""
    return lambda values: any_of(column, keys_named(model, name, values))


def text(column: str) -> Callable[[list[str]], Q]:
    """The ``column`` says one of these, in any case."""
    return lambda values: reduce(or_, (Q(**{f"{column}__iexact": value}) for value in values))


def word(column: str) -> Callable[[list[str]], Q]:
    return lambda values: Q(**{f"{column}__in": values})


def people(
    *, persons: Sequence[str] = (), accounts: Sequence[str] = ()
) -> Callable[[list[str]], Q]:
    """One of the columns names one of these people."""
    return lambda values: by_people(values, persons=persons, accounts=accounts)


def starts_with(column: str) -> Callable[[list[str]], Q]:
    """Case does not matter; ``%`` and ``_`` are letters like any other."""
    return lambda values: reduce(or_, (Q(**{f"{column}__istartswith": value}) for value in values))


def without(column: str) -> Callable[[Rows, bool], Rows]:
    """Whether there is no such record."""
    return lambda rows, wanted: rows.filter(**{f"{column}__isnull": wanted})


PERSON = "A person, by id, or by the name of an account."


class Flag(Asked):
    """true or false, and nothing else."""

    field_class = forms.ChoiceField
    choices = (("true", "Yes"), ("false", "No"))

    def __init__(self, find: Callable[[Rows, bool], Rows], **options: Any) -> None:
        super().__init__(choices=self.choices, **options)
        self.find = find

    def filter(self, rows: Rows, value: str) -> Rows:
        return self.find(rows, value == "true") if value else rows


class Aside(Asked):
    """A parameter that the list itself looks at."""

    field_class = forms.CharField

    def filter(self, rows: Rows, value: str) -> Rows:
        return rows


class Day(Asked, DateFilter):  # type: ignore[misc]  # it has no types
    """One day."""


class Time(Asked):
    """Instants from one on (``gte``), or before one (``lt``)."""

    field_class = InstantField


class Recorded(Filters):
    """What everything recorded can be asked."""

    recorded_from = Time(
        "recorded_at", lookup_expr="gte", help_text="Recorded at this instant or later."
    )
    recorded_until = Time("recorded_at", lookup_expr="lt", help_text="Recorded before it.")


class FiltersOfLots(Recorded):
    """What can be asked of a lot, of lots and of what is recorded on them."""

    way_to_lot: ClassVar[str] = "lot__"

    status = WordsAtLot(
        of_lots.with_status,
        ReleaseStatus,
        STATUS_LABELS,
        help_text="Status of the lot in effect.",
    )
    product = AtLot(of_lots.of_product, help_text="Code of the product.")
    site = AtLot(of_lots.of_site, help_text="Name of the site.")
    block = WordsAtLot(
        of_lots.with_block,
        [(code, kind.title) for code, kind in BLOCK_CODES.items()],
        help_text="Code of a reason against release of the lot.",
    )
    rule = WordsAtLot(
        of_lots.with_rule,
        [(rule.id, rule.title) for rule in RULES],
        help_text="Rule with which the lot breaks.",
    )
    tissue = WordsAtLot(
        of_lots.with_tissue,
        TissueKind,
        TISSUE_LABELS,
        help_text="Kind of birth tissue anywhere in the genealogy of the lot.",
    )
    donor = AtLot(
        of_lots.with_donor, help_text="Code of a donor anywhere in the genealogy of the lot."
    )


class FiltersOnLots(FiltersOfLots):
    """What can be asked of a record on a lot."""

    lot = AtLot(of_lots.numbered, help_text="Number of the lot.")


class FiltersOfRuns(FiltersOnLots):
    """What can be asked of a run, of runs and of their results."""

    way_to_run: ClassVar[str] = ""

    sample = AtRun(of_runs.of_sample, help_text="Number of the sample.")
    stage = WordsAtRun(of_runs.at_stage, Stage, STAGE_LABELS, help_text="Stage of the sample.")
    criterion = AtRun(of_runs.for_criterion, help_text="Code of the criterion, as written.")
    category = WordsAtRun(
        of_runs.of_category, Category, CATEGORY_LABELS, help_text="Category of the criterion."
    )
    method = AtRun(of_runs.by_method, help_text="Code of the method.")
    instrument = AtRun(of_runs.on_instrument, help_text="Code of the instrument.")
    laboratory = AtRun(of_runs.at_laboratory, help_text="Code of the outside laboratory.")
    purpose = WordsAtRun(of_runs.with_purpose, Purpose, PURPOSE_LABELS, help_text="Purpose.")
    state = WordsAtRun(of_runs.in_state, RunState, help_text="State of the run.")
    person = AtRun(of_runs.of_people, help_text=f"Who performed or opened the run. {PERSON}")
