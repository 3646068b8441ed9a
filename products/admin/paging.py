"""Pages of lists that cost the same however many records there are."""

from __future__ import annotations

from functools import cached_property

from django.core.paginator import Paginator

MOST_COUNTED = 10_000
"""Of more records than these no list says how many there are, and their pages end here."""


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable
    @cached_property
    def count(self) -> int:
        return min(self._found, MOST_COUNTED)

    @property
    def has_more(self) -> bool:
        return self._found > MOST_COUNTED

    @cached_property
    def _found(self) -> int:
        rows = self.object_list
        found: int = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()  # type: ignore[union-attr]  # a queryset
        return found
