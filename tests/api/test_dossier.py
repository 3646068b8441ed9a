"""A lot's dossier: whole, unaltered, judged the same again, and safe to unpack."""

from __future__ import annotations

import io
import json
import re
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath
from zipfile import ZipFile

import pytest

from products.actions.dispositions import release_lot
from products.actions.evidence import attach_evidence
from products.actions.notes import add_note
from products.actions.reviews import review_results
from products.domain.loading import lot_facts_from
from products.domain.release import evaluate
from products.domain.tlog import parse_proof
from tests.api.clients import BASE, ApiClient, client_of, refusal
from tests.api.test_as_of import released_lot, sealed
from tests.records import VIABILITY, context, lot, people, submitted_run

pytestmark = pytest.mark.django_db
SCAN = b"%PDF-1.7 a scan"
HOSTILE = "../../etc/cron.d/<script>alert(1)</script>.pdf"
"""As a browser of bad will would name a file; only its last part is kept as a name."""


def taken(client: ApiClient, number: str) -> ZipFile:
    answer = client.get(f"lots/{number.replace('/', '~')}/dossier/")
    assert answer.status_code == 200, answer.content
    return ZipFile(io.BytesIO(answer.getvalue()))


@pytest.fixture
def auditor() -> ApiClient:
    return client_of("auditor")


def test_a_dossier_judges_its_lot_to_the_bytes_that_are_stored(auditor: ApiClient) -> None:
    number = lot(criteria=[VIABILITY]).number
    run = submitted_run().run
    review_results(context(people().reviewer), lot=number, runs=[run.number])
    before = taken(auditor, number)
    decision = release_lot(context(people().quality), lot=number)
    after = taken(auditor, number)

    # As the signer was shown it, from the facts of just before; and as it stands since.
    for archive, name in ((before, "decisions/001-evaluation.json"), (after, "evaluation.json")):
        content = after.read(name)
        facts = archive.read("facts.json")
        told = json.loads(content)
        at = datetime.fromisoformat(told["at"])
        assert evaluate(lot_facts_from(facts), at).to_bytes() == content
        assert sha256(facts).hexdigest() == told["inputs_sha256"]
    assert after.read("decisions/001-evaluation.json") == bytes(decision.evaluation)


def test_every_file_is_as_its_sum_says_and_none_is_left_out(auditor: ApiClient) -> None:
    sealed()
    number = released_lot()
    add_note(context(people().analyst), lot=number, text="<b>=1+1</b>")
    attach_evidence(context(people().analyst), kind="lot", key=number, name=HOSTILE, content=SCAN)
    sealed()

    archive = taken(auditor, number)

    lines = [line.split("  ") for line in archive.read("SHA256SUMS").decode().splitlines()]
    listed = {name: digest for digest, name in lines}
    assert [*listed, "SHA256SUMS"] == archive.namelist()
    assert {name: sha256(archive.read(name)).hexdigest() for name in listed} == listed
    assert_safe(archive)
    assert_whole(archive, number)


def assert_safe(archive: ZipFile) -> None:
    for name in archive.namelist():
        path = PurePosixPath(name)
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert re.fullmatch(r"[A-Za-z0-9._/-]+", name)
    page = archive.read("index.html").decode()
    assert "<script" not in page
    assert "&lt;b&gt;=1+1&lt;/b&gt;" in page


def assert_whole(archive: ZipFile, number: str) -> None:
    (file,) = json.loads(archive.read("files.json"))
    assert archive.read(file["file"]) == SCAN
    signatures = json.loads(archive.read("signatures.json"))
    digests = {
        sha256(archive.read(name)).hexdigest()
        for name in archive.namelist()
        if name.startswith("signatures/")
    }
    assert digests == {signature["content_sha256"] for signature in signatures}
    assert len(signatures) >= 2
    for part in ("results", "runs", "samples", "reviews", "decisions", "notes"):
        assert archive.read(f"records/{part}.jsonl"), part
        assert archive.read(f"records/{part}.csv").count(b"\r\n") >= 2, part
    assert json.loads(archive.read("lot.json"))["number"] == number
    entries = [json.loads(line) for line in archive.read("trail/entries.jsonl").splitlines()]
    proofs = [name for name in archive.namelist() if name.endswith(".tlog-proof")]
    assert len(proofs) == len(entries) > 5
    proof = parse_proof(archive.read(proofs[0]).decode())
    assert proofs[0].startswith(f"trail/{proof.index:09d}-")


def test_what_the_lot_rests_on_is_there_as_it_was_signed(auditor: ApiClient) -> None:
    number = released_lot()
    for kind, key in (("specification", "EXO-1 v1"), ("method", "VIA-01 v1")):
        content = SCAN + kind.encode()
        attach_evidence(
            context(people().analyst), kind=kind, key=key, name=f"{kind}.pdf", content=content
        )

    archive = taken(auditor, number)

    grounds = json.loads(archive.read("grounds.json"))
    digests = [
        sha256(archive.read(name)).hexdigest()
        for name in archive.namelist()
        if name.startswith("grounds/")
    ]
    assert [one["content_sha256"] for one in grounds] == digests
    assert {one["kind"] for one in grounds} == {
        *("specification_version", "method_version", "training", "determination")
    }
    files = {
        one["belongs_to"]: archive.read(one["file"])
        for one in json.loads(archive.read("files.json"))
    }
    assert files == {"EXO-1 v1": SCAN + b"specification", "VIA-01 v1": SCAN + b"method"}


def test_who_may_not_read_the_trail_gets_the_rest(auditor: ApiClient) -> None:
    lot("A/1")

    archive = taken(client_of("analyst"), "A/1")

    assert not [name for name in archive.namelist() if name.startswith("trail/")]
    assert b"may not read the whole trail" in archive.read("README.txt")
    assert [name for name in taken(auditor, "A/1").namelist() if name.startswith("trail/")]


def test_there_is_no_dossier_of_no_lot_or_of_the_past(auditor: ApiClient) -> None:
    assert refusal(auditor.get("lots/NOPE/dossier/")) == (404, "not_found")
    past = auditor.get("lots/NOPE/dossier/", {"as_of": "2026-01-01T00:00:00Z"})
    assert refusal(past) == (400, "no_past")
    assert auditor.http.get(f"{BASE}/lots/NOPE/dossier/?format=csv").status_code == 422
