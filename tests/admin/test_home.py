"""Home: what waits for each role, with numbers that are those of the lists behind them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from products.actions.accounts import create_account, set_expiry
from products.actions.amendments import correct_run
from products.actions.equipment import register_media_lot
from products.actions.holds import place_hold
from products.actions.methods import draft_method_version
from products.actions.naming import begin, end
from products.actions.policies import issue_policy
from products.actions.readings import save_readings, submit_run
from products.actions.reviews import return_run, review_results
from products.actions.specifications import draft_specification
from products.actions.tokens import issue_token
from products.domain.calculations import ReadingFacts
from products.domain.lots import ReleaseStatus
from products.domain.sterility import NO_GROWTH
from products.models import Donor, User
from products.queries.home import KINDS, Home, home_page, kind_named
from products.queries.lots import lots_standing
from products.queries.people import identity_of
from products.queries.runs import recorders_of
from products.queries.waiting import Item, Reader, reader
from products.queries.waiting_runs import runs_to_review
from tests.accounts import FIRST_PASSWORD
from tests.admin.pages import Page, Visitor, account_with, address, visitor
from tests.outside import (
    go_live,
    laboratory,
    outside_run,
    paper_result,
    qualified,
    reported,
    transcribed,
)
from tests.plans import plan_of
from tests.records import (
    ENDOTOXIN,
    INCUBATION,
    STERILITY,
    VIABILITY,
    approved_method,
    approved_specification,
    calibrated,
    context,
    counted,
    donor,
    instrument,
    lot,
    now,
    opened_run,
    people,
    person_of,
    submitted_run,
    today,
    trained,
    value,
)

pytestmark = pytest.mark.django_db
ROLES = ("analyst", "reviewer", "quality", "auditor", "admin")
CARD = re.compile(r'<h3><a href="([^"]+)">([^<]+)</a> <span class="tally">([0-9+]+)</span>')
COUNT = re.compile(r'<a class="count" href="([^"]+)"><strong>([0-9+]+)</strong>')


def home(username: str) -> Page:
    return visitor(username).open("/admin/")


def cards(page: Page) -> dict[str, tuple[str, str]]:
    """The address and the number of each card of work, by its title."""
    return {unescape(title): (url, count) for url, title, count in CARD.findall(page.html)}


def rows_listed(who: Visitor, url: str) -> int:
    """How many rows stand on all pages of a list."""
    page = who.open(unescape(url))
    assert page.status == 200
    if "cl" in page.response.context:
        return int(page.response.context["cl"].result_count)
    found, number = len(page.response.context["rows"]), 1
    while page.response.context["after"]:
        number += 1
        page = who.open(url, p=str(number))
        found += len(page.response.context["rows"])
    return found


def seen_by(username: str, **changes: Any) -> Home:
    return home_page(reading(username, **changes))


def reading(username: str, *, later: timedelta = timedelta(0)) -> Reader:
    account = User.objects.get(username=username)
    return reader(identity_of(account.pk), now() + later)


def items(username: str, name: str, **changes: Any) -> list[Item]:
    """All that waits for somebody of one kind."""
    kind = kind_named(name)
    assert kind
    return [kind.item(row) for row in kind.rows(reading(username, **changes))]


def labels(username: str, name: str, **changes: Any) -> list[str]:
    return [item.label for item in items(username, name, **changes)]


def busy_laboratory() -> None:
    """Something of every kind of work, but what needs days to pass."""
    lot(criteria=[VIABILITY, ENDOTOXIN])
    opened_run()
    submitted_run(purpose="information")
    failed = submitted_run(ENDOTOXIN, value("9")).run.number
    correct_run(
        context(people().analyst),
        run=failed,
        readings=value("0.09"),
        source_document="Notebook 7, page 12",
    )
    lot("EV-26-002", criteria=[VIABILITY])
    ready = submitted_run(lot="EV-26-002").run.number
    review_results(context(people().reviewer), lot="EV-26-002", runs=[ready])
    lot("EV-26-003")
    submitted_run(lot="EV-26-003")
    lot("EV-26-004", expires=f"{today() + timedelta(days=9)}")
    returned = submitted_run(lot="EV-26-004").run.number
    return_run(context(people().reviewer), run=returned, comment="Blurred")
    place_hold(context(people().analyst), lot="EV-26-004")
    donor("D-0777")
    draft_method_version(
        context(people().analyst), method="VIA-01", document="SOP-2", formula="viability", unit="%"
    )
    draft_specification(
        context(people().analyst),
        product="EXO-1",
        document="SPEC-2",
        effective_from=today(),
        criteria=[VIABILITY],
        change_reason="Tighter",
    )
    instrument("OLD-1")
    calibrated("OLD-1", calibrated_on=today(), valid_until=today() + timedelta(days=3))
    register_media_lot(
        context(people().analyst),
        material="FTM",
        number="M-9",
        manufacturer="Merck",
        expires_on=today() - timedelta(days=2),
    )
    laboratory("CTL-9")
    qualified("CTL-9", qualified_until=today() + timedelta(days=30))
    create_account(
        context(people().admin),
        username="nora",
        person=person_of(people().auditor).pk,
        password=FIRST_PASSWORD,
        roles=["Analyst"],
    )
    set_expiry(context(people().admin), username="nora", expires_on=today())
    issue_token(
        context(people().auditor),
        kind="personal",
        scope="read",
        purpose="Monthly audit",
        days=20,
        username=None,
    )
    issue_policy(context(people().quality), text="1. Sign only what is true.")


def test_the_number_of_every_card_is_that_of_the_list_behind_it() -> None:
    busy_laboratory()
    seen: set[str] = set()

    for username in ROLES:
        who, page = visitor(username), home(username)
        for title, (url, count) in cards(page).items():
            assert rows_listed(who, url) == int(count), f"{username}: {title}"
            seen.add(url.split("/")[-2])
        counts = COUNT.findall(page.html)
        assert len(counts) >= 4
        for url, count in counts:
            assert rows_listed(who, url) == int(count), f"{username}: {url}"

    untold = {kind.name for kind in KINDS} - seen
    assert untold == {
        "incubations",
        "transcriptions-to-verify",
        "trainings",
        "lockouts",
        "specifications",
    }


WORK = {
    "analyst": {"Runs you saved and have not submitted", "Signature policy"},
    "reviewer": {"Runs to review", "Signature policy"},
    "quality": {"Methods to approve", "Signature policy"},
    "auditor": {"Signature policy"},
    "admin": {"Signature policy"},
}


def test_each_role_sees_what_it_can_act_on_and_several_roles_add_up() -> None:
    lot()
    opened_run()
    lot("EV-26-002")
    submitted_run(lot="EV-26-002", by=people().analyst2)
    draft_method_version(
        context(people().analyst), method="VIA-01", document="SOP-2", formula="viability", unit="%"
    )
    both = account_with("anna2", "Analyst", "Reviewer", person_of=people().analyst)
    issue_policy(context(people().quality), text="1. Sign only what is true.")

    for username, titles in WORK.items():
        assert set(cards(home(username))) == titles, username
    added = Visitor(both).open("/admin/")
    assert set(cards(added)) == WORK["analyst"] | WORK["reviewer"]


def test_whoever_recorded_anything_of_a_run_never_finds_it_to_be_reviewed() -> None:
    lot()
    analyst, reviewer = people().analyst, people().reviewer
    typist = account_with("rita2", "Analyst", person_of=reviewer)
    opener = account_with("quentin2", "Analyst", person_of=people().quality)
    run = opened_run(by=opener)
    save_readings(context(typist), run=run.number, readings=counted()[:1])
    save_readings(context(analyst), run=run.number, readings=counted()[1:])
    submit_run(context(analyst), run=run.number)
    reviewers = {
        account_with(f"also-{account}", "Reviewer", person_of=getattr(people(), account)).person_id
        for account in ("analyst", "analyst2", "quality", "quality2", "admin")
    } | {reviewer.person_id}

    finds_it = {
        person
        for person in reviewers
        if runs_to_review(replace(reading("reviewer"), person=person))
    }

    assert finds_it == reviewers - recorders_of(run)
    assert len(finds_it) == 3
    assert run.number not in home("reviewer")


def test_who_made_recorded_or_reviewed_a_lot_never_finds_it_to_be_released() -> None:
    lot(made_by=people().quality2.person_id)
    run = submitted_run().run.number
    for known in ("analyst", "reviewer"):
        account_with(f"{known}-too", "Quality", person_of=getattr(people(), known))
    review_results(context(people().reviewer), lot="EV-26-001", runs=[run])

    assert labels("quality", "lots-to-release") == ["EV-26-001"]
    for username in ("quality2", "analyst-too", "reviewer-too"):
        assert labels(username, "lots-to-release") == [], username


def test_what_waits_longest_stands_first_with_its_wait_and_zone() -> None:
    lot()
    first, second = opened_run(), opened_run(purpose="information")

    page = home("analyst")

    assert labels("analyst", "runs-to-submit") == [first.number, second.number]
    assert re.search(
        r"Waits (less than a minute|\d+ minutes?), since [-0-9]+ [0-9:]+ \w+ \(America/New_York\)",
        page.words,
    )
    assert address("run_readings", first) in page.html


def test_an_incubation_is_listed_a_day_ahead_and_marked_once_it_has_ended() -> None:
    lot(criteria=[STERILITY])
    run = submitted_run(STERILITY).run
    hours: Callable[[int], timedelta] = lambda count: INCUBATION + timedelta(hours=count)  # noqa: E731

    assert labels("analyst", "incubations", later=hours(-25)) == []
    assert labels("analyst", "incubations", later=hours(-23)) == [run.number]
    (item,) = items("analyst", "incubations", later=hours(2))
    assert item.due is not None
    assert item.due <= now() + hours(2)


def test_an_outside_test_whose_controls_were_not_acceptable_still_waits_for_its_end() -> None:
    lot(criteria=[STERILITY])
    run = outside_run(STERILITY)
    no_growth = [ReadingFacts("reported", NO_GROWTH, "")]
    save_readings(context(people().analyst), run=run.number, readings=no_growth)
    reported(run)
    submit_run(context(people().analyst), run=run.number)
    assert labels("analyst", "incubations", later=INCUBATION) == [run.number]

    reported(run, controls="not_acceptable", evidence=run.reports.get().evidence_id)

    assert labels("analyst", "incubations", later=INCUBATION) == [run.number]


def test_what_lapses_is_told_from_thirty_days_before_until_something_newer_is_there() -> None:
    method = approved_method()
    trained(people().analyst, method, valid_until=today() + timedelta(days=31))
    calibrated("NTA-7", calibrated_on=today(), valid_until=today() + timedelta(days=31))
    day = timedelta(days=1)

    # The stock's training of this version has no end.
    assert labels("analyst", "trainings", later=day) == []
    assert labels("analyst", "calibrations") == []
    assert labels("analyst", "calibrations", later=day) == ["NTA-7"]
    assert labels("analyst", "calibrations", later=61 * day) == ["NTA-7"]
    assert labels("analyst", "calibrations", later=62 * day) == []
    calibrated("NTA-7", calibrated_on=today(), valid_until=today() + timedelta(days=300))
    assert labels("analyst", "calibrations", later=day) == []


def test_a_training_that_ends_is_told_to_its_person_and_to_quality() -> None:
    version = approved_method("VIA-77")
    person_of(people().reviewer)
    trained(people().reviewer, version, valid_until=today() + timedelta(days=5))
    also = account_with("rita3", "Analyst", person_of=people().reviewer)

    assert labels(also.username, "trainings") == ["Rita Romero on VIA-77 v1"]
    assert labels("quality", "trainings") == ["Rita Romero on VIA-77 v1"]
    assert labels("analyst", "trainings") == []


def test_a_specification_that_ends_the_one_before_it_is_told_ahead() -> None:
    approved_specification()
    approved_specification(effective_from=today() + timedelta(days=10))

    assert labels("quality", "specifications") == ["Specification EXO-1 v1"]


def test_a_token_is_told_to_its_owner_and_to_administrators() -> None:
    issue_token(
        context(people().auditor),
        kind="personal",
        scope="read",
        purpose="Monthly audit",
        days=20,
        username=None,
    )

    assert labels("auditor", "tokens") == labels("admin", "tokens") == ["Monthly audit"]
    assert labels("quality", "tokens") == []


def test_a_transcription_waits_for_another_person() -> None:
    lot()
    go_live()
    paper = transcribed("run", paper_result().run.number)

    assert labels("reviewer", "transcriptions-to-verify") == [paper.number]


def test_more_than_a_hundred_are_not_counted_and_stand_on_several_pages() -> None:
    with transaction.atomic():
        begin("system.test", context(people().admin))
        Donor.objects.bulk_create(
            Donor(code=f"D-1{number:03}", recorded_by=people().analyst) for number in range(105)
        )
        end()
    quality = visitor("quality")

    page = quality.open("/admin/")

    url, count = cards(page)["Donors whose eligibility is not determined"]
    assert count == "100+"
    assert rows_listed(quality, url) > 100
    assert "the oldest first" in page
    assert "This page of the list is empty." in quality.open(url, p="9")
    for nonsense in ("x", "-1", "0", "9" * 30, "²"):
        assert quality.open(url, p=nonsense).status == 200


def queries_of(username: str) -> list[str]:
    who = reading(username)
    with CaptureQueriesContext(connection) as asked:
        home_page(who)
    return [query["sql"] for query in asked]


def test_the_number_of_queries_does_not_grow_with_the_records() -> None:
    everything = account_with("omni", "Analyst", "Reviewer", "Quality", "Administrator")
    lot(criteria=[VIABILITY, ENDOTOXIN])
    before = queries_of(everything.username)
    for number in range(3):
        opened_run(purpose="information")
        submitted_run(purpose="information")
        lot(f"EV-26-01{number}")
        submitted_run(lot=f"EV-26-01{number}")
        donor(f"D-077{number}")

    asked = queries_of(everything.username)
    # Eight of the page, and four that look for lots and runs of which something may wait.
    assert len(asked) == len(before) <= len(KINDS) + 12
    assert sum("LIMIT 101" in sql for sql in asked) >= len(KINDS)


def test_lots_are_counted_by_the_indexes_of_their_status() -> None:
    lot()
    counted_by = lots_standing(ReleaseStatus.QUARANTINED, now())

    plans = [plan_of(part.order_by()[:101]) for part in counted_by]

    assert "lot_by_status" in plans[0]
    assert "lot_by_judged_until" in plans[1]


def test_an_empty_list_says_so_in_one_sentence() -> None:
    page = visitor("analyst").open("/admin/waiting/runs-to-submit/")

    assert "Every run that you saved is submitted." in page
    assert "Every run that you saved is submitted." in home("analyst")
    assert "Your roles read the records; nothing waits for you." in home("auditor")


def test_a_list_of_others_work_is_refused_and_an_unknown_one_not_found() -> None:
    reader_ = visitor("auditor")

    assert reader_.open("/admin/waiting/runs-to-review/").status == 403
    assert reader_.open("/admin/waiting/everything/").status == 404


def test_the_page_of_home_asks_the_database_a_constant_number_of_times(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    analyst = visitor("analyst")

    with django_assert_max_num_queries(20):
        analyst.open("/admin/")
