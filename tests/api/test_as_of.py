"""Records as of an instant: what the last checkpoint at or before it covers, and nothing later."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.api.surface import AS_OF
from products.models import AuditEntry, Checkpoint, Disposition, Lot, Run
from products.queries.documents import forget_documents
from tests.api.clients import ApiClient, client_of, made, problem, refusal
from tests.api.description import description
from tests.queries.test_matching import released
from tests.records import approved_specification, donor, eligible_donor, lot
from tests.sealing import seal, sign_head

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def sealed() -> Checkpoint:
    seal()
    return sign_head()


def released_lot() -> str:
    released()
    return Lot.objects.get(decision="released").number


def asked(at: datetime, **more: str) -> dict[str, str]:
    return {"as_of": at.isoformat(), **more}


def of_the_present(answer: dict[str, Any]) -> dict[str, Any]:
    """A past answer without what only one of the past has."""
    past = {"as_of", "checkpoint"}
    whole = {name: value for name, value in answer.items() if name not in past}
    if "results" in whole and isinstance(whole["results"], list):
        whole["results"] = [of_the_present(row) for row in whole["results"]]
    if "links" in whole:
        whole["links"] = {name: urlsplit(to).path for name, to in whole["links"].items()}
    return whole


@pytest.fixture
def auditor() -> ApiClient:
    return client_of("auditor")


@contextmanager
def statements() -> Iterator[list[str]]:
    found: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    found += [query["sql"] for query in captured.captured_queries]


# What is shown.


def test_what_is_on_record_at_the_seal_is_shown_as_it_is_shown_now(auditor: ApiClient) -> None:
    number = released_lot()
    run = Run.objects.latest("id").number
    then = sealed()
    addresses = [
        "lots/",
        f"lots/{number}/",
        f"lots/{number}/results/",
        f"lots/{number}/samples/",
        "samples/",
        "runs/",
        f"runs/{run}/",
        "results/",
        "holds/",
        "decisions/",
        "reviews/",
        "specifications/",
        "specifications/EXO-1/1/",
        "sources/",
        "sources/UC-0042/",
        "donors/",
        "donors/D-0042/",
    ]

    for address in addresses:
        now = made(auditor.get(address))
        shown = made(auditor.get(address, asked(then.sealed_at)))
        assert shown["checkpoint"]["size"] == then.size, address
        assert of_the_present(shown) == without_versions(now), address


def without_versions(answer: dict[str, Any]) -> dict[str, Any]:
    """Of a lot no image has how often it was touched."""
    rows = [answer, *(answer["results"] if isinstance(answer.get("results"), list) else [])]
    for row in rows:
        if "to_be_judged_again" in row:
            row["version"] = None
    return answer


def test_what_is_sealed_later_is_not_in_the_answer(auditor: ApiClient) -> None:
    number = released_lot()
    entry = AuditEntry.objects.filter(action="lot.release").earliest("id")
    place = AuditEntry.objects.filter(id__lt=entry.pk).count()
    seal(place)
    first = sign_head()
    second = sealed()

    def shown(at: datetime, more: str = "") -> dict[str, Any]:
        return made(auditor.get(f"lots/{number}/{more}", asked(at)))

    earlier, later = shown(first.sealed_at), shown(second.sealed_at)
    assert (earlier["status"], len(earlier["decisions"])) == ("quarantined", 0)
    assert (later["status"], len(later["decisions"])) == ("released", 1)
    assert shown(first.sealed_at, "evaluation/")["signed_evaluation"] is None
    assert shown(second.sealed_at, "evaluation/")["signed_evaluation"] is not None


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


def test_a_determination_that_is_sealed_later_does_not_count(auditor: ApiClient) -> None:
    code = eligible_donor("D-7004").code
    entry = AuditEntry.objects.filter(record_table="products_determination").latest("id")
    seal(AuditEntry.objects.filter(id__lt=entry.pk).count())
    first = sign_head()
    second = sealed()

    for address, at, expected in (
        (f"donors/{code}/", first.sealed_at, "undetermined"),
        (f"donors/{code}/", second.sealed_at, "eligible"),
    ):
        assert made(auditor.get(address, asked(at)))["eligibility"] == expected
    eligible = made(auditor.get("donors/", asked(first.sealed_at, outcome="eligible")))
    assert code not in [row["code"] for row in eligible["results"]]


def test_a_draft_that_was_approved_later_is_a_draft_then(auditor: ApiClient) -> None:
    approved_specification()
    entry = AuditEntry.objects.filter(action="specification.approve").earliest("id")
    seal(AuditEntry.objects.filter(id__lt=entry.pk).count())
    first = sign_head()
    sealed()

    shown = made(auditor.get("specifications/EXO-1/1/", asked(first.sealed_at)))
    drafts = made(auditor.get("specifications/", asked(first.sealed_at, state="draft")))

    assert (shown["state"], shown["approval"], len(shown["criteria"])) == ("draft", None, 1)
    assert [row["version"] for row in drafts["results"]] == [1]


def test_what_was_registered_later_is_not_found(auditor: ApiClient) -> None:
    lot("EXO-EARLY")
    first = sealed()
    code = donor("D-7003").code
    made_later = lot("EXO-LATE").number
    then = asked(first.sealed_at)

    for address in ("lots/NONE/", f"lots/{made_later}/", f"donors/{code}/"):
        assert refusal(auditor.get(address, then)) == (404, "not_found")
    assert [row["number"] for row in made(auditor.get("lots/", then))["results"]] == ["EXO-EARLY"]


# Lists.


def test_the_pages_of_a_past_list_hold_whatever_is_registered_meanwhile(
    auditor: ApiClient,
) -> None:
    known = [lot(f"EXO-{number}").number for number in range(5)]
    then = sealed()
    query = asked(then.sealed_at, page_size="2")

    page, found = made(auditor.get("lots/", query)), []
    while True:
        found += [row["number"] for row in page["results"]]
        lot(f"EXO-LATER-{len(found)}")
        if not page["next"]:
            break
        page = made(auditor.get(page["next"]))
        assert page["checkpoint"]["number"] == then.number

    assert found == known[::-1]


QUERIES: list[tuple[dict[str, str], bool]] = [
    ({"status": "quarantined"}, True),
    ({"status": "released"}, False),
    ({"block": "result_missing"}, True),
    ({"block": "donor_ineligible"}, False),
    ({"product": "exo-1"}, True),
    ({"product": "NONE"}, False),
    ({"tissue": "umbilical_cord"}, True),
    ({"donor": "D-0042"}, True),
    ({"donor": "D-NONE"}, False),
    ({"number": "ev-26"}, True),
    ({"made_from": "2020-01-01"}, True),
    ({"expires_before": "2020-01-01"}, False),
]


def test_a_past_list_is_filtered_by_what_was_so_then(auditor: ApiClient) -> None:
    number = released_lot()
    entry = AuditEntry.objects.filter(record_table="products_sample").earliest("id")
    seal(AuditEntry.objects.filter(id__lt=entry.pk).count())
    at = sign_head().sealed_at

    for query, finds in QUERIES:
        found = made(auditor.get("lots/", asked(at, **query)))["results"]
        assert [row["number"] for row in found] == ([number] if finds else []), query


def test_a_past_list_takes_as_many_statements_as_the_present_one(auditor: ApiClient) -> None:
    released_lot()
    lot("EXO-2")
    then = sealed()
    auditor.get("lots/")

    for address in ("lots/", "donors/", "specifications/", "sources/", "samples/", "runs/"):
        forget_documents()
        with statements() as now:
            auditor.get(address)
        with statements() as past:
            auditor.get(address, asked(then.sealed_at))
        # Two find the checkpoint: the last one, and the one that answers.
        assert len(past) == len(now) + 2, address


def test_the_links_of_a_past_answer_stay_in_the_past(auditor: ApiClient) -> None:
    number = released_lot()
    then = sealed()

    shown = made(auditor.get(f"lots/{number}/", asked(then.sealed_at)))

    for link in shown["links"].values():
        assert parse_qs(urlsplit(link).query)["as_of"] == [then.sealed_at.isoformat()]
        assert made(auditor.get(link))["checkpoint"]["number"] == then.number


# Instants.


def test_instants_after_the_last_seal_and_before_the_first_are_refused(auditor: ApiClient) -> None:
    number = lot().number
    addresses = ["lots/", f"lots/{number}/", f"lots/{number}/results/", "donors/"]

    unsealed = [auditor.get(address, {"as_of": "2026-01-01T00:00:00Z"}) for address in addresses]
    at = sealed().sealed_at

    assert {refusal(each) for each in unsealed} == {(409, "not_sealed_yet")}
    for address in addresses:
        after, before = (auditor.get(address, asked(at + by)) for by in (SECOND, -SECOND))
        assert refusal(after) == (409, "not_sealed_yet")
        assert refusal(before) == (404, "before_first_checkpoint")


def test_every_microsecond_is_answered_by_the_last_seal_before_it(auditor: ApiClient) -> None:
    moments = []
    for number in range(2):
        lot(f"EXO-{number}")
        moments.append(sealed().sealed_at)

    def size(at: datetime) -> int:
        return len(made(auditor.get("lots/", asked(at)))["results"])

    first, second = moments
    micro = timedelta(microseconds=1)
    assert [size(first), size(first + micro), size(second - micro), size(second)] == [1, 1, 1, 2]
    assert refusal(auditor.get("lots/", asked(first - micro))) == (404, "before_first_checkpoint")
    assert refusal(auditor.get("lots/", asked(second + micro))) == (409, "not_sealed_yet")


def test_a_time_that_a_clock_set_back_repeats_keeps_its_answer(auditor: ApiClient) -> None:
    lot("EXO-EARLY")
    seal()
    first = sign_head(ahead=timedelta(seconds=50))
    answer = auditor.get("lots/", asked(first.sealed_at))

    lot("EXO-LATE")
    second = sealed()

    assert second.sealed_at == first.sealed_at
    again = auditor.get("lots/", asked(first.sealed_at))
    assert (made(again), again["ETag"]) == (made(answer), answer["ETag"])


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01", "2026-01-01T00:00:00"])
def test_an_instant_without_offset_is_refused(auditor: ApiClient, text: str) -> None:
    refused = auditor.get("lots/", {"as_of": text})

    assert refusal(refused) == (400, "invalid_instant")
    assert problem(refused)["field"] == "as_of"
    assert "2026-11-30T14:00:00-05:00" in problem(refused)["detail"]


def test_two_instants_are_refused(auditor: ApiClient) -> None:
    address = "lots/?as_of=2026-01-01T00:00:00Z&as_of=2026-01-02T00:00:00Z"

    assert refusal(auditor.get(address)) == (400, "invalid_instant")


def test_a_plus_sign_that_was_not_written_as_one_is_understood(auditor: ApiClient) -> None:
    then = sealed()

    shown = made(auditor.get(f"lots/?as_of={then.sealed_at.isoformat()}"))

    assert datetime.fromisoformat(shown["as_of"]) == then.sealed_at


# Every address.


KEY = "0199a7c2-0000-7000-8000-000000000000"
NUMBERED = {"number", "specification", "hold", "version", "checkpoint"}


def addresses_read() -> dict[str, bool]:
    """Every address that is read, of records that need not be there, and whether it has a past."""
    return {
        re.sub(r"{(\w+)}", lambda part: "1" if part[1] in NUMBERED else KEY, path): AS_OF
        in {parameter["name"] for parameter in item["get"].get("parameters", ())}
        for path, item in description()["paths"].items()
        if "get" in item
    }


def test_an_address_without_a_past_refuses_an_instant_and_says_so(auditor: ApiClient) -> None:
    then = asked(sealed().sealed_at)
    without = [path for path, has_past in addresses_read().items() if not has_past]

    for path in without:
        refused = auditor.get(path, then)
        assert refusal(refused) == (400, "no_past"), path
        assert problem(refused)["field"] == "as_of"
    assert len(without) == 59


def test_an_address_with_a_past_shows_it_or_knows_no_such_record(auditor: ApiClient) -> None:
    then = sealed()
    with_past = [path for path, has_past in addresses_read().items() if has_past]

    for path in with_past:
        answer = auditor.get(path, asked(then.sealed_at))
        if KEY in path:
            assert refusal(answer) == (404, "not_found"), path
        else:
            assert made(answer)["checkpoint"]["number"] == then.number, path
    assert len(with_past) == 19


def test_the_description_itself_has_no_past(auditor: ApiClient) -> None:
    for path in ("schema/", "schema/ui/"):
        refused = auditor.http.get(f"/api/v1/{path}", {"as_of": "2026-01-01T00:00:00Z"})
        assert refused.status_code == 400, path


def test_what_takes_an_instant_lists_its_problems() -> None:
    for path, item in description()["paths"].items():
        names = [parameter["name"] for parameter in item.get("get", {}).get("parameters", ())]
        if AS_OF in names:
            assert {"400", "404", "409"} <= set(item["get"]["responses"]), path


def test_nothing_is_there_then_either_where_there_is_nothing(auditor: ApiClient) -> None:
    then = asked(sealed().sealed_at)

    assert refusal(auditor.get("nothing/", then)) == (404, "not_found")
    assert refusal(auditor.get("lots/EXO/release/", then)) == (405, "method_not_allowed")


def test_nothing_is_changed_as_of_an_instant() -> None:
    at = sealed().sealed_at.isoformat().replace("+", "%2B")

    refused = client_of("analyst").post(f"donors/?as_of={at}", {"code": "D-7009"})

    assert refusal(refused) == (400, "no_past")


# What clients keep.


def test_a_past_answer_is_known_again_by_its_etag(auditor: ApiClient) -> None:
    number = lot().number
    at = sealed().sealed_at
    first = auditor.get(f"lots/{number}/", asked(at))
    approved_specification()
    sealed()

    again = auditor.get(f"lots/{number}/", asked(at), if_none_match=first.headers["ETag"])

    assert (again.status_code, again.headers["ETag"]) == (304, first.headers["ETag"])
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert auditor.get(f"lots/{number}/", asked(at), if_none_match="*").status_code == 304
    other = auditor.get(f"lots/{number}/", asked(at), if_none_match='"other"')
    assert other.content == first.content


def test_nothing_is_decided_on_a_past_answer(auditor: ApiClient) -> None:
    number = released_lot()
    past = auditor.get(f"lots/{number}/", asked(sealed().sealed_at))
    body = {"reason": "Broken vial", "password": "x", "kind": "site", "reference": ""}

    refused = client_of("quality").post(
        f"lots/{number}/holds/", body, if_match=past.headers["ETag"]
    )

    assert refusal(refused) == (412, "stale_version")


def test_a_condition_on_a_past_answer_is_refused(auditor: ApiClient) -> None:
    refused = auditor.get("lots/", asked(sealed().sealed_at), if_match='"1-released-1"')

    assert refusal(refused) == (400, "no_past")
