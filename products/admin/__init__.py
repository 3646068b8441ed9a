"""The admin: the pages of laboratory and quality staff. They parse and show; actions write."""

from __future__ import annotations

from products.admin import (
    amendments,
    donors,
    equipment,
    evidence,
    holds,
    investigations,
    laboratories,
    lots,
    methods,
    people,
    products,
    roles,
    runs,
    samples,
    sites,
    sources,
    specifications,
    tokens,
    trainings,
    transcriptions,
)

__all__ = [
    "amendments",
    "donors",
    "equipment",
    "evidence",
    "holds",
    "investigations",
    "laboratories",
    "lots",
    "methods",
    "people",
    "products",
    "roles",
    "runs",
    "samples",
    "sites",
    "sources",
    "specifications",
    "tokens",
    "trainings",
    "transcriptions",
]
