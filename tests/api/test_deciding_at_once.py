"""Several people decide on one lot at once: one decides, the others are told who did and what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from products.actions.accounts import (
    approve_role,
    change_password,
    create_account,
    create_person,
)
from products.actions.holds import place_hold
from products.actions.policies import accept_policy
from products.actions.reviews import review_results
from products.domain.roles import Role
from products.models import Disposition, Hold, RequestDone, Signature, SignIn, User
from products.queries.checking import stored_differences
from tests.accounts import FIRST_PASSWORD, PASSWORD
from tests.admin.pages import Visitor, address, the_lot
from tests.api.clients import ApiClient, client_of, made, problem, refusal, token_for
from tests.conftest import Databases
from tests.meeting import meet
from tests.records import context, lot, now, people, sample, submitted_run

LOT = "EV-26-001"
MOST = 8
# As many of each as come in turn, so that every kind wins and loses.
DECISIONS = (("release", "release"), ("reject", "reject"), ("holds", "hold"))
DONE = {"release": "released it", "reject": "rejected it", "hold": "placed it on hold"}


def of_quality(count: int) -> list[User]:
    """So many people of quality, each with an account that signs."""
    found = [people().quality, people().quality2]
    for number in range(len(found), count):
        person = create_person(context(people().admin), printed_name=f"Quincy {number}. Quill")
        account = create_account(
            context(people().admin),
            username=f"quill{number}",
            person=person.pk,
            password=FIRST_PASSWORD,
            roles=[Role.QUALITY],
        )
        change_password(context(account), old=FIRST_PASSWORD, new=PASSWORD)
        approve_role(context(people().quality), username=account.username, role=Role.QUALITY)
        account.refresh_from_db()
        accept_policy(context(account), version=1)
        found.append(account)
    return found


def releasable(number: str = LOT) -> None:
    lot(number)
    run = submitted_run(lot=number).run.number
    review_results(context(people().reviewer), lot=number, runs=[run])


def signing(client: ApiClient, number: str, what: str, etag: str, key: str) -> Callable[[], Any]:
    body = {"reason": f"Decided to {what}", "password": PASSWORD}
    path = f"lots/{number}/{what}/"
    return lambda: client.post(path, body, if_match=etag, idempotency_key=key)


def test_of_two_to_eight_who_decide_at_once_one_does_and_the_others_learn_who(
    databases: Databases, committed_db: str
) -> None:
    signers = of_quality(MOST)
    clients = [ApiClient(token_for(signer)) for signer in signers]
    signed_before = Signature.objects.filter(record_kind="disposition").count()
    for count in range(2, MOST + 1):
        number = f"EV-26-{count}"
        releasable(number)
        etag = clients[0].etag(number)
        steps = [
            signing(client, number, DECISIONS[(count + turn) % 3][0], etag, f"{number}-{turn}")
            for turn, client in enumerate(clients[:count])
        ]

        answers = meet(databases, number, steps)

        (winner,) = (turn for turn, answer in enumerate(answers) if answer.status_code == 200)
        lost = [problem(answer) for turn, answer in enumerate(answers) if turn != winner]
        kind = DECISIONS[(count + winner) % 3][1]
        (decision,) = Disposition.objects.filter(lot__number=number).select_related("signature")
        assert (decision.kind, decision.signature.user) == (kind, signers[winner])
        for one in lost:
            assert (one["status"], one["code"]) == (409, "decided_meanwhile")
            assert names(one, decision), one
        assert Hold.objects.filter(lot__number=number).count() == (kind == "hold")
    # Who lost sends the same again and is refused again; who won gets the first answer.
    again = [step() for step in steps]
    assert [answer.status_code for answer in again] == [first.status_code for first in answers]
    assert again[winner].headers["Idempotent-Replayed"] == "true"
    signed = Signature.objects.filter(record_kind="disposition").count() - signed_before
    assert signed == Disposition.objects.count() == MOST - 1
    assert RequestDone.objects.filter(key__startswith="EV-26-").count() == MOST - 1
    assert not SignIn.objects.filter(succeeded=False).exists()
    assert list(stored_differences(now())) == []


def names(refused: dict[str, Any], decision: Disposition) -> bool:
    """Whether the problem says who decided what, with the basis, its number, and when."""
    signature = decision.signature
    told = refused["decided"]
    return (
        told["lot"] == decision.lot.number
        and (told["number"], told["kind"]) == (decision.number, decision.kind)
        and told["printed_name"] == signature.printed_name
        and told["signed_at"] == f"{signature.signed_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        and all(
            words in refused["detail"]
            for words in (
                f"{signature.printed_name} {DONE[decision.kind]} on 20",
                "(America/New_York)",
                f"decision {decision.number}, ",
                "basis: investigational, under a US IND (IND 12345)",
                "ead the lot again",
            )
        )
    )


def test_at_two_pages_one_decides_and_the_other_keeps_what_was_typed(
    databases: Databases, committed_db: str
) -> None:
    releasable()
    visitors = [Visitor(people().quality), Visitor(people().quality2)]

    pages = meet(
        databases,
        LOT,
        [
            lambda: visitors[0].sign(address("lot_release", the_lot()), reason="All is well"),
            lambda: visitors[1].sign(address("lot_reject", the_lot()), reason="A crack"),
        ],
    )

    (decision,) = Disposition.objects.select_related("signature")
    lost = next(page for page in pages if page.status == 409)
    sentence = f"{decision.signature.printed_name} {DONE[decision.kind]} on 20"
    assert sum(page.status == 200 for page in pages) == 1
    assert f"Lot {LOT} was decided on since you read it. {sentence}" in lost
    assert lost.fields["reason"] == ("A crack" if decision.kind == "release" else "All is well")
    assert lost.fields["lot_decision"] == "1"
    assert not SignIn.objects.filter(succeeded=False).exists()


@pytest.mark.django_db
def test_who_decides_on_what_was_read_before_another_decision_is_told_at_once() -> None:
    lot()
    reader = client_of("quality2")
    seen = reader.etag(LOT)
    made(client_of("quality").sign(f"lots/{LOT}/reject/"))

    refused = reader.post(
        f"lots/{LOT}/holds/", {"reason": "Alarm", "password": PASSWORD}, if_match=seen
    )

    found = problem(refused)
    assert refusal(refused) == (409, "decided_meanwhile")
    assert (found["decided"]["kind"], found["decided"]["final"]) == ("reject", True)
    assert "That is final: read the lot again, no other decision follows on it." in found["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize("tag", ['"1-quarantined-1"', '"x"', '"1.99-quarantined-1"', "1.0-"])
def test_a_tag_that_tells_of_no_earlier_decision_is_stale_and_no_more(tag: str) -> None:
    lot()
    place_hold(context(people().analyst), lot=LOT)
    body = {"reason": "Alarm", "password": PASSWORD}

    refused = client_of("quality").post(f"lots/{LOT}/holds/", body, if_match=tag)

    assert refusal(refused) == (412, "stale_version")


@pytest.mark.django_db
def test_what_was_recorded_after_the_last_decision_is_no_decision() -> None:
    lot()
    place_hold(context(people().analyst), lot=LOT)
    quality = client_of("quality")
    seen = quality.etag(LOT)
    sample()

    refused = quality.post(
        f"lots/{LOT}/reject/", {"reason": "Alarm", "password": PASSWORD}, if_match=seen
    )

    assert refusal(refused) == (412, "stale_version")
