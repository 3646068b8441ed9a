"""Images that an older program wrote: what they do not have is unknown, and never an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddField, CreateModel
from django.test.utils import CaptureQueriesContext

from products.models import Lot
from products.queries.documents import forget_documents, specifications
from products.queries.past import keys_of, tables_with_a_past
from tests.admin.pages import address, the_lot, visitor
from tests.api.clients import client_of, made
from tests.api.test_as_of import asked
from tests.conftest import Databases
from tests.queries.test_matching import released
from tests.records import counted, submitted_run
from tests.sealing import seal, sign_head


def brought_later() -> Iterator[tuple[str, str]]:
    """Table and column of every field that came after its table."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    born = {
        operation.name_lower: name
        for (app, name), found in loader.disk_migrations.items()
        for operation in found.operations
        if app == "products" and isinstance(operation, CreateModel)
    }
    for (app, name), found in loader.disk_migrations.items():
        for operation in found.operations:
            if app != "products" or not isinstance(operation, AddField):
                continue
            if born[operation.model_name_lower] != name:
                suffix = "_id" if isinstance(operation.field, models.ForeignKey) else ""
                yield f"products_{operation.model_name_lower}", f"{operation.name}{suffix}"


def that_may_be_empty() -> Iterator[tuple[str, str]]:
    """Every column that a migration can add to a table with rows as it is."""
    for table, model in tables_with_a_past().items():
        for field in model._meta.concrete_fields:  # noqa: SLF001  # documented
            if field.null and field.column not in keys_of(model):
                yield table, str(field.column)


def forget(owner: Databases, name: str, columns: Iterator[tuple[str, str]]) -> None:
    """Leave the columns out of every image, as a program that did not know them would have."""
    with owner.connect(name) as connected:
        connected.execute("ALTER TABLE products_auditentry DISABLE TRIGGER USER")
        for table, column in columns:
            connected.execute(
                "UPDATE products_auditentry SET after = after - %s WHERE record_table = %s",
                [column, table],
            )


ADDRESSES = (
    "lots/",
    "lots/EV-26-001/",
    "lots/EV-26-001/evaluation/",
    "lots/EV-26-001/results/",
    "lots/EV-26-001/samples/",
    "samples/",
    "runs/",
    "runs/EV-26-001-S1-R1/",
    "specifications/",
    "specifications/EXO-1/1/",
    "sources/",
    "sources/UC-0042/",
    "donors/",
    "donors/D-0042/",
)


def test_what_an_older_image_lacks_is_unknown_wherever_it_is_shown(
    committed_db: str, databases: Databases
) -> None:
    released()
    submitted_run(readings=counted("10", "90"), purpose="information")
    seal()
    at = sign_head().sealed_at
    auditor = client_of("auditor")

    def shown(columns: Iterator[tuple[str, str]]) -> dict[str, Any]:
        forget(databases, committed_db, columns)
        page = visitor("quality").open(address("lot_change", the_lot()), as_of=at.isoformat())
        assert page.status == 200
        return {path: made(auditor.get(path, asked(at))) for path in ADDRESSES}

    without_any_that_may_be_empty = shown(that_may_be_empty())
    older = shown(brought_later())

    specification = "specifications/EXO-1/1/"
    assert without_any_that_may_be_empty[specification]["approved_at"] is None
    assert older[specification]["change_reason"] is None
    assert older[specification]["criteria"][0]["satisfied_by"] is None
    assert older["runs/EV-26-001-S1-R1/"]["from_paper"] is None


@pytest.mark.django_db
def test_the_present_learns_nothing_from_the_past() -> None:
    released()
    seal()
    at = sign_head().sealed_at
    key = str(Lot.objects.get().specification_id)
    forget_documents()

    made(client_of("auditor").get("lots/EV-26-001/results/", asked(at)))

    with CaptureQueriesContext(connection) as read:
        specifications({key})
    assert len(read) > 0
    with CaptureQueriesContext(connection) as kept:
        specifications({key})
    assert len(kept) == 0
