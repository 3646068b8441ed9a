"""Training: quality signs that a person may perform a method version."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from products.actions.base import Context, action
from products.actions.dates import check_day_not_future, check_days_in_order, today_in
from products.actions.lookups import find_method, find_method_version, find_person
from products.actions.records import insert
from products.actions.signing import sign
from products.actions.sites import home_zone
from products.domain.errors import SeparationOfDutiesError
from products.domain.results import RunState
from products.domain.roles import Permission
from products.models import Run, Training


@action("training.record", permission=Permission.APPROVE, signed=True)
def record_training(
    context: Context,
    *,
    person: UUID,
    method: str,
    version: int,
    trained_on: date,
    document: str,
    valid_until: date | None = None,
) -> Training:
    """Sign that a person was trained for a method version (21 CFR 211.25(a)).

    ``trained_on`` and ``valid_until`` both count; None has no end. ``document`` is the number of
    the training record. Every lot with a run of the version by the person is judged again.

    Raises:
        UnknownReferenceError: there is no such person, method or version.
        InvalidValueError: a training in the future, one that ends before it begins, no document.
        SeparationOfDutiesError: the training is the signer's own.
    """
    trained = find_person(person)
    taught = find_method_version(find_method(method), version)
    if trained.pk == context.actor.person_id:
        raise SeparationOfDutiesError(
            f"{trained.printed_name} does not sign for an own training. Another person of the "
            "quality unit does.",
            field="person",
        )
    zone = home_zone()
    check_day_not_future(trained_on, today_in(zone, context.at), "The training", "trained_on")
    if valid_until is not None:
        check_days_in_order(trained_on, valid_until, "A training is valid", "valid_until")
    row = Training(
        person=trained,
        method_version=taught,
        trained_on=trained_on,
        valid_until=valid_until,
        document=document.strip(),
    )
    row.signature = sign(
        context,
        record_kind="training",
        record_id=row.pk,
        meaning="Trained for this method version",
        zone=zone,
        content={
            "person": trained.printed_name,
            "person_id": trained.pk,
            "method": taught.method.code,
            "version": taught.version,
            "trained_on": row.trained_on,
            "valid_until": row.valid_until,
            "document": row.document,
        },
    )
    insert(row)
    runs = Run.objects.filter(performed_by=trained, method_version=taught)
    context.touched.update(runs.exclude(state=RunState.DISCARDED).values_list("lot", flat=True))
    return row
