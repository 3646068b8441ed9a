"""The box in the header: a number leads to its record or to a short list, or is nobody's."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from products.actions.accounts import create_person
from products.domain.lots import FAR_FUTURE
from products.models import Donor, Lot, Sample
from products.queries.finding import SEARCHED, find_number, matching
from tests.admin.pages import Page, Visitor, account_with, address, visitor
from tests.plans import plan_of
from tests.records import (
    context,
    donor,
    instrument,
    lot,
    media_lot,
    now,
    opened_run,
    people,
    product,
)

pytestmark = pytest.mark.django_db
FIND = "/admin/find/"


def leads_to(number: str, reader: str = "auditor") -> str:
    """Where the browser is sent; empty when it stays."""
    answer = visitor(reader).client.get(FIND, {"number": number})
    return str(answer.headers.get("Location", ""))


def found(number: str, reader: str = "auditor") -> Page:
    return visitor(reader).open(FIND, number=number)


def test_the_number_of_a_lot_lands_on_its_page_however_it_was_scanned() -> None:
    made = lot()
    opened_run()

    for typed in (
        "EV-26-001",
        " ev-26-001 ",
        "EV-26-001\r\n",
        "(01)09501101530003(10)EV-26-001",
        "]C10109501101530003" + "10ev-26-001",
    ):
        assert leads_to(typed) == address("lot_change", made), typed


def test_every_kind_of_record_is_found_by_its_number() -> None:
    made = lot()
    run = opened_run()
    drawn = Sample.objects.get()
    known = donor("D-0777")

    assert leads_to(run.number.lower()) == address("run_change", run)
    assert leads_to(drawn.number) == address("sample_change", drawn)
    assert leads_to("d-0777") == address("donor_change", known)
    assert leads_to("exo-1") == address("product_change", made.product)
    assert leads_to("exo-1 v1") == address("specificationversion_change", made.specification)
    assert leads_to("nta-7") == address("instrument_change", instrument())
    assert leads_to("ftm m-1") == address("medialot_change", media_lot())
    assert leads_to("Anna Alvarez") == address("person_change", people().analyst.person)
    assert leads_to("auditor", "analyst") == address("user_change", people().auditor)


def test_a_donation_number_is_found_as_printed_and_as_scanned() -> None:
    made = donor("W0000 26 123456")

    assert leads_to("=W00002612345600") == address("donor_change", made)
    assert leads_to("w0000 26 123456") == address("donor_change", made)
    assert Donor.objects.filter(code="W000026123456").exists()


def test_the_beginning_of_a_number_gives_a_short_list_with_kind_and_status() -> None:
    lot()
    opened_run()
    lot("EV-26-002")

    page = found("ev-26")

    assert "No record has the number ev-26 . These begin with it." in page
    assert "EV-26-001 Lot □ Quarantine investigational, under a US IND (IND 12345)" in page
    assert "EV-26-001-S1 Sample Parent cells" in page
    assert "EV-26-001-S1-R1 Run ✎ Saved" in page
    assert address("lot_change", Lot.objects.get(number="EV-26-002")) in page.html


def test_a_number_of_two_records_is_left_to_the_reader() -> None:
    product("NTA-7")
    instrument("NTA-7")

    page = found("nta-7")

    assert "Several records have the number nta-7 , or begin with it." in page
    assert "NTA-7 Product" in page
    assert "NTA-7 Instrument" in page


def test_of_many_no_more_are_listed_than_can_be_looked_through() -> None:
    for number in range(9):
        donor(f"D-07{number}0")

    page = found("D-07")

    assert page.html.count('<th scope="row"><a class="number"') == 8
    assert "There are more. Type more of the number." in page


def test_what_is_nobodys_number_says_what_was_looked_for_and_where() -> None:
    lot()

    for typed in ("XX-99", "%", "_V-26", "\x00", "🧪", "'; --", "x" * 300):
        page = found(typed)

        assert page.status == 200
        assert "Looked for among" in page or "It is looked for among" in page
        assert all(noun in page for noun in SEARCHED)


def test_what_was_typed_is_shown_as_text() -> None:
    page = found("<b>X</b>")

    assert "&lt;b&gt;X&lt;/b&gt;" in page.html
    assert "<b>X</b>" not in page.html


def test_an_empty_box_explains_itself() -> None:
    assert "Type or scan the number of a record into the box at the top" in found("  ")


def test_a_name_is_found_whatever_letters_it_has() -> None:
    person = create_person(context(people().admin), printed_name="Jörg Groß")

    assert leads_to("jörg groß") == address("person_change", person)


def test_a_number_is_found_in_two_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    lot()

    with django_assert_num_queries(1):
        assert len(find_number("EV-26-001", now()).exact) == 1
    with django_assert_num_queries(2):
        assert len(find_number("EV-26", now()).begin_so) == 1


def test_numbers_are_found_by_their_indexes() -> None:
    lot()
    opened_run()

    for how in ("", "__startswith"):
        plan = plan_of(matching("EV-26-001", now(), how))

        for index in ("lot_number_never_reused", "sample_by_number", "run_by_number"):
            assert re.search(rf"using {index} .*\n +Index Cond", plan), f"{index}\n{plan}"


def test_the_status_found_is_that_of_the_present_moment() -> None:
    lot()

    status = find_number("EV-26", FAR_FUTURE).begin_so[0].status

    assert status == "expired"


def test_who_has_no_role_finds_nothing_and_has_no_box() -> None:
    lot()
    stranger = Visitor(account_with("nobody"))

    assert stranger.open(FIND, number="EV-26-001").status == 403
    assert 'id="go-to"' not in stranger.open("/admin/").html
    assert (
        Visitor()
        .client.get(FIND, {"number": "EV-26-001"})
        .headers["Location"]
        .startswith(reverse("admin:login"))
    )


def test_every_page_has_the_box_the_keys_and_the_way_past_the_menu() -> None:
    made = lot()
    analyst = visitor("analyst")

    for page in (
        analyst.open("/admin/"),
        analyst.open(address("lot_changelist")),
        analyst.open(address("lot_change", made)),
        analyst.open(address("donor_add")),
        analyst.open("/admin/password_change/"),
        analyst.open("/admin/keyboard/"),
    ):
        assert page.html.count('id="go-to"') == 1
        assert page.html.count('class="keys"') == 1
        assert page.html.index('href="#content"') < page.html.index('id="go-to"')


def test_the_box_is_there_where_an_address_leads_nowhere() -> None:
    page = visitor("analyst").open("/admin/products/lot/nothing/change/")

    assert page.status == 404
    assert 'id="go-to"' in page.html
    assert 'id="go-to"' not in Page(Visitor().client.get("/nowhere/")).html
