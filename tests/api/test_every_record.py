"""Every record of the product is read at an address of the API, or there is a reason why not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.apps import apps

from tests.api.description import description

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "api.md"
HEADING = "## Where each record is read"
# What is shown once, to whom it is made for.
SHOWN_ONCE = {"IssuedTokenShape", "NewAppShape", "NewCodesShape"}
SECRETS = {"password", "digest", "secret", "token", "codes", "salt", "hash_of_code", "public_key"}


def listed() -> dict[str, str]:
    """Of each model what the reference says: an address, or a reason."""
    section = PAGE.read_text().split(HEADING)[1].split("\n## ")[0]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (.+) \|$", section, re.MULTILINE)
    return {name: where for names, where in rows for name in re.findall(r"`(\w+)`", names)}


def models() -> set[str]:
    found = apps.get_app_config("products").get_models()
    return {model.__name__ for model in found if model.__module__.startswith("products.")}


def test_every_record_is_named_and_no_other() -> None:
    assert set(listed()) == models()


def test_where_a_record_is_read_there_is_an_address() -> None:
    known = {
        re.sub(r"\{\w+\}", "{}", path)
        for path, item in description()["paths"].items()
        if "get" in item
    }

    for name, where in listed().items():
        addresses = re.findall(r"`(/api/v1/[^`]+)`", where)
        if not addresses:
            assert where.startswith("not read: "), name
        for address in addresses:
            template = re.sub(r"\b(?:[A-Z]+|(?<=/)\d+)\b", "{}", address.removeprefix("/api/v1"))
            assert f"/api/v1{template}" in known, (name, address)


def test_no_answer_that_is_read_again_has_a_secret() -> None:
    for name, schema in description()["components"]["schemas"].items():
        properties: dict[str, Any] = schema.get("properties", {})
        if not name.endswith("Request") and name not in SHOWN_ONCE:
            assert not SECRETS & set(properties) - allowed(name), name


def allowed(name: str) -> set[str]:
    """Public keys of the ledger are public."""
    return {"public_key"} if "LedgerKey" in name else set()
