"""Every signed address, replayed: whole histories over the API, each signed request sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from products.actions.base import ACTIONS
from products.models import RequestDone, Signature
from tests.api import (
    test_after_release,
    test_corrections,
    test_elsewhere,
    test_registers,
    test_story,
)
from tests.api.clients import ApiClient, client_of, refusal
from tests.records import lot, submitted_run

pytestmark = pytest.mark.django_db

HISTORIES: tuple[tuple[Callable[..., None], str], ...] = (
    (test_story.test_a_lot_is_recorded_reviewed_released_and_read_by_an_auditor, ""),
    (test_after_release.test_a_released_lot_is_recalled_for_good, "quality"),
    (
        test_after_release.test_a_change_after_release_is_listed_holds_and_is_acknowledged,
        "quality",
    ),
    (test_after_release.test_both_verdicts_are_shown_after_a_change_of_specification, "quality"),
    (test_after_release.test_an_official_hold_names_the_document_that_lifts_it, "quality"),
    (test_corrections.test_a_passing_value_is_corrected_in_one_step, "analyst"),
    (test_corrections.test_a_lot_registered_in_error_is_void_after_a_second_signature, "analyst"),
    (test_corrections.test_a_run_of_the_wrong_sample_is_retracted_and_stays_listed, "analyst"),
    (test_elsewhere.test_paper_counts_once_a_second_person_has_verified_it, "analyst"),
    (test_registers.test_a_training_is_signed_by_another_and_listed, ""),
    (test_registers.test_a_rule_that_a_profile_leaves_out_says_who_signed_for_it, ""),
)


@pytest.mark.parametrize(
    ("history", "who"), HISTORIES, ids=[history.__name__[5:50] for history, _ in HISTORIES]
)
def test_no_signed_request_of_a_history_has_a_second_effect(
    history: Callable[..., None], who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = ApiClient.post
    replays: list[tuple[int, str]] = []

    def replaying(client: ApiClient, path: str, body: object = None, **headers: str) -> Any:
        first = send(client, path, body, **headers)
        if isinstance(body, dict) and "password" in body and first.status_code < 400:
            signed = Signature.objects.count()
            replays.extend(refusal(send(client, path, body, **headers)) for _ in range(4))
            assert Signature.objects.count() == signed
        return first

    monkeypatch.setattr(ApiClient, "post", replaying)

    if not who:
        history()
    else:
        lot()
        if who == "quality":
            run = submitted_run().run.number
            client_of("reviewer").sign("lots/EV-26-001/reviews/", runs=[run])
            client_of("quality").sign("lots/EV-26-001/release/")
        history(client_of(who))

    assert replays
    assert set(replays) == {(409, "request_repeated")}
    assert all(ACTIONS[row.action].signed for row in RequestDone.objects.filter(key=""))
