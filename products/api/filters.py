"""Filters of lists: a filter is one line of a noun's own class."""

from __future__ import annotations

from django_filters import (  # type: ignore[import-untyped]  # it has no types
    BooleanFilter,
    CharFilter,
    ChoiceFilter,
    DateFilter,
    FilterSet,
    UUIDFilter,
)

__all__ = ["BooleanFilter", "CharFilter", "ChoiceFilter", "DateFilter", "Filters", "UUIDFilter"]


class Filters(FilterSet):  # type: ignore[misc]  # it has no types
    """The base of every noun's filters."""
