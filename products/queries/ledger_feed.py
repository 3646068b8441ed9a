"""The ledger in its own order: what a reader that follows it has not seen yet."""

from __future__ import annotations

from django.db.models import QuerySet

from products.models import Leaf


def sealed_after(index: int, at_most: int, leaves: QuerySet[Leaf]) -> list[Leaf]:
    """Those of ``leaves`` that follow ``index``, each with its entry; -1 for the beginning.

    One sealer at a time adds leaves, and nobody sees a part of what it adds: what is found here has
    no gap, and what comes later comes after it.
    """
    rows = leaves.filter(index__gt=index).select_related("entry")
    return list(
        rows.only("index", "hash", "entry__body").order_by("index")[:at_most],
    )
