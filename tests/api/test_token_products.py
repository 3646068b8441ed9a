"""A token that is bound to products reads what is of them, and of the rest not that it is there."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest

from products.api.reach import BASE as PREFIX
from products.api.reach import LISTS, NAMED
from products.api.urls import urlpatterns
from products.domain.errors import ConfigurationError
from products.models import AuditEntry, Checkpoint, Lot, Site
from products.queries.of_products import CONDITIONS, of_products
from tests.api.clients import BASE, ApiClient, problem, stored_token
from tests.outside import paper_result, transcribed, verified
from tests.permissions.calls import QUERIES
from tests.permissions.world import LOT, world
from tests.records import lot, people, product, sample, source, submitted_run
from tests.sealing import seal, sign_head

pytestmark = pytest.mark.django_db

# What is of no product, or counts what is of others.
REFUSED = {
    "accesses/",
    "accounts/",
    "accounts/<name:username>/factors/",
    "backups/",
    "checkpoints/",
    "checkpoints/<number:checkpoint>/",
    "checkpoints/<number:checkpoint>/consistency/",
    "checkpoints/<number:checkpoint>/consistency/file/",
    "checkpoints/<number:checkpoint>/inclusion/",
    "checkpoints/<number:checkpoint>/note/",
    "checkpoints/latest/",
    "credential-reviews/",
    "criteria-panels/",
    "identities/",
    "instruments/",
    "instruments/<name:instrument>/",
    "issued-tokens/",
    "laboratories/",
    "laboratories/<name:laboratory>/",
    "ledger-keys/",
    "lockouts/",
    "media-lots/",
    "media-lots/<name:material>/<name:number>/",
    "methods/",
    "methods/<name:method>/",
    "own-factors/",
    "persons/",
    "policy-acceptances/",
    "role-grants/",
    "sign-ins/",
    "signature-policies/",
    "sites/",
    "tokens/",
    "trainings/",
    "trail-reviews/",
}
# Long enough for every record of the two products.
PAGES = dict.fromkeys(LISTS, "?page_size=500") | {"changes/": "?page_size=500&after=300"}
OPEN = {"schema/", "schema/ui/"}
PARAMETER = re.compile(r"<\w+:(\w+)>")
OTHER, OTHER_LOT = "OTH-9", "OT-26-009"
# Words that stand in no record of the other product, and in many of this one.
OF_THIS = re.compile(rb"EV-26-00|EXO-1|D-0042|UC-0042")


def readable() -> list[str]:
    """Every address that is read."""
    return [
        str(entry.pattern)
        for entry in urlpatterns
        if not str(entry.pattern).startswith("^")
        if hasattr(getattr(entry.callback, "view_class", None), "get")
    ]


def named_first(route: str) -> str:
    return next(iter(PARAMETER.findall(route)), "")


def bound(*codes: str, account: str = "quality") -> ApiClient:
    who = getattr(people(), account)
    return ApiClient(stored_token(who, scope="read", products=list(codes)))


def unbound() -> ApiClient:
    return ApiClient(stored_token(people().quality, scope="read"))


def path_of(route: str, names: dict[str, str]) -> str:
    filled = PARAMETER.sub(lambda found: names[found[1]].replace("/", "~"), route)
    return filled + QUERIES.get(f"/{PREFIX}{route}", "")


def content_of(answer: Any) -> bytes:
    found: bytes = answer.getvalue() if answer.streaming else answer.content
    return found


def of_another_product() -> None:
    """A product with a lot, a sample and a result, of its own donor and source."""
    product(OTHER)
    source("UC-0099", donor="D-0099")
    lot(OTHER_LOT, product=OTHER, sources=["UC-0099"])
    submitted_run(lot=OTHER_LOT)


def test_of_every_address_that_is_read_it_is_stated_what_a_bound_token_reads_of_it() -> None:
    narrowed = {route for route in readable() if named_first(route) in NAMED} | LISTS

    assert narrowed | REFUSED | OPEN == set(readable())
    assert not narrowed & REFUSED
    assert {model for model, _ in NAMED.values()} <= set(CONDITIONS)


def test_of_every_address_only_what_is_of_the_products_is_read() -> None:
    """Two products, a token of each, and one that is not bound."""
    names = world().names
    of_another_product()
    seal()
    sign_head()
    own = AuditEntry.objects.filter(lots__0=Lot.objects.get(number=LOT).pk).earliest("recorded_at")
    names["entry"] = str(own.pk)

    ours, theirs, whole = bound("EXO-1"), bound(OTHER), unbound()

    for route in sorted(set(readable()) - OPEN):
        path = f"{BASE}/{path_of(route, names)}{PAGES.get(route, '')}"
        answers = [client.http.get(path) for client in (ours, theirs, whole)]
        first, other, second = answers
        statuses = [each.status_code for each in answers]
        if route in LISTS:
            assert_list_of(route, *map(content_of, answers))
        elif named_first(route) in NAMED:
            assert statuses == [200, 404, 200], route
            assert problem(other)["code"] == "not_found"
            if not {"evaluation", "dossier"} & set(route.split("/")):
                assert content_of(first) == content_of(second), route
        else:
            assert statuses[:2] == [403, 403], route
            assert problem(first)["code"] == problem(other)["code"] == "token_products"


def assert_list_of(route: str, ours: bytes, theirs: bytes, whole: bytes) -> None:
    """``theirs`` tells nothing of this product, ``ours`` nothing of the other; together no more
    than the ``whole``.
    """
    assert not OF_THIS.search(theirs), route
    assert OTHER_LOT.encode() not in ours, route
    mine, others, every = (json.loads(text)["results"] for text in (ours, theirs, whole))
    assert mine or route in {"reviews/", "decisions/"}, route
    assert [row for row in every if row in mine] == mine, route
    assert [row for row in every if row in others] == others, route


def test_files_counts_and_past_lists_are_of_the_products_too() -> None:
    lot()
    submitted_run()
    of_another_product()
    seal()
    sign_head()
    at = Checkpoint.objects.latest("number").sealed_at.isoformat()
    ours, theirs = bound("EXO-1"), bound(OTHER)

    for name in ("lots/", "results/", "audit/", "sources/", "donors/"):
        mine, others = (
            content_of(client.http.get(f"{BASE}/{name}", {"format": "csv"}))
            for client in (ours, theirs)
        )
        assert OF_THIS.search(mine), name
        assert not OF_THIS.search(others), name
        counted = theirs.get(name, {"count": "10000"}).json()
        assert counted["count"]["rows"] == len(counted["results"]), name
    for name in ("lots/", "runs/", "sources/", "donors/", "specifications/"):
        past = theirs.get(name, {"as_of": at})
        assert past.status_code == 200, past.content
        assert len(past.json()["results"]) == 1, name
        assert not OF_THIS.search(past.content), name


def test_a_lot_made_from_one_of_another_product_is_read_with_what_it_rests_on_and_no_more() -> None:
    lot()
    product(OTHER)
    lot(OTHER_LOT, product=OTHER, sources=[], parents=[LOT])
    seal()
    sign_head()
    child, parent = bound(OTHER), bound("EXO-1")

    read = child.get(f"lots/{OTHER_LOT}/").json()
    assert [each["number"] for each in read["parents"]] == [LOT]
    assert child.get("sources/UC-0042/").json()["donor"] == "D-0042"
    assert [row["code"] for row in child.get("donors/").json()["results"]] == ["D-0042"]
    assert child.get(f"lots/{LOT}/").status_code == 404
    assert [row["number"] for row in child.get("lots/").json()["results"]] == [OTHER_LOT]
    assert parent.get(f"lots/{OTHER_LOT}/").status_code == 404
    for address in ("audit/", "changes/"):
        told = str(parent.get(address).content)
        assert OTHER_LOT not in told
        assert str(Lot.objects.get(number=OTHER_LOT).pk) not in told
    links = child.get("audit/", {"table": "products_lotparent"}).json()["results"]
    assert [row["lots"] for row in links] == [[OTHER_LOT, LOT]]


def test_the_dossier_of_a_parent_does_not_tell_of_lots_of_other_products() -> None:
    lot()
    product(OTHER)
    child = lot(OTHER_LOT, product=OTHER, sources=[], parents=[LOT])
    seal()
    sign_head()

    readers = (bound("EXO-1"), unbound())
    answers = [client.http.get(f"{BASE}/lots/{LOT}/dossier/") for client in readers]
    ours, whole = (
        b"".join(archive.read(name) for name in archive.namelist())
        for archive in (zipfile.ZipFile(io.BytesIO(content_of(each))) for each in answers)
    )

    for told in (OTHER_LOT.encode(), str(child.pk).encode()):
        assert told in whole
        assert told not in ours


def test_who_compared_a_paper_of_the_products_is_read_as_its_transcription_is() -> None:
    lot()
    signed = verified(transcribed("run", paper_result().run.number)).signature
    product(OTHER)

    ours, theirs = bound("EXO-1"), bound(OTHER)

    assert ours.get(f"signatures/{signed.pk}/").json()["kind"] == "verification"
    (row,) = ours.get("signatures/", {"kind": "verification"}).json()["results"]
    assert row["id"] == str(signed.pk)
    assert theirs.get(f"signatures/{signed.pk}/").status_code == 404
    assert theirs.get("signatures/").json()["results"] == []


def test_what_is_filtered_by_or_held_in_a_cache_tells_nothing_of_others() -> None:
    lot()
    of_another_product()
    tag = unbound().get(f"lots/{LOT}/").headers["ETag"]
    client = bound(OTHER)

    assert client.get(f"lots/{LOT}/", if_none_match=tag).status_code == 404
    assert client.get("lots/", {"product": "EXO-1"}).json()["results"] == []
    assert client.get("lots/", {"donor": "D-0042"}).json()["results"] == []
    assert client.get("audit/", {"lot": LOT}).json()["results"] == []
    for person in ("analyst", "nobody-of-this-name"):
        asked = {"person": person, "status": "void"}
        assert client.get("lots/", asked).json()["results"] == []
        file = client.get("lots/", {**asked, "format": "csv"})
        assert b"".join(file.streaming_content).count(b"\r\n") == 1
    nowhere = problem(client.get("lots/NOPE/"))["detail"].replace("NOPE", LOT)
    assert problem(client.get(f"lots/{LOT}/"))["detail"] == nowhere


def test_a_cursor_is_of_the_reach_under_which_it_was_made() -> None:
    of_another_product()
    lot("OT-26-010", product=OTHER, sources=["UC-0099"])
    following = bound(OTHER).get("lots/", {"page_size": "1"}).json()["next"]

    assert len(bound(OTHER).get(following).json()["results"]) == 1
    for client in (unbound(), bound("EXO-1")):
        assert problem(client.get(following))["code"] == "invalid_cursor"


def test_a_name_that_means_a_record_of_another_product_in_another_case_is_not_found() -> None:
    of_another_product()
    sample(OTHER_LOT)

    assert bound(OTHER).get(f"lots/{OTHER_LOT.lower()}/").status_code == 200
    assert bound("EXO-1").get(f"lots/{OTHER_LOT.lower()}/").status_code == 404


def test_a_bound_token_writes_nothing_and_learns_of_no_address() -> None:
    client = bound("EXO-1", account="analyst")

    assert problem(client.post("lots/"))["code"] == "scope"
    assert client.get("nowhere/").status_code == 404


def test_rows_that_are_of_no_product_are_never_taken_for_all_of_them() -> None:
    with pytest.raises(ConfigurationError, match="sites are of which product"):
        of_products(Site.objects.all(), ["EXO-1"])
