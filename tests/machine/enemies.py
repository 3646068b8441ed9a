"""Writes past every action, as code or a person with the serving role's password could try."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Max

from products.actions.naming import begin, end
from products.domain.lots import FAR_FUTURE
from products.models import AuditEntry, Hold, Investigation, Lot, Result, Run, Signature
from products.models.fields import uuid7
from tests.machine import model
from tests.machine.driver import Driver
from tests.records import people


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back at its end."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


@contextmanager
def as_an_action(driver: Driver) -> Iterator[None]:
    with transaction.atomic():
        begin("enemy.write", driver.as_("admin"))
        yield
        end()


def say_released(driver: Driver, lot: model.Lot, *, named: bool) -> None:
    """Refused, or the lot is as a released one has to be."""
    rows = Lot.objects.filter(number=driver.number[lot])
    if not named:
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(release_status="released", judged_until=FAR_FUTURE)
        return
    try:
        with as_an_action(driver):
            rows.update(
                decision="released",
                release_status="released",
                next_status="released",
                judged_until=FAR_FUTURE,
            )
    except DatabaseError:
        return


def fail(driver: Driver, number: str) -> None:
    """A further version of a result, which fails."""
    result = Result.objects.filter(run__lot__number=number).order_by("recorded_at")[0]
    known = Result.objects.filter(run=result.run).aggregate(highest=Max("version"))
    result.pk, result.version, result.verdict = uuid7(), known["highest"] + 1, "fail"
    result.save(force_insert=True)


def send_back(driver: Driver, number: str) -> None:
    Run.objects.filter(lot__number=number, state="submitted").update(state="returned")


def hold(driver: Driver, number: str) -> None:
    Hold.objects.create(
        lot=Lot.objects.get(number=number),
        number=99,
        reason="Because",
        rule="R02",
        caused_by="enemy.write",
        placed_by=people().admin,
    )


def inquire(driver: Driver, number: str) -> None:
    free = Result.objects.filter(run__lot__number=number, investigation=None)
    result = free.order_by("-recorded_at").first()
    if result is None:  # each was inquired into, and concluded
        fail(driver, number)
        return
    Investigation.objects.create(
        number="INV-X",
        lot=result.run.lot,
        run=result.run,
        result=result,
        kind="oos",
        opened_by=people().admin,
    )


ADVERSE: Mapping[str, Callable[[Driver, str], None]] = {
    "fail": fail,
    "send back": send_back,
    "hold": hold,
    "inquire": inquire,
}
"""What on record of a released lot takes the word from it at once."""

HISTORY: Mapping[str, Callable[[], int]] = {
    "results": lambda: Result.objects.update(verdict="pass"),
    "signatures": lambda: Signature.objects.update(meaning="Approved for release"),
    "trail": lambda: AuditEntry.objects.update(action=""),
    "entries": lambda: AuditEntry.objects.all()._raw_delete("default"),  # noqa: SLF001
}
"""What nobody rewrites, whatever action is named."""


def rewrite(driver: Driver, what: str) -> None:
    with pytest.raises(DatabaseError), as_an_action(driver):
        HISTORY[what]()
