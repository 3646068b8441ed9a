"""What a token that is bound to products reads (ADR 0032): here, and nowhere else.

An address that names a record is answered where the record is of one of the products, and 404
otherwise, as for what is not there. A list has only rows that are. Every other address is refused,
also one that is added and not named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from products.domain.errors import NotFoundError, NotPermittedError
from products.models import (
    Amendment,
    ApiToken,
    AuditEntry,
    Donor,
    Evidence,
    Investigation,
    Lot,
    Product,
    Run,
    Sample,
    Signature,
    TissueSource,
    Transcription,
)
from products.queries.of_products import of_products

Kind = TypeVar("Kind", bound=Model)
Row = TypeVar("Row")

BASE = "api/v1/"
# By the first name in an address, which says whose the rest is: the table, and how it is looked up.
NAMED: Mapping[str, tuple[type[Model], str]] = {
    "lot": (Lot, "number__iexact"),
    "sample": (Sample, "number__iexact"),
    "run": (Run, "number__iexact"),
    "amendment": (Amendment, "number__iexact"),
    "investigation": (Investigation, "number__iexact"),
    "transcription": (Transcription, "number__iexact"),
    "source": (TissueSource, "number__iexact"),
    "donor": (Donor, "code__iexact"),
    "product": (Product, "code__iexact"),
    "evidence": (Evidence, "pk"),
    "signature": (Signature, "pk"),
    "entry": (AuditEntry, "pk"),
}
# Whose rows are narrowed by `narrowed`.
LISTS = frozenset(
    {
        "amendments/",
        "audit/",
        "changes/",
        "decisions/",
        "donors/",
        "evidence/",
        "holds/",
        "investigations/",
        "lots/",
        "products/",
        "results/",
        "reviews/",
        "runs/",
        "samples/",
        "signatures/",
        "sources/",
        "specifications/",
        "transcriptions/",
    }
)


class InReach(BasePermission):
    """Asked last, so that a role that may not read learns that first."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        codes = bound_to(request)
        if codes is None:
            return True
        name, value = next(iter(view.kwargs.items()), ("", None))
        if name in NAMED:
            _refuse_others(name, value, codes)
            return True
        match = request.resolver_match
        if not name and match is not None and match.route.removeprefix(BASE) in LISTS:
            return True
        raise NotPermittedError(
            f"This token is bound to {_told(codes)}, and what this address shows cannot be told "
            "apart by products. Use a token that is not bound to products.",
            code="token_products",
        )


def bound_to(request: Request) -> list[str] | None:
    """Codes of the products that the request's token is bound to; None where it is not bound."""
    assert isinstance(request.auth, ApiToken)
    return request.auth.products


def narrowed(request: Request, rows: QuerySet[Kind, Row]) -> QuerySet[Kind, Row]:
    """Those of ``rows`` that the token reads. Raises ConfigurationError as of `of_products`."""
    codes = bound_to(request)
    return rows if codes is None else of_products(rows, codes)


def _refuse_others(name: str, value: Any, codes: list[str]) -> None:
    """Raises NotFoundError unless every record that may be meant is of the products: the address
    may look it up in another case.
    """
    model, look_up = NAMED[name]
    meant = value.strip() if isinstance(value, str) else value
    rows = model._default_manager.filter(**{look_up: meant})  # noqa: SLF001  # documented
    keys = set(rows.values_list("pk", flat=True))
    if not keys or keys != set(of_products(rows, codes).values_list("pk", flat=True)):
        raise NotFoundError(
            f"There is no {name} {value!s:.100} in {_told(codes)}, to which this token is bound.",
            field=name,
        )


def _told(codes: list[str]) -> str:
    return f"the {'product' if len(codes) == 1 else 'products'} {', '.join(codes)}"
