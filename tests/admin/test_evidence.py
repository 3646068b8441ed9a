"""Files and notes at the pages: attached, listed, handed out whole; outside reports and paper."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from products.actions.evidence import attach_evidence
from products.actions.go_live import declare_go_live
from products.actions.laboratories import (
    qualify_laboratory,
    record_report,
    register_laboratory,
)
from products.actions.notes import add_note
from products.actions.readings import save_readings, submit_run
from products.actions.transcriptions import transcribe
from products.domain.calculations import ReadingFacts
from products.models import Evidence, Note, OutsideReport, ReviewItem, Run
from tests.admin.pages import Page, Visitor, address, the_lot, typed_now, visitor
from tests.records import (
    ENDOTOXIN,
    VIABILITY,
    context,
    lot,
    now,
    opened_run,
    people,
    sample,
    submitted_run,
    today,
)

pytestmark = pytest.mark.django_db
TEXT = b"Endotoxin <0.05 EU/mL\nControls acceptable\n"


def sent(content: bytes = TEXT, name: str = "report.txt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/html")


def attached(run: Run, content: bytes = TEXT) -> Evidence:
    return attach_evidence(
        context(people().analyst), kind="run", key=run.number, name="report.txt", content=content
    )


def outside_run() -> Run:
    lot(criteria=[ENDOTOXIN])
    register_laboratory(
        context(people().quality), code="LAB-1", name="Contract Lab", address="1 Mill Road"
    )
    qualify_laboratory(
        context(people().quality),
        laboratory="LAB-1",
        qualified_from=today() - timedelta(days=30),
        qualified_until=today() + timedelta(days=30),
        document="AUD-4",
    )
    return opened_run(ENDOTOXIN, instrument="", laboratory="LAB-1")


def reported_run() -> Run:
    """An outside run with its report and its value, submitted."""
    run = outside_run()
    record_report(
        context(people().analyst),
        run=run.number,
        report_number="R-77",
        reported_on=today(),
        signed_by="Lena Lab",
        system="Endosafe",
        controls="acceptable",
        evidence=attached(run).pk,
    )
    save_readings(
        context(people().analyst), run=run.number, readings=[ReadingFacts("reported", "<0.05")]
    )
    submit_run(context(people().analyst), run=run.number)
    return run


def paper_run() -> Run:
    lot()
    declare_go_live(context(people().quality), site=the_lot().site.name, on=today())
    run = opened_run(
        instrument="", from_paper=True, performed_at=now() - timedelta(days=2), sample=old_sample()
    )
    scan = attached(run, b"Notebook of 2020")
    transcribe(
        context(people().analyst),
        kind="run",
        key=run.number,
        signatory="Olga Old",
        dated_on=today() - timedelta(days=2),
        evidence=scan.pk,
    )
    return run


def old_sample() -> str:
    return sample(stage=VIABILITY.stage).number


def run_page(run: Run, reader: str = "auditor") -> Page:
    return visitor(reader).open(address("run_change", run))


def test_a_file_is_attached_to_a_run_and_listed_with_its_hash() -> None:
    lot()
    run = submitted_run().run

    page = visitor("analyst").send(
        address("run_attach", run), file=sent(), description="Print of the counter"
    )

    row = Evidence.objects.get()
    assert f"report.txt is attached to run {run.number}; SHA-256 {row.sha256}." in page
    assert "Print of the counter" in page
    assert row.media_type == "text/plain"
    assert bytes(row.content) == TEXT


def test_a_file_is_attached_to_a_lot_and_shown_there_with_those_of_its_runs() -> None:
    lot()
    attached(submitted_run().run)

    page = visitor("quality").send(
        address("lot_attach", the_lot()), file=sent(b"Batch record", "batch.txt")
    )

    assert "batch.txt" in page
    assert "run EV-26-001-S1-R1 text/plain" in page


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"MZ\x90\x00", "is of a type that is not accepted"),
        (b"", "empty"),
    ],
)
def test_a_file_that_is_not_taken_is_refused(content: bytes, message: str) -> None:
    lot()

    page = visitor("analyst").send(address("lot_attach", the_lot()), file=sent(content))

    assert message in page.errors["file"][0]
    assert not Evidence.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lot()
    monkeypatch.setattr("products.admin.evidence.LARGEST", 10)

    page = visitor("analyst").send(address("lot_attach", the_lot()), file=sent())

    assert "report.txt has 42" in page.errors["file"][0]
    assert not Evidence.objects.exists()


def test_a_file_is_named() -> None:
    lot()

    page = visitor("analyst").send(address("lot_attach", the_lot()), file=None)

    assert page.errors["file"] == ["This field is required."]


def test_a_file_is_handed_out_whole_to_be_saved_and_never_shown() -> None:
    lot()
    row = attached(submitted_run().run)

    answer = Visitor(people().auditor).client.get(address("evidence_content", row))

    assert answer.content == TEXT
    assert answer["Content-Disposition"] == 'attachment; filename="report.txt"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Content-Type"] == "text/plain"


def test_the_page_of_a_file_names_its_record_and_hash() -> None:
    lot()
    row = attached(submitted_run().run)

    page = visitor("auditor").open(address("evidence_change", row))

    assert f"SHA-256 {row.sha256}" in page
    assert "Of run EV-26-001-S1-R1" in page
    assert address("evidence_content", row) in page.html


@pytest.mark.parametrize("how_many", [1, 8])
def test_the_list_of_files_reads_none_of_them(
    how_many: int, django_assert_max_num_queries: Any
) -> None:
    lot()
    run = submitted_run().run
    for number in range(how_many):
        attached(run, f"page {number}".encode())
    reader = visitor("auditor")

    with django_assert_max_num_queries(8) as queries:
        page = reader.open(address("evidence_changelist"))

    assert len(page.response.context["cl"].result_list) == how_many
    assert not any('"content"' in query["sql"] for query in queries.captured_queries)


def test_the_file_of_a_correction_is_chosen_among_those_attached() -> None:
    lot()
    run = submitted_run().run
    row = attached(run)

    page = visitor("analyst").sign(
        address("run_correct", run),
        reading_1="972",
        kind="transcription_error",
        evidence=str(row.pk),
    )

    assert "is signed" in page


def test_a_note_stays_with_its_author_and_is_never_edited() -> None:
    lot()
    run = submitted_run().run

    on_run = visitor("reviewer").send(address("run_note", run), text="Stain on\nthe print")
    on_lot = visitor("quality").send(address("lot_note", the_lot()), text="Courier was late")
    empty = visitor("quality").send(address("lot_note", the_lot()), text=" ")

    assert "Stain on the print Rita Romero, 20" in on_run
    assert "Courier was late Quentin Quality, 20" in on_lot
    assert f"Rita Romero, {Note.objects.first().recorded_at:%Y}" in on_lot  # type: ignore[union-attr]  # it exists
    assert "The note says nothing." in empty.errors["text"][0]


def test_a_note_is_text_and_no_markup() -> None:
    lot()
    add_note(context(people().analyst), lot="EV-26-001", text="<script>alert(1)</script>")

    page = visitor("auditor").open(address("lot_change", the_lot()))

    assert "<script>alert" not in page.html
    assert "<script>alert(1)</script>" in page


def test_a_run_of_an_outside_laboratory_is_opened_with_the_laboratory() -> None:
    lot(criteria=[ENDOTOXIN])
    register_laboratory(
        context(people().quality), code="LAB-1", name="Contract Lab", address="1 Mill Road"
    )
    drawn = sample(stage=ENDOTOXIN.stage)

    page = visitor("analyst").send(
        address("lot_open_run", the_lot()),
        sample=drawn.number,
        criterion="endotoxin",
        performed_at=typed_now(),
        performed_zone="UTC",
        laboratory="lab-1",
    )

    assert "is open. Enter its readings." in page
    assert "outside laboratory LAB-1" in page
    assert "reported_1" in page.fields


def test_the_report_is_transcribed_beside_its_file() -> None:
    run = outside_run()
    file = attached(run)
    analyst = visitor("analyst")
    stated = {
        "report_number": "R-77",
        "reported_on": f"{today()}",
        "signed_by": "Lena Lab",
        "system": "Endosafe",
        "controls": "acceptable",
    }

    without_file = analyst.send(address("run_report", run), **stated)
    page = analyst.send(address("run_report", run), evidence=str(file.pk), **stated)

    assert "Choose the file of the report." in without_file.errors["evidence"][0]
    assert without_file.fields["report_number"] == "R-77"
    assert f"Report R-77 is recorded on run {run.number}." in page
    assert "The report says that the controls were acceptable" in page
    assert OutsideReport.objects.get().evidence == file


def test_the_report_is_asked_for_until_it_is_transcribed() -> None:
    page = run_page(outside_run(), "analyst")

    assert "The signed report is not transcribed yet." in page
    assert "⇥ outside laboratory LAB-1" in page


def test_an_outside_value_is_reviewed_against_its_report() -> None:
    run = reported_run()
    reviewer = visitor("reviewer")

    page = reviewer.open(address("lot_review", the_lot()))
    refused = reviewer.sign(address("lot_review", the_lot()), runs=[run.number])
    signed = reviewer.sign(
        address("lot_review", the_lot()),
        runs=[run.number],
        compared_0=str(Evidence.objects.get().pk),
    )

    assert f"I compared the values of {run.number} with" in page
    assert "were transcribed. Name the report or scan" in refused.errors["compared_0"][0]
    assert "1 result is reviewed." in signed
    assert ReviewItem.objects.get().compared_with == Evidence.objects.get()
    assert "compared with report.txt" in run_page(run)


def test_an_outside_value_says_so_on_the_page_of_the_lot_and_in_the_list() -> None:
    reported_run()
    reader = visitor("auditor")

    assert "outside laboratory LAB-1" in reader.open(address("lot_change", the_lot()))
    assert "outside laboratory LAB-1" in reader.open(address("run_changelist"))


def test_what_is_from_paper_says_so_wherever_it_is_shown() -> None:
    run = paper_run()
    reader = visitor("auditor")

    for page in (
        run_page(run),
        reader.open(address("lot_change", the_lot())),
        reader.open(address("run_changelist")),
    ):
        assert "▤ from paper" in page
    assert "signed by Olga Old on 20" in run_page(run)
    assert "not verified by a second person yet" in run_page(run)


def test_a_transcription_waits_for_its_second_person() -> None:
    paper_run()

    assert "Transcriptions from paper to verify 1 TR-1" in visitor("quality").open("/admin/")
