"""The audit trail in the admin: of one record, and of all that belongs to a lot."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from products.admin.histories import PAGE
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.models import AuditEntry, Sample
from products.queries import audit, trail
from tests.admin.pages import Visitor, address, the_lot, visitor
from tests.records import lot, submitted_run
from tests.sealing import seal

pytestmark = pytest.mark.django_db


def queries_of(who: Visitor, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert who.open(url).status == 200
    return len(queries)


def test_the_trail_of_a_lot_tells_before_and_after_with_names_and_zone() -> None:
    submitted_run(lot=lot().number)

    page = visitor("auditor").open(address("lot_trail", the_lot()))

    assert "Anna Alvarez (analyst)" in page
    assert "(America/New_York)" in page
    assert "made by: after: Ben Baker" in page
    assert "state: before: Saved → after: Submitted" in page
    assert "EV-26-001-S1-R1" in page
    assert "run.submit" in page


def test_the_trail_of_a_lot_says_what_is_sealed() -> None:
    lot()
    before = visitor("auditor").open(address("lot_trail", the_lot()))
    seal()
    after = visitor("auditor").open(address("lot_trail", the_lot()))

    assert "not sealed yet" in before
    assert "not sealed yet" not in after


def test_a_lot_page_leads_to_its_trail_where_the_reader_may_read_it() -> None:
    lot()
    url = address("lot_trail", the_lot())

    assert url in visitor("quality").open(address("lot_change", the_lot())).html
    assert url in visitor("admin").open(address("lot_history", the_lot())).html
    assert url not in visitor("reviewer").open(address("lot_change", the_lot())).html
    assert visitor("reviewer").open(url).status == 403


def test_who_reads_a_record_reads_its_history_without_addresses() -> None:
    lot()
    address_of_actor = AuditEntry.objects.filter(action="lot.register").latest("id").address

    reviewer = visitor("reviewer").open(address("lot_history", the_lot()))
    auditor = visitor("auditor").open(address("lot_history", the_lot()))

    assert "lot.register" in reviewer
    assert f"from {address_of_actor}" not in reviewer
    assert f"from {address_of_actor}" in auditor


def test_a_long_trail_is_read_page_by_page() -> None:
    submitted_run(lot=lot().number)
    while AuditEntry.objects.filter(lots__0=the_lot().pk).count() <= PAGE:
        submitted_run(purpose="information", code="", method="VIA-01")
    whole = audit.latest(audit.of_lot(audit.trail(), the_lot().pk), 1000)

    first = visitor("auditor").open(address("lot_trail", the_lot()))
    second = visitor("auditor").open(
        address("lot_trail", the_lot()), before=str(whole[PAGE - 1].pk)
    )

    assert f"?before={whole[PAGE - 1].pk}" in first.html
    assert [line.entry for line in first.response.context["lines"]] == whole[:PAGE]
    assert [line.entry for line in second.response.context["lines"]] == whole[PAGE:][:PAGE]
    assert "Latest entries" in second


@pytest.mark.parametrize("before", ["x", "0199a7c2-0000-7000-8000-000000000000"])
def test_a_page_that_begins_nowhere_is_not_found(before: str) -> None:
    lot()

    assert visitor("auditor").open(address("lot_trail", the_lot()), before=before).status == 404


def test_the_trail_takes_as_many_queries_however_many_entries_it_shows() -> None:
    submitted_run(lot=lot().number)
    auditor, url = visitor("auditor"), address("lot_trail", the_lot())
    few = queries_of(auditor, url)

    for _ in range(3):
        submitted_run(purpose="information", code="", method="VIA-01")

    assert queries_of(auditor, url) == few <= 30


def test_every_record_page_leads_to_its_history() -> None:
    submitted_run(lot=lot().number)
    auditor = visitor("auditor")
    opened = 0

    for model, pages in site._registry.items():  # noqa: SLF001  # Django has no other
        assert isinstance(pages, RecordAdmin)
        record = pages.get_queryset_of_one().first()
        if record is None:
            continue
        page = auditor.open(pages.url("change", record.pk))
        url = pages.url("history", record.pk)
        assert url in page.html, model
        assert auditor.open(url).status == 200
        opened += 1

    assert opened > 12


def names_without_more_queries(model: type[Model]) -> None:
    some = model._default_manager.values_list("pk", flat=True)[:3]  # noqa: SLF001  # documented
    keys = {str(key) for key in some}
    records = list(trail.rows_to_name(model, keys))
    with CaptureQueriesContext(connection) as queries:
        for record in records:
            trail.name_of_record(record)
    assert len(queries) == 0, model


def test_what_a_record_is_called_is_read_with_it() -> None:
    submitted_run(lot=lot("EV-26-001").number)
    lot("EV-26-002", parents=["EV-26-001"])
    every = apps.get_models(include_auto_created=True)
    models = {model._meta.db_table: model for model in every}  # noqa: SLF001  # documented
    named = 0

    for table in AuditEntry.objects.order_by().values_list("record_table", flat=True).distinct():
        names_without_more_queries(models[table])
        named += 1

    assert named > 20


def entry_of(**changes: Any) -> AuditEntry:
    """An entry of a sample as it might have been written, not stored."""
    row = AuditEntry.objects.filter(record_table="products_sample").latest("id")
    for name, value in changes.items():
        setattr(row, name, value)
    return row


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("recorded_at", "2026-11-30T19:00:00+00:00", "2026-11-30 14:00 EST (America/New_York)"),
        ("recorded_at", "9999-12-31T00:00:00+00:00", "9999-12-31T00:00:00+00:00"),
        ("recorded_at", "yesterday", "yesterday"),
        ("stage", "final_container", "Final container"),
        ("stage", "no such word", "no such word"),
        ("lot_id", "no key", "no key"),
        ("lot_id", None, ""),
        ("content", True, "yes"),
        ("content", ["a", 1], "a, 1"),
        ("content", [{"message": "One."}, {"message": "Two."}], "One. Two."),
        ("content", {"a": 1}, '{"a": 1}'),
    ],
)
def test_a_value_is_shown_as_people_read_it(column: str, value: Any, shown: str) -> None:
    submitted_run(lot=lot().number)
    row = entry_of(before={}, after={column: value}, operation="update")

    (line,) = trail.shown([row], "America/New_York")

    assert [change.after for change in line.changes] == ([shown] if value is not None else [])


def test_an_entry_of_a_table_that_is_gone_is_shown_as_it_is() -> None:
    submitted_run(lot=lot().number)
    row = entry_of(record_table="products_former", actor=None, actor_name="", after={"a_b": "1"})

    (line,) = trail.shown([row])

    assert (line.kind, line.record, line.actor) == (
        "products_former",
        row.record_id,
        "nobody named",
    )
    assert (line.changes[0].label, line.changes[0].after) == ("a b", "1")
    assert Sample.objects.filter(pk=row.record_id).exists()
