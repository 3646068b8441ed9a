"""Records from paper at the pages: named with their scan, verified beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from products.models import Transcription, Verification
from tests.admin.pages import Page, address, visitor
from tests.outside import go_live, paper_result, scan, transcribed, verified
from tests.records import lot, people, source, today

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
KEYS = {
    "specification": ("EXO-1 v1", "Specification EXO-1 version 1"),
    "method": ("VIA-01 v1", "Method VIA-01 version 1"),
    "determination": ("D-0042 v1", "Determination 1 of donor D-0042"),
    "source": ("UC-0042", "Tissue source UC-0042"),
}


@pytest.fixture
def paper() -> Transcription:
    """Of a run, typed in by the analyst."""
    lot()
    return transcribed("run", paper_result().run.number)


def adding(kind: str, key: str) -> str:
    return f"{address('transcription_add')}?{urlencode({'kind': kind, 'key': key})}"


def record(kind: str, key: str, evidence: UUID | str, **changes: Any) -> Page:
    typed = {"signatory": "P. Pfeiffer", "dated_on": f"{today() - 2 * DAY}"} | changes
    return visitor("analyst").send(adding(kind, key), evidence=str(evidence), **typed)


def verify(row: Transcription, username: str = "reviewer", **changes: Any) -> Page:
    return visitor(username).sign(
        address("transcription_verify", row), **({"outcome": "confirmed"} | changes)
    )


def test_the_first_page_asks_which_record() -> None:
    lot()
    run = paper_result().run

    page = visitor("analyst").open(address("transcription_add"))

    assert "Which record is the paper the original of?" in page
    assert f'<option value="{run.number}">' in page.html


@pytest.mark.parametrize(
    ("kind", "key", "field", "message"),
    [
        ("page", "1", "kind", "'page' is not one of"),
        ("run", "EV-9", "key", "There is no run 'EV-9'."),
        ("specification", "EXO-1", "key", "names no version. Write the code, then v"),
        ("method", "VIA-01 v9", "key", "has no version 9"),
        ("determination", "D-0042 v9", "key", "has no determination 9"),
        ("source", "", "key", "There is no tissue source ''"),
        ("source", "\x00", "key", "Null characters"),
    ],
)
def test_a_record_that_does_not_exist_is_asked_for_again(
    kind: str, key: str, field: str, message: str
) -> None:
    lot()

    page = visitor("analyst").open(address("transcription_add"), kind=kind, key=key)

    assert message in page.errors[field][0]
    assert page.fields["key"] == key


@pytest.mark.parametrize("kind", KEYS)
def test_paper_is_named_from_the_page_of_its_record(kind: str) -> None:
    lot()
    go_live()
    source()
    key, name = KEYS[kind]
    attached = scan("donor", "D-0042") if kind == "determination" else scan(kind, key)

    page = record(kind, key, attached)

    made = Transcription.objects.get()
    assert f"{made.number} is recorded. It counts once another person has verified it." in page
    assert name in page
    assert "! Waits for a second person" in page
    assert "P. Pfeiffer" in page


def test_only_scans_of_the_record_are_offered() -> None:
    lot()
    go_live()
    scan("source", source().number)
    scan("site", "Main site")

    page = visitor("analyst").open(adding("source", "UC-0042"))

    form = page.response.context["form"]
    assert len(form.fields["evidence"].widget.choices) == 2  # "choose" and the one


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"evidence": ""}, "evidence", "Choose the scan."),
        ({"evidence": "x"}, "evidence", "valid UUID"),
        ({"dated_on": f"{today()}"}, "dated_on", "records here since"),
        ({"dated_on": ""}, "dated_on", "required"),
        ({"signatory": ""}, "signatory", "Signatory"),
    ],
)
def test_a_bad_transcription_is_refused_and_stays_typed(
    typed: dict[str, str], field: str, message: str
) -> None:
    lot()
    go_live()
    attached = scan("source", source().number)

    page = record("source", "UC-0042", **({"evidence": attached} | typed))

    assert message in page.errors[field][0]
    assert page.fields["signatory"] == typed.get("signatory", "P. Pfeiffer")
    assert Transcription.objects.count() == 0


def test_without_a_go_live_date_nothing_is_transcribed() -> None:
    lot()
    attached = scan("source", source().number)

    page = record("source", "UC-0042", attached)

    assert "has no signed go-live date" in page
    assert Transcription.objects.count() == 0


def test_a_record_that_is_transcribed_already_says_so_on_its_page() -> None:
    lot()
    go_live()
    transcribed("source", source().number)

    page = visitor("analyst").open(address("tissuesource_change", source()))

    assert "Name the paper original: it is transcribed already, as TR-1." in page
    assert "signed by P. Pfeiffer on" in page
    assert "no second person has verified it yet" in page


def test_what_was_transcribed_stands_beside_the_scan(paper: Transcription) -> None:
    page = visitor("reviewer").open(address("transcription_verify", paper))

    assert address("evidence_content", paper.evidence) in page.html
    assert paper.evidence.sha256 in page
    assert "982" in page
    assert "You may not sign this" not in page


def test_a_second_person_confirms_under_signature(paper: Transcription) -> None:
    page = verify(paper)

    assert "TR-1 is confirmed; your signature is recorded." in page
    assert "✓ Verified" in page
    assert "Rita Romero" in page


def test_a_refusal_says_what_differs(paper: Transcription) -> None:
    silent = verify(paper, outcome="refused")
    page = verify(paper, outcome="refused", comment="The scan shows 928 live cells")

    assert "State what differs" in silent.errors["comment"][0]
    assert "TR-1 is refused" in page
    assert "✕ Refused" in page
    assert "The scan shows 928 live cells" in page


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"outcome": ""}, "outcome", "is not one of"),
        ({"outcome": "fine"}, "outcome", "'fine' is not one of"),
        ({"password": "wrong"}, "password", "The password is not that of reviewer"),
        ({"reason": ""}, "reason", "eason"),
    ],
)
def test_a_bad_verification_is_refused(
    paper: Transcription, typed: dict[str, str], field: str, message: str
) -> None:
    page = verify(paper, **({"comment": "Compared line by line"} | typed))

    assert message in page.errors[field][0]
    assert page.fields["comment"] == "Compared line by line"
    assert Verification.objects.count() == 0


def test_who_transcribed_does_not_verify() -> None:
    lot()
    go_live()
    row = transcribed("source", source().number, by=people().quality)

    page = verify(row, "quality")

    assert "You may not sign this: you transcribed it" in page
    assert "Another person verifies it." in page
    assert Verification.objects.count() == 0


def test_those_that_wait_come_first() -> None:
    lot()
    go_live()
    waiting = transcribed("source", source().number)
    done = transcribed("specification", "EXO-1 v1")
    verified(done)
    reader = visitor("auditor")

    every = reader.open(address("transcription_changelist"))
    only = reader.open(address("transcription_changelist"), waiting="yes")
    signed = reader.open(address("transcription_changelist"), waiting="no", kind="specification")

    assert [row.number for row in every.response.context["cl"].result_list] == [
        waiting.number,
        done.number,
    ]
    assert [row.number for row in only.response.context["cl"].result_list] == [waiting.number]
    assert [row.number for row in signed.response.context["cl"].result_list] == [done.number]


@pytest.mark.parametrize("kinds", [["source"], [*KEYS]])
def test_the_list_asks_a_bounded_number_of_questions(
    kinds: list[str], django_assert_max_num_queries: Any
) -> None:
    lot()
    go_live()
    source()
    for kind in kinds:
        transcribed(kind, KEYS[kind][0], "D-0042" if kind == "determination" else "")
    reader = visitor("auditor")

    with django_assert_max_num_queries(8):
        page = reader.open(address("transcription_changelist"))

    assert f"TR-{len(kinds)}" in page


@pytest.mark.parametrize("kind", KEYS)
def test_every_kind_of_record_is_shown_to_the_second_person(kind: str) -> None:
    lot()
    go_live()
    source()
    row = transcribed(kind, KEYS[kind][0], "D-0042" if kind == "determination" else "")

    page = verify(row)

    assert KEYS[kind][1] in page
    assert "✓ Verified" in page


def test_the_page_of_a_run_from_paper_leads_to_naming_its_original() -> None:
    lot()
    go_live()
    run = paper_result().run

    page = visitor("analyst").open(address("run_change", run))

    assert f"{address('transcription_add')}?kind=run&amp;key={run.number}" in page.html


def test_what_waits_to_be_verified_leads_to_its_page(paper: Transcription) -> None:
    page = visitor("reviewer").open("/admin/")

    assert address("transcription_change", paper) in page.html
