"""Facts as they are read, and rows for which there is no action of their own."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model

from products import models
from products.actions.naming import begin, end
from products.actions.specifications import approve_specification
from products.domain.criteria import Criterion
from products.domain.facts import LotFacts, RunFacts
from products.domain.methods import DocumentState
from products.models import (
    Acknowledgement,
    Disposition,
    Lot,
    ProfileAssignment,
    Signature,
    SpecificationChange,
    SpecificationVersion,
    User,
)
from products.queries.facts import lot_facts
from tests.records import approved_method, context, people, product, today
from tests.signed import unsaved_signature

Row = TypeVar("Row", bound=Model)
NUMBER = "EV-26-001"
KINDS: dict[type[Model], str] = {
    Acknowledgement: "acknowledgement",
    Disposition: "disposition",
    ProfileAssignment: "profile_assignment",
    SpecificationChange: "specification_change",
}


def facts(number: str = NUMBER) -> LotFacts:
    key = Lot.objects.get(number=number).pk
    return lot_facts([key])[key]


def run_of(number: str = NUMBER) -> RunFacts:
    """The one run of the lot."""
    (run,) = facts(number).runs
    return run


def recorded(row: Row) -> Row:
    """``row`` as an action would have written it."""
    with transaction.atomic():
        begin("system.test", context(people().quality))
        with_signature(row)
        row.save(force_insert=True)
        end()
    return row


def with_signature(row: Model) -> None:
    """Bind the signature that the row brings to the row."""
    brought: Signature | None = getattr(row, "signature", None)
    if brought is not None and brought.record_kind == "test":
        kind = KINDS[type(row)]
        shown = json.loads(bytes(brought.content))["shown"]
        shown.pop("signer")
        bound = unsaved_signature(brought.user, kind, row.pk, shown=shown)
        bound.save(force_insert=True)
        row.signature = bound  # type: ignore[attr-defined]  # of some rows


def changed(row: Row, **columns: Any) -> Row:
    """One that an action may change."""
    with transaction.atomic():
        begin("system.test", context(people().quality))
        for column, value in columns.items():
            setattr(row, column, value)
        row.save(update_fields=list(columns))
        end()
    return row


def signature(by: User | None = None, **content: object) -> Signature:
    """For the record that is `recorded` with it."""
    return unsaved_signature(by or people().quality, shown=content)


def approved_inheriting(*criteria: Criterion) -> SpecificationVersion:
    """The next approved version of the product, with the criteria as they are."""
    owner = product()
    version = owner.specifications.count() + 1
    draft = recorded(
        SpecificationVersion(
            product=owner,
            version=version,
            state=DocumentState.DRAFT,
            document="SPEC-001",
            change_reason="Tested on the parents",
            effective_from=today(),
            recorded_by=people().quality2,
        )
    )
    for position, criterion in enumerate(criteria):
        stated = {field.name: getattr(criterion, field.name) for field in fields(criterion)}
        method = approved_method(criterion.method).method
        recorded(
            models.Criterion(
                specification=draft,
                position=position,
                **stated
                | {
                    "method": method,
                    "compare_on": criterion.compare_on or "",
                    "allowed_words": list(criterion.allowed_words),
                },
            )
        )
    return approve_specification(context(people().quality), product=owner.code, version=version)
