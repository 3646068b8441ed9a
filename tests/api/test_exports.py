"""Every list as a file: the rows that its pages have, in each format, with their sum."""

from __future__ import annotations

import base64
import csv
import io
import json
import logging
import re
from dataclasses import replace
from hashlib import sha256
from typing import Any
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.actions.holds import place_hold
from products.actions.notes import add_note
from products.api import lots
from products.api.pagination import Keyset, every_page
from products.api.sending import TRAILERS
from products.models import Lot
from tests.api.clients import BASE, ApiClient, client_of, made, problem, refusal
from tests.api.description import description
from tests.api.test_as_of import sealed
from tests.records import context, lot, people, product, submitted_run, today

pytestmark = pytest.mark.django_db
FORMULA = '=HYPERLINK("http://example.org","Freezer")'
# Answers with rows that are no list of this kind, and why.
behind: dict[str, str] = {}
NO_FILES = {
    "/api/v1/changes/": "follows the ledger without end; as it comes, it is JSON for programs",
}


@pytest.fixture
def auditor() -> ApiClient:
    return client_of("auditor")


@pytest.fixture
def house() -> None:
    for number in ("A-1", "A-2", "A-3"):
        lot(number)
    submitted_run(lot="A-1")
    add_note(context(people().analyst), lot="A-1", text=FORMULA)
    place_hold(context(people().quality, reason="- not what it says"), lot="A-2")


def file_of(client: ApiClient, path: str, **query: str) -> tuple[bytes, Any]:
    """What a server sends, in full, and the answer."""
    environ: dict[str, Any] = client.http.defaults
    environ[TRAILERS] = behind
    behind.clear()
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content), answer


def lists_described() -> list[str]:
    return [
        path
        for path, item in description()["paths"].items()
        if "format" in {part["name"] for part in item.get("get", {}).get("parameters", ())}
    ]


def address_of(path: str) -> str:
    return re.sub(r"\{(lot|sample|username)\}", lambda named: NAMES[named[1]], path)


NAMES = {"lot": "A-1", "sample": "A-1-S1", "username": "auditor"}


def has_rows(operation: dict[str, Any]) -> bool:
    """Whether what it answers is pages of rows."""
    schemas = description()["components"]["schemas"]
    content = operation["responses"]["200"]["content"].get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").split("/")[-1]
    shape = schemas.get(name, {})
    shapes = [shape, *(schemas[part["$ref"].split("/")[-1]] for part in shape.get("anyOf", ()))]
    return any({"results", "next"} <= set(each.get("properties", {})) for each in shapes)


def test_every_address_with_rows_gives_files_or_there_is_a_reason() -> None:
    rows = {
        path
        for path, item in description()["paths"].items()
        if "get" in item and has_rows(item["get"])
    }

    assert rows == {*lists_described(), *NO_FILES}


def test_each_list_exports_in_each_format_what_its_pages_have(
    house: None,
) -> None:
    """As quality, whose reading adds no rows to any of them."""
    reader, filled = client_of("quality"), 0
    for path in map(address_of, lists_described()):
        rows = made(reader.get(path, {"page_size": "500"}))["results"]
        assert len(rows) < 500
        lines, _ = file_of(reader, path, format="jsonl")
        table, _ = file_of(reader, path, format="csv")
        book, _ = file_of(reader, path, format="xlsx")

        assert [json.loads(line) for line in lines.splitlines()] == rows, path
        head, *cells = csv.reader(io.StringIO(table.decode(), newline=""), strict=True)
        assert len(cells) == len(rows), path
        assert all(len(row) == len(head) for row in cells), path
        sheet = ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml").decode()
        assert sheet.count("<row>") == len(rows) + 1, path
        assert "<f>" not in sheet
        filled += bool(rows)
    assert filled >= 15


def test_an_address_that_gives_no_files_says_so(auditor: ApiClient) -> None:
    for path in NO_FILES:
        refused = auditor.get(path, {"format": "csv"})

        assert refusal(refused) == (422, "unknown_parameter")
        assert "file" in problem(refused)["detail"]


def test_a_file_is_of_the_filters_order_and_fields_that_were_asked_for(
    house: None, auditor: ApiClient
) -> None:
    table, answer = file_of(
        auditor,
        "lots/",
        format="csv",
        status="quarantined",
        order="-number",
        fields="number,expires",
    )

    head, *rows = csv.reader(io.StringIO(table.decode(), newline=""))
    assert head[0] == "number"
    assert {name.split(".")[0] for name in head[1:]} == {"expires"}
    assert [row[0] for row in rows] == ["A-3", "A-1"]
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="lots-')
    assert answer.headers["Export-Instant"].endswith("+00:00")


def test_what_is_expanded_is_in_the_file(house: None, auditor: ApiClient) -> None:
    lines, _ = file_of(auditor, "lots/", format="jsonl", expand="evaluation", fields="number")
    table, _ = file_of(auditor, "lots/", format="csv", expand="evaluation", fields="number")

    assert {tuple(json.loads(line)) for line in lines.splitlines()} == {("number", "evaluation")}
    assert b"evaluation.rules.outcome" in table.splitlines()[0]


def test_no_cell_of_a_table_is_a_formula(house: None, auditor: ApiClient) -> None:
    table, _ = file_of(auditor, "lots/A-1/notes/", format="csv")
    (row,) = csv.DictReader(io.StringIO(table.decode(), newline=""))
    held, _ = file_of(auditor, "holds/", format="csv")

    assert row["text"] == f"'{FORMULA}"
    assert "'- not what it says" in held.decode()


def test_the_sum_is_sent_behind_the_file_and_kept_by_the_server(
    house: None, auditor: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "products.api.sending"):
        table, answer = file_of(auditor, "lots/", format="csv")

    digest = sha256(table)
    assert answer.headers["Trailer"] == "Repr-Digest, Export-Rows"
    assert behind == {
        "Repr-Digest": f"sha-256=:{base64.b64encode(digest.digest()).decode()}:",
        "Export-Rows": "3",
    }
    told = f"sent to auditor: {len(table)} bytes, SHA-256 {digest.hexdigest()}, 3 rows"
    assert told in caplog.text


def test_packed_the_sum_lies_beside_the_file(house: None, auditor: ApiClient) -> None:
    packed, _ = file_of(auditor, "lots/", format="csv", pack="zip", status="quarantined")

    with ZipFile(io.BytesIO(packed)) as archive:
        name, beside, told = archive.namelist()
        digest = sha256(archive.read(name)).hexdigest()
        assert archive.testzip() is None
        assert (beside, archive.read(beside).decode()) == (f"{name}.sha256", f"{digest}  {name}\n")
        asked = json.loads(archive.read(told))
    assert (asked["rows"], asked["sha256"], asked["account"]) == (2, digest, "auditor")
    assert "status=quarantined" in asked["address"]


def test_a_file_as_of_an_instant_has_the_rows_and_links_of_then(
    house: None, auditor: ApiClient
) -> None:
    then = sealed()
    lot("A-4")
    sealed()
    query = {"as_of": then.sealed_at.isoformat()}

    rows = made(auditor.get("lots/", query))["results"]
    lines, answer = file_of(auditor, "lots/", format="jsonl", **query)

    assert [json.loads(line) for line in lines.splitlines()] == rows
    assert len(rows) == 3
    assert answer.headers["Export-As-Of"] == then.sealed_at.isoformat()
    assert answer.headers["Export-Checkpoint"] == str(then.number)


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ({"format": "pdf"}, (400, "unknown_choice")),
        ({"format": "csv", "pack": "rar"}, (400, "unknown_choice")),
        ({"format": "csv", "page_size": "5"}, (422, "unknown_parameter")),
        ({"pack": "zip"}, (422, "unknown_parameter")),
        ({"format": "csv", "fields": "weight"}, (400, "unknown_choice")),
        ({"format": "csv", "status": "sold"}, (422, "invalid_value")),
    ],
)
def test_what_cannot_be_is_refused_before_a_byte_is_sent(
    auditor: ApiClient, query: dict[str, str], refused: tuple[int, str]
) -> None:
    assert refusal(auditor.get("lots/", query)) == refused


def test_more_rows_than_a_sheet_holds_are_refused(
    house: None, auditor: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("products.api.listing.MOST_ROWS", 2)

    assert refusal(auditor.get("lots/", {"format": "xlsx"})) == (422, "too_many_rows")
    assert file_of(auditor, "lots/", format="csv")[1].status_code == 200


def test_who_may_not_read_the_list_gets_no_file(house: None) -> None:
    refused = client_of("analyst").get("audit/", {"format": "csv"})

    assert refusal(refused) == (403, "not_permitted")


def test_a_question_for_the_head_alone_reads_no_rows(house: None, auditor: ApiClient) -> None:
    answer = auditor.http.head(f"{BASE}/lots/", {"format": "csv"})

    assert answer.getvalue() == b""
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_every_page_is_read_once_however_many_there_are(house: None) -> None:
    parts = [Lot.objects.filter(number__gt="A-1"), Lot.objects.filter(number__lte="A-1")]
    for keyset in (Keyset(("number",)), Keyset(("made_on", "id"), descending=True)):
        with CaptureQueriesContext(connection) as asked:
            pages = list(every_page(parts, keyset, 1))

        found = [row.pk for page in pages for row in page]
        assert found == list(Lot.objects.order_by(*keyset.order).values_list("pk", flat=True))
        assert len(asked) == 2 * (len(pages) + 1)


def test_a_file_asks_the_database_as_often_for_many_rows_as_for_one(auditor: ApiClient) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            file_of(auditor, "lots/", format="csv", expand="results")
        return len(queries)

    lot("A-1")
    for_one = asked()
    for number in range(2, 6):
        lot(f"A-{number}")

    assert asked() == for_one


@pytest.mark.parametrize("query", [{"product": "NOPE"}, {"site": "Nowhere"}, {"donor": "D-9"}])
def test_a_filter_that_names_nothing_gives_a_file_without_rows(
    auditor: ApiClient, query: dict[str, str]
) -> None:
    lot("EV-1")

    content, _ = file_of(auditor, "lots/", format="csv", **query)

    assert content.count(b"\r\n") == 1


def test_lots_that_the_database_writes_as_csv_are_as_they_are_written_here(
    auditor: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    product("EXO-2", basis="other", basis_reference='=by "law", § 3')
    lot("EV-1", sources=[], expires="")
    lot("-1/A", expires=f"{today():%Y-%m}")
    lot("A_1.2/B", product="EXO-2", expires="9999-12-31")
    submitted_run(lot="EV-1")
    place_hold(context(people().quality, reason="one\\two\r\nthree"), lot="EV-1")
    monkeypatch.setattr(lots, "AT_ONCE", 2)
    asked: tuple[dict[str, str], ...] = (
        {},
        {"order": "expires"},
        {"order": "-number", "fields": "number,blocks,links"},
        {"status": "on_hold"},
        {"number": "none"},
    )

    by_database, copies = files_and_copies(auditor, asked)
    monkeypatch.setattr(lots, "LOTS", replace(lots.LOTS, lines=None))
    written_here, no_copies = files_and_copies(auditor, asked)

    assert by_database == written_here
    assert all(copies)
    assert not any(no_copies)


def files_and_copies(
    client: ApiClient, asked: tuple[dict[str, str], ...]
) -> tuple[list[bytes], list[int]]:
    """Of each query the list of lots as CSV, and how many COPY the database carried out for it."""
    files, copies = [], []
    for query in asked:
        with CaptureQueriesContext(connection) as statements:
            files.append(file_of(client, "lots/", format="csv", **query)[0])
        copies.append(
            sum(said["sql"].lstrip().startswith("COPY") for said in statements.captured_queries)
        )
    return files, copies
