"""What no file of the product may do, read from its syntax."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
WRITES = {
    "save",
    "create",
    "update",
    "delete",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "create_user",
    "create_superuser",
    "raw",
}
WRITES |= {f"a{name}" for name in WRITES}
MEMBERSHIPS = {"groups", "user_permissions", "permissions"}
MEMBERSHIP_WRITES = {"add", "set", "remove", "clear"}
CHANGE = r"(INSERT\s+INTO|UPDATE\s+(ONLY\s+)?[\w.\"]+\s+SET|DELETE\s+FROM|MERGE\s+INTO)\b"
WRITING_SQL = re.compile(
    # The copy of a query gives its rows out; what stands before a query may write all the same.
    rf"\s*({CHANGE}|TRUNCATE\b|COPY\b(?!\s*\(\s*(WITH|SELECT)\b)|(COPY\s*\(\s*)?WITH\b.*\b{CHANGE})",
    re.IGNORECASE | re.DOTALL,
)
# The pure layers cannot reach a row: the import contracts keep the framework out of them.
MAY_WRITE = ("products/actions/", "products/migrations/", "products/domain/", "products/documents/")
# The stored column says what held when the lot was last judged; `effective_status` what holds now.
MAY_READ_STORED_STATUS = {
    "products/queries/past.py",
    "products/queries/lots.py",
    "products/actions/judging.py",
    "products/actions/lots.py",  # a new lot begins in quarantine
    "products/models/lots.py",
}
CLAIMS = re.compile(
    r"FDA[- ]approved|approved by the FDA|FDA approval|safe and effective|\bcures?\b|\bcured\b"
    r"|\bclinically proven\b|\bguaranteed\b",
    re.IGNORECASE,
)
BY_COMMAND_ALONE = {"ledger.register_key", "lot.judge"}
# A passkey answers a browser, and the provider proves an identity to one.
BY_BROWSER_ALONE = {"factor.enrol_passkey", "identity.link_own"}


def _files(*suffixes: str) -> list[str]:
    found = (path for area in ("products", "qcsite") for path in (ROOT / area).rglob("*"))
    return sorted(
        str(path.relative_to(ROOT))
        for path in found
        if path.suffix in suffixes and "__pycache__" not in path.parts
    )


def _writes(source: str) -> Iterator[str]:
    """The line and the words of whatever writes rows."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            receiver = node.func.value
            is_membership = (
                isinstance(receiver, ast.Attribute)
                and receiver.attr in MEMBERSHIPS
                and node.func.attr in MEMBERSHIP_WRITES
            )
            if node.func.attr in WRITES or is_membership:
                yield f"{node.lineno}: {ast.unparse(node.func)}"
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and WRITING_SQL.match(node.value)
        ):
            yield f"{node.lineno}: {node.value.split(maxsplit=3)[:3]}"


def _names(source: str, name: str) -> Iterator[int]:
    """Lines that use ``name`` as a name, an attribute, a keyword or a text."""
    for node in ast.walk(ast.parse(source)):
        texts = {
            ast.Name: "id",
            ast.Attribute: "attr",
            ast.keyword: "arg",
            ast.Constant: "value",
        }
        text = getattr(node, texts.get(type(node), ""), None) if type(node) in texts else None
        if isinstance(text, str) and re.search(rf"(^|[-_.]|__){name}($|__)", text):
            yield getattr(node, "lineno", 0)


def test_rows_are_written_by_actions_only() -> None:
    found = {
        path: [write.split(": ")[1] for write in _writes((ROOT / path).read_text())]
        for path in _files(".py")
        if not path.startswith(MAY_WRITE)
    }

    assert len(found) > 50
    assert {path: writes for path, writes in found.items() if writes} == {}


@pytest.mark.parametrize(
    "line",
    [
        "lot.save()",
        "Lot.objects.filter(pk=1).update(number='x')",
        "await Lot.objects.acreate()",
        "user.groups.add(group)",
        "cursor.execute('INSERT INTO products_lot VALUES (1)')",
        "cursor.execute(' update products_lot set number = 1')",
        "cursor.copy('COPY products_lot FROM STDIN')",
        "cursor.copy('COPY (DELETE FROM products_lot RETURNING id) TO STDOUT')",
        "cursor.copy('COPY (WITH x AS (DELETE FROM products_lot RETURNING 1) TABLE x) TO STDOUT')",
        "cursor.execute('WITH x AS (UPDATE products_lot SET number = 1 RETURNING id) SELECT 1')",
    ],
)
def test_a_write_elsewhere_would_be_found(line: str) -> None:
    source = f"async def body():\n    {line}\n"

    assert list(_writes(source))


def test_the_stored_status_is_read_through_one_expression() -> None:
    found = {
        path: list(_names((ROOT / path).read_text(), "release_status"))
        for path in _files(".py")
        if not path.startswith("products/migrations/")
    }

    assert {path for path, lines in found.items() if lines} == MAY_READ_STORED_STATUS


@pytest.mark.parametrize(
    "line",
    [
        "lot.release_status",
        "Lot.objects.filter(release_status='released')",
        "Lot.objects.order_by('-release_status')",
        "Run.objects.filter(lot__release_status__in=[1])",
        "Run.objects.values('lot__release_status')",
    ],
)
def test_a_use_of_the_stored_status_would_be_found(line: str) -> None:
    assert list(_names(line, "release_status"))


def test_templates_read_no_stored_status() -> None:
    paths = _files(".html", ".txt", ".js")

    assert [path for path in paths if "release_status" in (ROOT / path).read_text()] == []


def test_nothing_that_is_shown_claims_more_than_a_record_shows() -> None:
    found = {
        path: CLAIMS.findall(_shown(path)) for path in _files(".py", ".html", ".txt", ".js", ".svg")
    }

    assert {path: claims for path, claims in found.items() if claims} == {}


def _shown(path: str) -> str:
    """The texts of a file, without the one sentence that has to be said."""
    text = (ROOT / path).read_text()
    if path.endswith(".py"):
        constants = (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant))
        text = "\n".join(node.value for node in constants if isinstance(node.value, str))
    return re.sub(r"No exosome product is\s+FDA[- ]approved", "", text)


@pytest.mark.parametrize(
    "text", ["FDA-approved product", "It is safe and effective.", "Cures everything"]
)
def test_a_claim_would_be_found(text: str) -> None:
    assert CLAIMS.search(text)


def _named_by(area: str, decorator: str) -> set[str]:
    """The first word of each use of ``decorator`` in the files of ``area``."""
    calls = (
        node
        for path in _files(".py")
        if path.startswith(area)
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
    firsts = (call.args[0] for call in calls if call.func.id == decorator)  # type: ignore[attr-defined]
    return {str(first.value) for first in firsts if isinstance(first, ast.Constant)}


def test_whatever_an_action_does_a_client_can_do() -> None:
    actions = _named_by("products/actions/", "action")

    assert "lot.release" in actions
    assert _named_by("products/api/", "acts") == actions - BY_COMMAND_ALONE - BY_BROWSER_ALONE
