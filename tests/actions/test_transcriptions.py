"""Records from paper: only of before the go-live date, and verified by a second person."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from products.actions.dispositions import release_lot
from products.actions.go_live import declare_go_live
from products.actions.methods import draft_method_version
from products.actions.readings import save_readings
from products.actions.retractions import retract_run
from products.actions.reviews import return_run, review_results
from products.actions.runs import discard_run
from products.actions.second_signatures import sign_second
from products.actions.sites import register_site
from products.actions.specifications import draft_specification
from products.actions.transcriptions import verify_transcription
from products.domain.errors import (
    ConflictError,
    DomainError,
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    SeparationOfDutiesError,
    SignatureRefusedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.domain.roles import Role
from products.models import GoLive, Lot, Transcription, Verification
from tests.outside import SITE, go_live, paper_result, scan, transcribed, verified
from tests.records import (
    VIABILITY,
    approved_method,
    context,
    counted,
    lot,
    now,
    opened_run,
    people,
    product,
    second_account,
    source,
    submitted_run,
    today,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LOT = "EV-26-001"
RUN = f"{LOT}-S1-R1"


@pytest.fixture
def paper() -> Transcription:
    """A run typed in from paper by the analyst, with its scan, not verified yet."""
    lot()
    return transcribed("run", paper_result().run.number)


def test_a_go_live_date_is_signed_for_a_site() -> None:
    found = go_live(today() - DAY)

    assert (found.site.name, found.on) == (SITE, today() - DAY)
    assert found.signature.meaning == "Go-live declared"


def test_a_go_live_date_is_declared_once() -> None:
    go_live()

    with pytest.raises(DuplicateError, match="records here since"):
        declare_go_live(context(people().quality2), site=SITE, on=today() - DAY)


def test_a_go_live_date_is_not_declared_ahead() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        go_live(today() + DAY)

    assert (refusal.value.code, refusal.value.field) == ("in_future", "on")
    assert not GoLive.objects.exists()


def test_each_site_has_a_go_live_date_of_its_own() -> None:
    register_site(context(people().admin), name="Annex", zone="Europe/Berlin")
    go_live()

    other = declare_go_live(context(people().quality), site="Annex", on=today() - DAY)

    assert other.signature.zone == "Europe/Berlin"


def test_an_analyst_declares_no_go_live_date() -> None:
    with pytest.raises(NotPermittedError):
        declare_go_live(context(people().analyst), site=SITE, on=today())


def test_a_transcription_keeps_the_original_date_signatory_and_scan(paper: Transcription) -> None:
    paper.refresh_from_db()

    assert (paper.number, paper.kind, paper.signatory) == ("TR-1", "run", "P. Pfeiffer")
    assert paper.dated_on == today() - 2 * DAY
    assert paper.evidence.run == paper.run
    assert paper.recorded_by == people().analyst


@pytest.mark.parametrize(
    ("kind", "key", "column"),
    [
        ("specification", "exo-1 v1", "specification"),
        ("method", " VIA-01 v1 ", "method_version"),
        ("determination", "d-0042 v1", "determination"),
        ("source", "uc-0042", "source"),
    ],
)
def test_documents_determinations_and_sources_are_named_as_people_write_them(
    kind: str, key: str, column: str
) -> None:
    lot()
    go_live()
    owner = "D-0042" if kind == "determination" else ""

    made = transcribed(kind, key, owner)

    assert getattr(made, column) is not None


@pytest.mark.parametrize(
    ("kind", "key", "error"),
    [
        ("page", "1", InvalidValueError),
        ("run", "EV-99-S1-R1", UnknownReferenceError),
        ("source", "UC-99", UnknownReferenceError),
        ("specification", "EXO-1", InvalidValueError),
        ("specification", "EXO-1 v0", InvalidValueError),
        ("specification", "EXO-1 v9", UnknownReferenceError),
        ("specification", "EXO-9 v1", UnknownReferenceError),
        ("method", "VIA-01 version 1", InvalidValueError),
        ("method", "VIA-01 v9", UnknownReferenceError),
        ("determination", "D-0042 v9", UnknownReferenceError),
        ("determination", "D-0099 v1", UnknownReferenceError),
    ],
)
def test_a_record_that_does_not_exist_is_not_transcribed(
    kind: str, key: str, error: type[DomainError]
) -> None:
    lot()
    go_live()

    with pytest.raises(error):
        transcribed(kind, key, evidence=uuid4())

    assert not Transcription.objects.exists()


def test_without_a_go_live_date_nothing_is_transcribed() -> None:
    lot()

    with pytest.raises(ConflictError, match="no signed go-live date") as refusal:
        transcribed("source", "UC-0042")

    assert refusal.value.code == "go_live_missing"


@pytest.mark.parametrize("kind", ["run", "source"])
def test_paper_of_the_go_live_date_is_refused(kind: str) -> None:
    lot()
    number = paper_result().run.number

    with pytest.raises(InvalidValueError, match="records here since") as refusal:
        transcribed(kind, {"run": number, "source": "UC-0042"}[kind], dated_on=today())

    assert (refusal.value.code, refusal.value.field) == ("not_before_go_live", "dated_on")


def test_what_belongs_to_no_site_is_of_before_the_go_live_of_the_first() -> None:
    lot()
    register_site(context(people().admin), name="Annex", zone="UTC")
    declare_go_live(context(people().quality), site="Annex", on=today())

    with pytest.raises(ConflictError, match=f"The site {SITE} has no signed go-live date"):
        transcribed("source", "UC-0042")


def test_paper_is_not_dated_before_the_run_that_it_reports() -> None:
    lot()
    number = paper_result().run.number

    with pytest.raises(InvalidValueError, match=f"before run {number} was performed") as refusal:
        transcribed("run", number, dated_on=today() - 5 * DAY)

    assert refusal.value.field == "dated_on"


def test_a_record_has_one_transcription(paper: Transcription) -> None:
    with pytest.raises(DuplicateError, match=f"Run {RUN} is transcribed already, as TR-1"):
        transcribed("run", RUN, evidence=paper.evidence_id)


@pytest.mark.parametrize(
    ("kind", "key", "owner"),
    [
        ("run", RUN, ("lot", "EV-26-001")),
        ("specification", "EXO-1 v1", ("method", "VIA-01 v1")),
        ("method", "VIA-01 v1", ("specification", "EXO-1 v1")),
        ("determination", "D-0042 v1", ("source", "UC-0042")),
        ("source", "UC-0042", ("donor", "D-0042")),
    ],
)
def test_the_scan_is_attached_to_the_record_itself(
    kind: str, key: str, owner: tuple[str, str]
) -> None:
    lot()
    paper_result()
    elsewhere = scan(*owner)

    with pytest.raises(InvalidValueError, match="is not attached to this record") as refusal:
        transcribed(kind, key, evidence=elsewhere)

    assert refusal.value.field == "evidence"


def test_the_scan_of_another_record_of_the_same_kind_is_refused() -> None:
    lot()
    source("UC-0043")
    go_live()

    with pytest.raises(InvalidValueError, match="is not attached to this record"):
        transcribed("source", "UC-0042", evidence=scan("source", "UC-0043"))


def test_a_transcription_names_its_signatory() -> None:
    lot()
    go_live()

    with pytest.raises(InvalidValueError) as refusal:
        transcribed("source", "UC-0042", signatory=" ")

    assert refusal.value.field == "signatory"


def test_a_run_recorded_here_is_no_transcription() -> None:
    lot()
    go_live()
    number = submitted_run().run.number

    with pytest.raises(InvalidValueError, match="was recorded here") as refusal:
        transcribed("run", number)

    assert refusal.value.field == "key"


def test_a_discarded_run_is_not_transcribed() -> None:
    lot()
    go_live()
    run = opened_run(from_paper=True, performed_at=now() - 3 * DAY)
    file = scan("run", run.number)
    discard_run(context(people().analyst, "Wrong page"), run=run.number)

    with pytest.raises(WrongStatusError, match="was discarded"):
        transcribed("run", run.number, evidence=file)


def test_a_draft_is_approved_before_it_is_transcribed() -> None:
    approved_method()
    product()
    go_live()
    by = context(people().analyst)
    draft_method_version(by, method="VIA-01", document="SOP-2", formula="viability", unit="%")
    draft_specification(
        by, product="EXO-1", document="SPEC-1", effective_from=today(), criteria=[VIABILITY]
    )

    for kind, key in (("method", "VIA-01 v2"), ("specification", "EXO-1 v1")):
        with pytest.raises(WrongStatusError, match="is a draft"):
            transcribed(kind, key)


def test_another_person_verifies_under_signature(paper: Transcription) -> None:
    made = verified(paper)

    assert (made.outcome, made.signature.meaning) == ("confirmed", "Confirmed against the source")
    signed = bytes(made.signature.content)
    assert paper.evidence.sha256.encode() in signed
    assert b'"name":"live"' in signed
    assert b'"text":"982"' in signed


@pytest.mark.parametrize(
    ("kind", "key", "shown"),
    [
        ("specification", "EXO-1 v1", b'"lower":"90.0"'),
        ("method", "VIA-01 v1", b'"formula":"viability"'),
        ("determination", "D-0042 v1", b'"summary_of_records":"SOR-17"'),
        ("source", "UC-0042", b'"kind":"umbilical_cord"'),
    ],
)
def test_the_signature_holds_what_was_compared(kind: str, key: str, shown: bytes) -> None:
    lot()
    go_live()
    row = transcribed(kind, key, "D-0042" if kind == "determination" else "")

    made = verified(row)

    assert shown in bytes(made.signature.content)


def test_a_transcription_is_signed_for_once(paper: Transcription) -> None:
    verified(paper)

    with pytest.raises(DuplicateError, match="TR-1 is signed for already"):
        verified(paper, by=people().quality)


def test_the_transcriber_does_not_verify_by_a_second_account(paper: Transcription) -> None:
    own = second_account(people().analyst, "anna-reviews", Role.REVIEWER)

    with pytest.raises(SeparationOfDutiesError, match="Anna Alvarez transcribed TR-1"):
        verified(paper, by=own)

    assert not Verification.objects.exists()


def test_who_typed_a_reading_of_the_run_does_not_verify_it() -> None:
    lot()
    run = paper_result(by=people().analyst2).run
    row = transcribed("run", run.number)
    own = second_account(people().analyst2, "ben-reviews", Role.REVIEWER)

    with pytest.raises(SeparationOfDutiesError, match="Ben Baker"):
        verified(row, by=own)


def test_who_transcribed_a_document_does_not_verify_it() -> None:
    lot()
    go_live()
    row = transcribed("specification", "EXO-1 v1", by=people().quality)

    with pytest.raises(SeparationOfDutiesError, match="Quentin Quality"):
        verified(row, by=people().quality)


def test_who_reviewed_a_run_from_paper_does_not_transcribe_it() -> None:
    lot()
    run = paper_result().run
    file = scan("run", run.number)
    row = transcribed("run", run.number, evidence=file)
    review_results(
        context(people().reviewer),
        lot="EV-26-001",
        runs=[row.run.number if row.run else ""],
        compared={run.number: file},
    )
    own = second_account(people().reviewer, "rita-analyst", Role.ANALYST)

    with pytest.raises(SeparationOfDutiesError, match="Rita Romero reviewed run"):
        transcribed("run", run.number, evidence=file, by=own)


def test_a_run_without_a_final_result_is_not_verified() -> None:
    lot()
    go_live()
    run = opened_run(from_paper=True, performed_at=now() - 3 * DAY)
    save_readings(context(people().analyst), run=run.number, readings=counted())
    row = transcribed("run", run.number)

    with pytest.raises(WrongStatusError, match="has no final result that stands"):
        verified(row)


def test_a_returned_run_is_not_verified(paper: Transcription) -> None:
    return_run(context(people().reviewer), run=RUN, comment="Second page is missing")

    with pytest.raises(WrongStatusError, match="has no final result that stands"):
        verified(paper)


def test_a_refusal_says_what_differs(paper: Transcription) -> None:
    with pytest.raises(InvalidValueError, match="State what differs") as refusal:
        verified(paper, outcome="refused", comment=" ")

    assert refusal.value.field == "comment"


def test_a_refused_transcription_stays_blocked(paper: Transcription) -> None:
    made = verified(paper, outcome="refused", comment="The page says 928 live cells")

    assert made.signature.meaning == "Refused after comparison with the source"
    with pytest.raises(DuplicateError, match="signed for already"):
        verified(paper, by=people().quality)


def test_an_outcome_is_confirmed_or_refused(paper: Transcription) -> None:
    with pytest.raises(InvalidValueError, match="confirmed, refused"):
        verified(paper, outcome="fine")


def test_an_unknown_transcription_is_not_verified(paper: Transcription) -> None:
    paper.number = "TR-9"

    with pytest.raises(UnknownReferenceError, match="no transcription 'TR-9'"):
        verified(paper)


def test_verifying_asks_for_the_password(paper: Transcription) -> None:
    with pytest.raises(SignatureRefusedError):
        verify_transcription(
            context(people().reviewer, password="guess"),
            transcription=paper.number,
            outcome="confirmed",
        )


@pytest.mark.parametrize(
    ("kind", "key"),
    [("run", RUN), ("specification", "EXO-1 v1"), ("method", "VIA-01 v1")],
)
def test_verifying_judges_the_lots_that_rest_on_the_record_again(kind: str, key: str) -> None:
    lot()
    paper_result()
    row = transcribed(kind, key)
    before = Lot.objects.get(number="EV-26-001").version

    verified(row)

    assert Lot.objects.get(number="EV-26-001").version == before + 1


def codes() -> set[str]:
    return {block["code"] for block in Lot.objects.get(number="EV-26-001").blocks}


def review(row: Transcription) -> None:
    review_results(
        context(people().reviewer),
        lot="EV-26-001",
        runs=[RUN],
        compared={RUN: row.evidence_id},
    )


def test_a_run_from_paper_blocks_until_a_second_person_has_verified_it() -> None:
    lot()
    paper_result()
    assert "paper_unverified" in codes()
    row = transcribed("run", RUN)
    review(row)
    assert "paper_unverified" in codes()

    verified(row, by=people().quality2)

    assert "paper_unverified" not in codes()


def test_a_refused_transcription_blocks_for_good(paper: Transcription) -> None:
    verified(paper, outcome="refused", comment="The page says 928 live cells")

    assert "paper_unverified" in codes()


def test_a_method_counts_from_its_original_date_once_verified(paper: Transcription) -> None:
    row = transcribed("method", "VIA-01 v1", dated_on=today() - 9 * DAY)
    assert "method_not_approved" in codes()

    verified(row)

    assert "method_not_approved" not in codes()


def test_a_refused_original_date_of_a_method_does_not_count(paper: Transcription) -> None:
    row = transcribed("method", "VIA-01 v1", dated_on=today() - 9 * DAY)

    verified(row, outcome="refused", comment="The page shows no date")

    assert "method_not_approved" in codes()


def test_a_run_from_paper_may_release_a_lot_when_every_second_person_has_signed(
    paper: Transcription,
) -> None:
    verified(transcribed("method", "VIA-01 v1", dated_on=today() - 9 * DAY))
    verified(paper)
    review(paper)

    release_lot(context(people().quality), lot="EV-26-001")

    assert Lot.objects.get(number="EV-26-001").release_status == "released"


def test_a_refused_run_is_retracted_and_its_paper_transcribed_under_a_new_one(
    paper: Transcription,
) -> None:
    verified(paper, outcome="refused", comment="The page says 928 live cells")
    retraction = retract_run(context(people().analyst), run=RUN, source_document="Page 12")
    sign_second(context(people().reviewer), amendment=retraction.number, outcome="confirmed")
    assert "result_missing" in codes()

    verified(transcribed("run", paper_result(sample=f"{LOT}-S1").run.number))

    assert retraction.signature.meaning == "Retracted: its transcription from paper was refused"
    assert not {"paper_unverified", "result_missing"} & codes()


def test_a_run_from_paper_that_nobody_refused_is_retracted_to_where_it_belongs(
    paper: Transcription,
) -> None:
    by = context(people().analyst)

    with pytest.raises(InvalidValueError, match="Name the lot or sample"):
        retract_run(by, run=RUN, source_document="Page 12")
    verified(paper)
    with pytest.raises(InvalidValueError, match="Name the lot or sample"):
        retract_run(by, run=RUN, source_document="Page 12")


def test_a_refused_run_from_paper_may_be_of_another_lot(paper: Transcription) -> None:
    verified(paper, outcome="refused", comment="The page is of EV-26-002")
    by = context(people().analyst)
    with pytest.raises(InvalidValueError, match="Name the lot or sample"):
        retract_run(by, run=RUN, belongs_to=LOT, source_document="Page 12")

    made = retract_run(by, run=RUN, belongs_to=" EV-26-002", source_document="Page 12")

    assert made.belongs_to == "EV-26-002"
    assert made.signature.meaning == "Retracted: recorded against the wrong lot or sample"
