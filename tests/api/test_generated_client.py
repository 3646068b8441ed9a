"""A client that a public generator makes from the description, and the main job done with it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections

from products.models import Lot, User
from tests.accounts import PASSWORD
from tests.api.clients import token_for
from tests.api.description import description
from tests.records import ZONE, approved_specification, people, source, today

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = ROOT / "docs/tools/openapi-python-client.yml"
PACKAGE = "exolot_client"
REASON = "As the procedure says"
NUMBERS = ("GC-26-001", "GC-26-002", "GC-26-003", "GC-26-004")


@pytest.fixture
def generated(tmp_path: Path) -> Iterator[None]:
    """The package, made without a warning."""
    (tmp_path / "schema.json").write_text(json.dumps(description()))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    options = ["--path", "schema.json", "--config", str(SETTINGS), "--output-path", PACKAGE]
    made = subprocess.run(
        [*command, *options, "--fail-on-warning"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "WARNING" not in made.stdout, made.stdout
    sys.path.insert(0, str(tmp_path))
    yield
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """A server closes old connections with each request; a test's own is to be kept."""
    ends = (signals.request_started, signals.request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    yield
    for end in ends:
        end.connect(close_old_connections)


class Generated:
    """The generated client of one account, each operation by the name in the description."""

    def __init__(self, account: User, scope: str = "write") -> None:
        self.client = importlib.import_module(PACKAGE).AuthenticatedClient(
            base_url="http://testserver",
            token=token_for(account, scope),
            raise_on_unexpected_status=True,
            httpx_args={"transport": httpx.WSGITransport(app=WSGIHandler())},
        )

    def answer(self, operation: str, *names: str, **given: Any) -> Any:
        return operation_of(operation).sync_detailed(*names, client=self.client, **given)

    def ask(self, operation: str, *names: str, **given: Any) -> Any:
        """The parsed record of an answer that is no problem."""
        found = self.answer(operation, *names, **given)
        assert found.status_code < 300, found.content
        return found.parsed

    def etag(self, lot: str) -> str:
        return str(self.answer("read_lot", lot).headers["ETag"])


def operation_of(name: str) -> Any:
    tag = next(
        operation["tags"][0]
        for item in description()["paths"].values()
        for operation in item.values()
        if operation.get("operationId") == name
    )
    area = tag.lower().replace(" ", "_").replace(",", "")
    return importlib.import_module(f"{PACKAGE}.api.{area}.{name}")


def shape(of: str, /, **fields: Any) -> Any:
    return getattr(importlib.import_module(f"{PACKAGE}.models"), of)(**fields)


def signed(of: str, /, **fields: Any) -> Any:
    return shape(of, reason=REASON, password=PASSWORD, **fields)


def registered(analyst: Generated, number: str) -> Any:
    lot = {"number": number, "product": "EXO-1", "made_on": today(), "vials": 40}
    expires = f"{today() + timedelta(days=365)}"
    body = shape("LotBodyRequest", **lot, sources=[source().number], expires=expires)
    return analyst.ask("register_lot", body=body)


def recorded(analyst: Generated, lot: str) -> str:
    """The number of a run, with cells counted and submitted."""
    at = datetime.now(UTC)
    drawn = {"stage": shape("Stage", value="parent_cells"), "container": "Cryovial"}
    sample = analyst.ask(
        "draw_sample", lot, body=shape("SampleBodyRequest", **drawn, drawn_at=at, drawn_zone=ZONE)
    )
    opened = {"criterion": "viability", "instrument": "NTA-7"}
    run = analyst.ask(
        "open_run",
        sample.number,
        body=shape(
            "RunBodyRequest",
            purpose=shape("Purpose", value="release"),
            performed_at=at,
            performed_zone=ZONE,
            **opened,
        ),
    )
    counts = {"live": "982", "dead": "18"}
    readings = [shape("ReadingPartRequest", name=name, value=n) for name, n in counts.items()]
    saved = analyst.ask(
        "save_readings", run.number, body=shape("ReadingsBodyRequest", readings=readings)
    )
    assert [reading.value for reading in saved.readings] == ["982", "18"]
    submitted = analyst.ask(
        "submit_run", run.number, body=shape("SubmissionBodyRequest", reason="")
    )
    assert submitted.results[-1].verdict == "pass"
    return str(run.number)


def do_the_main_job(number: str) -> None:
    analyst, quality = Generated(people().analyst), Generated(people().quality)
    reviewer = Generated(people().reviewer)
    assert str(registered(analyst, number).made_on) == f"{today()}"
    run = recorded(analyst, number)
    reviewer.ask(
        "review_results",
        number,
        body=signed("ReviewBodyRequest", runs=[run]),
        if_match=reviewer.etag(number),
    )

    key, seen = str(uuid.uuid4()), quality.etag(number)
    release = signed("ReleaseBodyRequest")
    first, again = (
        quality.answer("release_lot", number, body=release, idempotency_key=key, if_match=seen)
        for _ in range(2)
    )

    assert first.parsed.status == again.parsed.status == "released"
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Lot.objects.get(number=number).decision_number == 1
    auditor = Generated(people().auditor, "read")
    read = auditor.ask("read_lot", number)
    assert read.basis == "investigational, under a US IND (IND 12345)"
    assert read.decisions[0].signature.printed_name == "Quentin Quality"
    evaluation = auditor.ask("evaluate_lot", number)
    assert {rule.outcome for rule in evaluation.rules} == {"met", "decided_at_signing"}
    results = auditor.ask("read_lot_results", number)
    assert results.categories[0].criteria[0].limit == "≥ 90.0 %"


def follow_a_list_to_its_end() -> None:
    analyst = Generated(people().analyst)
    for number in NUMBERS[1:]:
        registered(analyst, number)
    asked = {"product": ["EXO-1"], "page_size": 2, "order": shape("ListLotsOrder", value="number")}
    asked["status"] = [shape("ListLotsStatusItem", value="quarantined")]

    first = analyst.ask("list_lots", **asked)
    cursor = httpx.URL(first.next_).params["cursor"]
    second = analyst.ask("list_lots", **asked, cursor=cursor)

    assert [row.number for page in (first, second) for row in page.results] == list(NUMBERS[1:])
    assert second.next_ is None


def get_problems_as_what_they_are(number: str) -> None:
    quality = Generated(people().quality)
    reject, seen = signed("RejectionBodyRequest"), quality.etag(number)
    release = signed("ReleaseBodyRequest")

    blocked = quality.answer("release_lot", number, body=release, if_match=seen).parsed
    stale = quality.answer("reject_lot", number, body=reject, if_match='"0.0-x-0"').parsed
    unseen = quality.answer("reject_lot", number, body=reject, if_match="").parsed
    unknown = quality.answer("read_lot", "NOPE").parsed

    assert (blocked.status, blocked.code) == (409, "release_blocked")
    assert "missing" in {block.code.rpartition("_")[2] for block in blocked.blocks}
    assert (stale.status, stale.code) == (412, "stale_version")
    assert (unseen.status, unseen.code) == (428, "precondition_required")
    assert (unknown.status, unknown.code) == (404, "not_found")


@pytest.mark.usefixtures("generated")
def test_a_generated_client_does_the_main_job_reads_lists_and_understands_refusals() -> None:
    """One test: the client is generated once."""
    approved_specification()

    do_the_main_job(NUMBERS[0])
    follow_a_list_to_its_end()
    get_problems_as_what_they_are(NUMBERS[1])
