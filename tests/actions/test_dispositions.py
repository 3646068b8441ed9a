"""Release, rejection and holds: signed decisions, and what forces a hold without one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from products.actions.amendments import correct_run
from products.actions.base import ACTIONS
from products.actions.dispositions import (
    acknowledge_changes,
    recall_lot,
    reject_lot,
    release_lot,
)
from products.actions.holds import lift_hold, place_hold
from products.actions.investigations import conclude_investigation
from products.actions.naming import begin
from products.actions.retractions import retract_run
from products.actions.reviews import review_results
from products.actions.second_signatures import sign_second
from products.domain.canonical import sha256_hex
from products.domain.dispositions import DECIDES, DispositionKind
from products.domain.errors import (
    DomainError,
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    ReleaseBlockedError,
    StaleVersionError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.domain.lots import TRANSITIONS, ReleaseStatus
from products.domain.readings import ReadingFacts
from products.domain.roles import Role
from products.models import (
    Acknowledgement,
    Amendment,
    Conclusion,
    Disposition,
    Hold,
    Investigation,
    Lot,
    User,
)
from products.models.fields import uuid7
from products.queries.lots import lots_at
from tests.records import (
    ENDOTOXIN,
    VIABILITY,
    context,
    counted,
    determine,
    lot,
    now,
    opened_run,
    people,
    second_account,
    submitted_run,
)
from tests.signed import unsaved_signature

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"


def status(number: str = LOT, at: datetime | None = None) -> str:
    found: str = lots_at(at or now()).values_list("status", flat=True).get(number=number)
    return found


def codes(number: str = LOT) -> list[str]:
    return [block["code"] for block in Lot.objects.get(number=number).blocks]


def reviewed(*results: Any, number: str = LOT) -> None:
    review_results(
        context(people().reviewer), lot=number, runs=[result.run.number for result in results]
    )


@pytest.fixture
def releasable() -> Lot:
    made = lot(criteria=[VIABILITY])
    reviewed(submitted_run())
    return Lot.objects.get(pk=made.pk)


def release(actor: User | None = None, **changes: Any) -> Disposition:
    return release_lot(context(actor or people().quality, **changes), lot=LOT)


def test_a_lot_that_meets_every_rule_is_released_under_a_signature(releasable: Lot) -> None:
    decision = release()

    signature = decision.signature
    assert status() == "released"
    assert (signature.printed_name, signature.meaning) == (
        "Quentin Quality",
        "Approved for release",
    )
    assert decision.evaluation_sha256 == sha256_hex(bytes(decision.evaluation))
    assert signature.content_sha256 == sha256_hex(bytes(signature.content)) != ""


def test_the_signature_binds_the_whole_evaluation(releasable: Lot) -> None:
    decision = release()

    shown = json.loads(bytes(decision.signature.content))["shown"]
    rules = {outcome["rule"] for outcome in shown["evaluation"]["outcomes"]}
    assert {"R01", "R02", "R03", "R04", "R05", "R09", "R16", "R18", "R19", "R20", "R26"} <= rules
    assert shown["facts"]["runs"][0]["raw_text"] == "98.2"


def test_a_registered_lot_stands_in_quarantine_with_its_reasons() -> None:
    lot(criteria=[VIABILITY])

    assert (status(), codes()) == ("quarantined", ["result_missing"])


def test_releasing_against_rules_names_every_one_of_them() -> None:
    lot(criteria=[VIABILITY, ENDOTOXIN], sources=[], expires="")

    with pytest.raises(ReleaseBlockedError, match="4 reasons speak") as refused:
        release()

    assert [block.code for block in refused.value.blocks] == [
        "source_missing",
        "result_missing",
        "result_missing",
        "expiry_unknown",
    ]
    assert not Disposition.objects.exists()


def test_edge_case_12_who_recorded_made_or_reviewed_the_lot_does_not_release_it(
    releasable: Lot,
) -> None:
    refusals = {}
    for username, person in (
        ("anna-q", people().analyst),
        ("ben-q", people().analyst2),
        ("rita-q", people().reviewer),
    ):
        account = second_account(person, username, Role.QUALITY)
        with pytest.raises(ReleaseBlockedError) as refused:
            release(account)
        refusals[username] = [block.code for block in refused.value.blocks]

    assert refusals == {
        "anna-q": ["signer_recorded"],
        "ben-q": ["signer_made_lot"],
        "rita-q": ["signer_reviewed"],
    }


def test_edge_case_12_the_database_refuses_a_dependent_signer(releasable: Lot) -> None:
    with pytest.raises(DatabaseError, match="does not release it"):
        _write_disposition(people().analyst, releasable, "release")


@transaction.atomic
def _write_disposition(user: User, made: Lot, kind: str) -> None:
    begin("lot.release", context(user))
    key = uuid7()
    signature = unsaved_signature(user, "disposition", key)
    signature.save(force_insert=True)
    Disposition.objects.create(
        id=key,
        lot=made,
        number=1,
        kind=kind,
        reason="x",
        evaluation=b"{}",
        evaluation_sha256="",
        signature=signature,
    )


@pytest.mark.parametrize("username", ["analyst", "reviewer", "auditor", "admin"])
def test_only_quality_releases(releasable: Lot, username: str) -> None:
    with pytest.raises(NotPermittedError):
        release(User.objects.get(username=username))


def test_a_released_lot_is_not_released_again_nor_rejected(releasable: Lot) -> None:
    release()

    with pytest.raises(WrongStatusError, match="is released"):
        release()
    with pytest.raises(WrongStatusError, match="is released"):
        reject_lot(context(people().quality), lot=LOT)


def test_a_decision_on_what_somebody_saw_before_a_change_is_refused(releasable: Lot) -> None:
    with pytest.raises(StaleVersionError, match="has changed since you opened it"):
        release(expected_version=releasable.version - 1)

    release(expected_version=releasable.version)


def test_two_decisions_never_share_a_number(releasable: Lot) -> None:
    release()

    with pytest.raises(IntegrityError, match="disposition_number_once"):
        _write_disposition(people().quality2, releasable, "reject")


def test_a_rejected_lot_is_never_released() -> None:
    lot(criteria=[VIABILITY])
    reject_lot(context(people().quality, "Leaking vials"), lot=LOT)
    assert status() == "rejected"

    for attempt in (
        release,
        lambda: reject_lot(context(people().quality), lot=LOT),
        lambda: place_hold(context(people().quality), lot=LOT),
        opened_run,
    ):
        with pytest.raises(WrongStatusError, match="is rejected"):
            attempt()


def test_a_rejected_lot_may_still_be_measured_for_information() -> None:
    lot(criteria=[VIABILITY])
    reject_lot(context(people().quality, "Leaking vials"), lot=LOT)

    assert submitted_run(purpose="information").verdict == "pass"


def test_an_analyst_holds_a_lot_and_only_quality_lifts_it(releasable: Lot) -> None:
    place_hold(context(people().analyst, "Freezer alarm"), lot=LOT)
    assert (status(), codes()) == ("on_hold", ["hold_open"])

    with pytest.raises(NotPermittedError):
        lift_hold(context(people().analyst), lot=LOT, hold=1)
    lift_hold(context(people().quality, "Alarm was a test"), lot=LOT, hold=1)

    assert (status(), codes()) == ("quarantined", [])


def test_a_lot_on_hold_is_not_released(releasable: Lot) -> None:
    place_hold(context(people().analyst, "Freezer alarm"), lot=LOT)

    with pytest.raises(ReleaseBlockedError) as refused:
        release()

    assert [block.code for block in refused.value.blocks] == ["hold_open"]


def test_each_hold_is_lifted_by_itself_and_once(releasable: Lot) -> None:
    place_hold(context(people().analyst, "Freezer alarm"), lot=LOT)
    place_hold(context(people().reviewer, "Label doubt"), lot=LOT)
    lift_hold(context(people().quality), lot=LOT, hold=1)
    assert status() == "on_hold"

    with pytest.raises(DuplicateError, match="is lifted already"):
        lift_hold(context(people().quality), lot=LOT, hold=1)
    with pytest.raises(UnknownReferenceError, match="no hold 3"):
        lift_hold(context(people().quality), lot=LOT, hold=3)
    lift_hold(context(people().quality), lot=LOT, hold=2)

    assert status() == "quarantined"


def test_lifting_the_hold_of_a_released_lot_releases_it_again(releasable: Lot) -> None:
    release()
    place_hold(context(people().analyst, "Freezer alarm"), lot=LOT)
    assert status() == "on_hold"

    lift_hold(context(people().quality), lot=LOT, hold=1)

    assert status() == "released"


def test_a_fail_recorded_on_a_released_lot_forces_a_hold(releasable: Lot) -> None:
    release()

    submitted_run(purpose="information", readings=counted("10", "90"))

    hold = Hold.objects.get()
    assert status() == "on_hold"
    assert (hold.rule, hold.caused_by, hold.disposition) == ("R03", "run.submit", None)


def test_a_forced_hold_is_lifted_only_when_nothing_else_speaks_against_the_lot(
    releasable: Lot,
) -> None:
    release()
    submitted_run(purpose="information", readings=counted("10", "90"))

    with pytest.raises(ReleaseBlockedError, match="stays on hold") as refused:
        lift_hold(context(people().quality), lot=LOT, hold=1)
    assert {block.code for block in refused.value.blocks} == {
        "unresolved_fail",
        "review_missing",
        "investigation_open",
    }
    reviewed(_latest())
    conclude_investigation(
        context(people().quality),
        investigation=Investigation.objects.get().number,
        outcome="invalidated",
        cause="Dye past its expiry",
        evidence="DEV-7",
    )
    lift_hold(context(people().quality), lot=LOT, hold=1)

    assert status() == "released"


def _latest() -> Any:
    return Investigation.objects.get().result


def test_a_donor_found_ineligible_holds_the_released_lot_in_the_same_transaction(
    releasable: Lot,
) -> None:
    release()

    determine("D-0042", "ineligible")

    assert status() == "on_hold"
    assert "donor_ineligible" in codes()
    assert Hold.objects.get().caused_by == "donor.determine"


def test_a_second_adverse_fact_does_not_stack_forced_holds(releasable: Lot) -> None:
    release()
    determine("D-0042", "ineligible")

    submitted_run(purpose="information", readings=counted("10", "90"))

    assert Hold.objects.count() == 1


def test_a_lot_made_from_one_under_investigation_is_held_with_it(releasable: Lot) -> None:
    lot("EV-26-002", parents=[LOT])
    reviewed(submitted_run(lot="EV-26-002"), number="EV-26-002")
    release_lot(context(people().quality), lot="EV-26-002")

    submitted_run(purpose="information", readings=counted("10", "90"))

    assert status("EV-26-002") == "on_hold"
    assert "investigation_open" in codes("EV-26-002")


@pytest.fixture
def investigation() -> Investigation:
    lot(criteria=[VIABILITY])
    submitted_run(readings=counted("10", "90"))
    return Investigation.objects.get()


def conclude(**changes: str) -> Callable[[], Conclusion]:
    stated = {
        "investigation": "inv-ev-26-001-1",
        "outcome": "invalidated",
        "cause": "Dye past its expiry",
        "evidence": "DEV-7",
    } | changes
    return lambda: conclude_investigation(context(people().quality), **stated)


def test_an_invalidated_fail_leaves_the_criterion_untested(investigation: Investigation) -> None:
    assert {"result_fails", "investigation_open"} <= set(codes())

    conclude()()

    assert codes() == ["result_invalid", "review_missing"]


def test_a_confirmed_fail_goes_on_blocking(investigation: Investigation) -> None:
    conclude(outcome="confirmed", cause="", evidence="")()

    assert "result_fails" in codes()
    assert "investigation_open" not in codes()


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"cause": " "}, InvalidValueError, "cause"),
        ({"evidence": ""}, InvalidValueError, "evidence"),
        ({"outcome": "fine"}, InvalidValueError, "outcome"),
        ({"investigation": "INV-0"}, UnknownReferenceError, "investigation"),
    ],
)
def test_a_conclusion_names_its_cause_and_evidence(
    investigation: Investigation, changes: dict[str, str], error: type[DomainError], field: str
) -> None:
    with pytest.raises(error) as refused:
        conclude(**changes)()

    assert refused.value.field == field


def test_an_investigation_is_concluded_once(investigation: Investigation) -> None:
    conclude()()

    with pytest.raises(DuplicateError, match="concluded already"):
        conclude(outcome="confirmed")()


def test_a_later_pass_never_hides_an_earlier_fail(investigation: Investigation) -> None:
    submitted_run(purpose="information")

    assert "result_fails" in codes()


def recall(number: str = LOT) -> Disposition:
    return recall_lot(context(people().quality2, "Complaint C-9"), lot=number)


def released(number: str, **changes: Any) -> Lot:
    made = lot(number, **changes)
    reviewed(submitted_run(lot=number), number=number)
    release_lot(context(people().quality), lot=number)
    return made


def test_a_recall_is_final_and_names_every_lot_made_from_it(releasable: Lot) -> None:
    release()
    released("EV-26-002", parents=[LOT])
    lot("EV-26-003", parents=["EV-26-002"])

    shown = json.loads(bytes(recall().signature.content))["shown"]

    assert shown["descendants"] == ["EV-26-002", "EV-26-003"]
    assert status() == "recalled"
    with pytest.raises(WrongStatusError, match="is recalled"):
        recall()


def test_lots_made_from_a_recalled_one_are_held_in_the_same_step(releasable: Lot) -> None:
    release()
    released("EV-26-002", parents=[LOT])
    released("EV-26-003", parents=["EV-26-002"])

    recall()

    assert (status("EV-26-002"), status("EV-26-003")) == ("on_hold", "on_hold")
    assert codes("EV-26-003") == ["parent_not_usable", "parent_not_usable", "hold_open"]
    assert {hold.caused_by for hold in Hold.objects.all()} == {"lot.recall"}


def test_what_was_never_released_is_not_recalled(releasable: Lot) -> None:
    with pytest.raises(WrongStatusError, match="never released and is not recalled"):
        recall()


def test_a_released_lot_is_recalled_from_its_hold(releasable: Lot) -> None:
    release()
    place_hold(context(people().analyst, "Freezer alarm"), lot=LOT)

    recall()

    assert status() == "recalled"


def test_only_quality_recalls(releasable: Lot) -> None:
    release()

    with pytest.raises(NotPermittedError):
        recall_lot(context(people().reviewer), lot=LOT)


def test_no_action_releases_a_lot_conditionally(releasable: Lot) -> None:
    assert "conditional_release" in TRANSITIONS[ReleaseStatus.QUARANTINED]
    assert DispositionKind.CONDITIONAL_RELEASE not in DECIDES
    assert not [name for name in ACTIONS if "conditional" in name]


def correct(run: str, live: str = "985") -> Amendment:
    return correct_run(
        context(people().analyst, "Typed 982 for 985"),
        run=run,
        readings=[ReadingFacts("live", live)],
        transcription_error=True,
        source_document="LNB-4 p. 12",
    )


def acknowledge() -> Acknowledgement:
    return acknowledge_changes(context(people().quality2, "Looked at LNB-4"), lot=LOT)


def test_a_correction_after_release_holds_the_lot_until_quality_has_seen_it(
    releasable: Lot,
) -> None:
    release()
    run = releasable.runs.get()
    amendment = correct(run.number)
    assert amendment.result is not None
    reviewed(amendment.result)
    assert (status(), codes()) == ("on_hold", ["hold_open", "changed_after_release"])

    row = acknowledge()
    lift_hold(context(people().quality2), lot=LOT, hold=1)

    assert status() == "released"
    assert row.results == {run.number: str(amendment.result.pk)}
    shown = json.loads(bytes(row.signature.content))["shown"]
    assert f"run {run.number}" in {one["record"] for one in shown["changes"]}
    assert any("was corrected" in one["message"] for one in shown["changes"])
    assert json.loads(bytes(row.facts))["runs"] == shown["facts"]["runs"]


def test_without_the_acknowledgement_the_hold_stays(releasable: Lot) -> None:
    release()
    amendment = correct(releasable.runs.get().number)
    reviewed(amendment.result)

    with pytest.raises(ReleaseBlockedError) as refused:
        lift_hold(context(people().quality2), lot=LOT, hold=1)

    assert "changed_after_release" in [block.code for block in refused.value.blocks]


def test_a_second_change_needs_a_second_acknowledgement(releasable: Lot) -> None:
    release()
    run = releasable.runs.get().number
    reviewed(correct(run).result)
    acknowledge()

    reviewed(correct(run, "986").result)

    assert "changed_after_release" in codes()
    assert acknowledge().number == 2
    assert "changed_after_release" not in codes()


def test_a_result_that_was_added_is_acknowledged_and_breaks_nothing(releasable: Lot) -> None:
    release()
    added = submitted_run(purpose="information")
    assert status() == "released"

    assert added.run.number in acknowledge().results


def test_a_change_that_is_no_result_is_acknowledged_too(releasable: Lot) -> None:
    release()
    determine()
    assert status() == "released"

    row = acknowledge()

    shown = json.loads(bytes(row.signature.content))["shown"]
    assert {one["record"] for one in shown["changes"]} == {"donor D-0042"}
    with pytest.raises(WrongStatusError, match="Nothing changed"):
        acknowledge()


def test_an_acknowledgement_clears_no_other_rule(releasable: Lot) -> None:
    release()
    submitted_run(purpose="information", readings=counted("10", "90"))

    acknowledge()

    assert {"unresolved_fail", "investigation_open"} <= set(codes())


def test_what_did_not_change_is_not_acknowledged(releasable: Lot) -> None:
    with pytest.raises(WrongStatusError, match="is not released"):
        acknowledge()
    release()

    with pytest.raises(WrongStatusError, match="Nothing changed"):
        acknowledge()


def retract(run: str) -> None:
    amendment = retract_run(
        context(people().analyst, "Wrong vial"),
        run=run,
        belongs_to="EV-26-009",
        source_document="LNB-4 p. 12",
    )
    sign_second(context(people().reviewer), amendment=amendment.number, outcome="confirmed")


def test_a_run_retracted_after_the_release_is_a_change(releasable: Lot) -> None:
    added = submitted_run(purpose="information").run.number
    release()

    retract(added)

    assert (status(), "changed_after_release" in codes()) == ("on_hold", True)
    acknowledge()
    assert "changed_after_release" not in codes()


def test_a_run_retracted_before_the_release_was_signed_as_such(releasable: Lot) -> None:
    retract(submitted_run(purpose="information").run.number)

    release()

    assert (status(), codes()) == ("released", [])
    with pytest.raises(WrongStatusError, match="Nothing changed"):
        acknowledge()
