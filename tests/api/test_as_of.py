"""Records as of an instant: what the last checkpoint at or before it covers, and nothing later."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.api.as_of import past_lot_body
from products.domain.donors import DeterminationOutcome
from products.models import AuditEntry, Checkpoint, Disposition, Lot
from products.queries.as_of import Moment, donor_then, evaluation_then, lot_then, moment
from tests.api.clients import ApiClient, client_of, made, refusal
from tests.queries.test_matching import released
from tests.records import donor, eligible_donor, lot
from tests.sealing import seal, sign_head

pytestmark = pytest.mark.django_db


def sealed() -> Checkpoint:
    seal()
    return sign_head()


def released_lot() -> str:
    released()
    return Lot.objects.get(decision="released").number


def asked(at: Any) -> dict[str, str]:
    return {"as_of": at.isoformat()}


@pytest.fixture
def auditor() -> ApiClient:
    return client_of("auditor")


def test_a_lot_is_shown_as_its_checkpoint_covers_it_and_names_it(auditor: ApiClient) -> None:
    made_lot = lot()
    then = sealed()

    shown = made(auditor.get(f"lots/{made_lot.number}/", asked(then.sealed_at)))

    assert shown["checkpoint"]["size"] == then.size
    now = made(auditor.get(f"lots/{made_lot.number}/"))
    same = (
        "number",
        "product",
        "status",
        "basis",
        "blocks",
        "made_on",
        "vials",
        "expires",
        "specification_version",
    )
    assert {name: shown[name] for name in same} == {name: now[name] for name in same}


def test_what_is_sealed_later_is_not_in_the_answer() -> None:
    number = released_lot()
    entry = AuditEntry.objects.filter(action="lot.release").earliest("id")
    place = AuditEntry.objects.filter(id__lt=entry.pk).count()
    seal(place)
    first = sign_head()
    second = sealed()

    earlier, later = Moment(first.sealed_at, first), Moment(second.sealed_at, second)
    assert lot_then(number, earlier).status == "quarantined"
    assert lot_then(number, later).status == "released"
    assert evaluation_then(lot_then(number, earlier), earlier) is None
    assert evaluation_then(lot_then(number, later), later) is not None


def test_a_lot_past_its_imaged_expiry_was_expired_at_the_instant() -> None:
    made_lot = lot()
    then = sealed()
    ends_at = lot_then(made_lot.number, moment(then.sealed_at)).expiry.ends_at
    assert ends_at is not None

    just_before = lot_then(made_lot.number, Moment(ends_at - timedelta(microseconds=1), then))

    assert just_before.status == "quarantined"
    assert lot_then(made_lot.number, Moment(ends_at, then)).status == "expired"


def test_a_past_evaluation_is_the_one_that_was_signed(auditor: ApiClient) -> None:
    number = released_lot()
    then = sealed()

    shown = made(auditor.get(f"lots/{number}/evaluation/", asked(then.sealed_at)))

    stored = Disposition.objects.get()
    assert shown["signed_evaluation"]["sha256"] == stored.evaluation_sha256
    assert shown["signed_evaluation"]["document"] == json.loads(bytes(stored.evaluation))


def test_before_a_decision_there_is_no_signed_evaluation(auditor: ApiClient) -> None:
    made_lot = lot()
    then = sealed()

    shown = made(auditor.get(f"lots/{made_lot.number}/evaluation/", asked(then.sealed_at)))

    assert shown["signed_evaluation"] is None
    assert shown["blocks_on_lot"] == Lot.objects.get(pk=made_lot.pk).blocks


def test_a_donor_has_the_determination_of_then(auditor: ApiClient) -> None:
    code = donor("D-7001").code
    first = sealed()
    eligible_donor("D-7002")
    second = Moment(first.sealed_at, sealed())

    shown = made(auditor.get(f"donors/{code}/", asked(second.checkpoint.sealed_at)))

    assert shown["eligibility"] == "undetermined"
    known = made(auditor.get("donors/D-7002/", asked(second.checkpoint.sealed_at)))
    assert known["eligibility"] == DeterminationOutcome.ELIGIBLE


def test_instants_after_the_last_seal_and_before_the_first_are_refused(auditor: ApiClient) -> None:
    number = lot().number
    path = f"lots/{number}/"
    second = timedelta(seconds=1)

    unsealed = auditor.get(path, {"as_of": "2026-01-01T00:00:00Z"})
    at = sealed().sealed_at

    assert refusal(unsealed) == (409, "not_sealed_yet")
    assert refusal(auditor.get(path, asked(at + second))) == (409, "not_sealed_yet")
    assert refusal(auditor.get(path, asked(at - second))) == (404, "before_first_checkpoint")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01T00:00:00"])
def test_an_instant_without_offset_is_refused(auditor: ApiClient, text: str) -> None:
    assert refusal(auditor.get(f"lots/{lot().number}/", {"as_of": text}))[0] == 422


def test_what_was_registered_later_is_not_found(auditor: ApiClient) -> None:
    lot("EXO-EARLY")
    first = sealed()
    code = donor("D-7003").code
    then = Moment(first.sealed_at, first)

    assert refusal(auditor.get("lots/NONE/", asked(then.at))) == (404, "not_found")
    assert refusal(auditor.get(f"donors/{code}/", asked(then.at))) == (404, "not_found")


def test_a_lot_as_of_an_instant_takes_three_statements_however_long_its_trail() -> None:
    number = released_lot()
    head = sealed()
    then = Moment(head.sealed_at, head)

    with CaptureQueriesContext(connection) as found:
        lot_then(number, then)

    assert len(found) == 3


def test_a_determination_that_is_sealed_later_does_not_count() -> None:
    code = eligible_donor("D-7004").code
    entry = AuditEntry.objects.filter(record_table="products_determination").latest("id")
    seal(AuditEntry.objects.filter(id__lt=entry.pk).count())
    first = sign_head()
    second = sealed()

    assert donor_then(code, Moment(first.sealed_at, first))[1] is None
    assert donor_then(code, Moment(second.sealed_at, second))[1] is not None


def test_a_field_that_an_old_image_lacks_is_unknown() -> None:
    number = lot().number
    head = sealed()
    then = Moment(head.sealed_at, head)
    whole = lot_then(number, then)
    image = {name: whole.image[name] for name in ("id", "number")}

    shown = past_lot_body(replace(whole, image=image), then)

    assert (shown["vials"], shown["blocks"], shown["decision"]) == (None, None, None)
