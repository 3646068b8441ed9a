"""Signatures over the API: the document as it was signed, and what changed since."""

from __future__ import annotations

import hashlib
import json

import pytest

from products.actions.amendments import correct_run
from products.models import Disposition
from tests.admin.pages import visitor
from tests.api.clients import client_of, made, refusal
from tests.queries.test_matching import released
from tests.records import context, counted, people

pytestmark = pytest.mark.django_db


def test_a_signature_gives_its_document_and_what_changed() -> None:
    run = released()
    auditor = client_of("auditor")
    address = f"signatures/{Disposition.objects.get().signature_id}/"
    before = made(auditor.get(address))

    correct_run(
        context(people().analyst),
        run=run,
        readings=counted("91", "9"),
        source_document="Page 3",
        transcription_error=True,
    )

    after = made(auditor.get(address))
    assert (before["standing"], before["changes"], before["differences"]) == ("matches", [], [])
    assert hashlib.sha256(before["canonical"].encode()).hexdigest() == before["content_sha256"]
    assert json.loads(before["canonical"]) == before["document"]
    assert before["document"]["shown"]["record"]["readings"][run]
    assert after["standing"] == "changed"
    assert "changed from 92.0 (pass) to 91.0 (pass) by amendment" in after["changes"][0]
    assert after["document"] == before["document"]
    assert f"facts/runs/{run}/reported" in {one["path"] for one in after["differences"]}


def test_a_lot_lists_its_signatures() -> None:
    released()
    auditor = client_of("auditor")

    of_lot = made(auditor.get("lots/EV-26-001/signatures/"))
    listed = made(auditor.get("signatures/", {"kind": "disposition"}))

    assert [row["meaning"] for row in of_lot["signatures"]] == ["Reviewed", "Approved for release"]
    assert {row["standing"] for row in of_lot["signatures"]} == {"matches"}
    assert [row["account"] for row in listed["results"]] == ["quality"]
    nowhere = auditor.get("signatures/0199a7c2-0000-7000-8000-000000000000/")
    assert refusal(nowhere) == (404, "not_found")


def test_the_lots_page_and_the_signatures_own_name_what_changed() -> None:
    run = released()
    correct_run(
        context(people().analyst),
        run=run,
        readings=counted("91", "9"),
        source_document="Page 3",
        transcription_error=True,
    )
    release = Disposition.objects.get()
    auditor = visitor("auditor")

    lot = auditor.open(f"/admin/products/lot/{release.lot_id}/change/")
    own = auditor.open(f"/admin/products/signature/{release.signature_id}/change/")
    history = auditor.open(f"/admin/products/lot/{release.lot_id}/trail/")
    document = auditor.client.get(f"/admin/products/signature/{release.signature_id}/document/")

    said = "changed from 92.0 (pass) to 91.0 (pass) by amendment"
    assert "No longer matches" in lot
    assert said in lot
    assert said in own
    assert said in history
    assert document.content == bytes(release.signature.content)
    assert "Approved for release" in auditor.open("/admin/products/signature/")
