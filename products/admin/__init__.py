"""The admin: the pages of laboratory and quality staff. They parse and show; actions write."""

from __future__ import annotations

from products.admin import (
    donors,
    equipment,
    holds,
    investigations,
    lots,
    methods,
    people,
    products,
    runs,
    samples,
    sites,
    sources,
    specifications,
    tokens,
)

__all__ = [
    "donors",
    "equipment",
    "holds",
    "investigations",
    "lots",
    "methods",
    "people",
    "products",
    "runs",
    "samples",
    "sites",
    "sources",
    "specifications",
    "tokens",
]
