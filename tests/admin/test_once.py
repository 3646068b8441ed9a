"""A form that is sent twice is carried out once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from products.models import Hold, Lot, Note, RequestAnswer
from tests.accounts import PASSWORD
from tests.admin.pages import Page, Visitor, visitor
from tests.records import lot

SIGNED = {"reason": "Freezer alarm", "password": PASSWORD, "kind": "site"}


def hold_page(number: str = "EV-26-001") -> str:
    return f"/admin/products/lot/{Lot.objects.get(number=number).pk}/hold/"


def offered(person: Visitor, address: str) -> dict[str, Any]:
    fields = person.open(address).fields
    return {name: value or "" for name, value in fields.items()} | SIGNED


@pytest.mark.django_db
def test_a_form_that_is_sent_again_shows_the_first_outcome_and_does_nothing() -> None:
    lot()
    person = visitor("analyst")
    typed = offered(person, hold_page())

    first = Page(person.client.post(hold_page(), typed, follow=True))
    again = [Page(person.client.post(hold_page(), typed, follow=True)) for _ in range(5)]

    assert Hold.objects.count() == 1
    assert first.response.redirect_chain[-1][0] == again[0].response.redirect_chain[-1][0]
    assert all("This form was sent twice and carried out once." in page for page in again)
    assert PASSWORD not in RequestAnswer.objects.get().body


@pytest.mark.django_db
def test_going_back_and_sending_something_else_is_told_and_then_another_request() -> None:
    lot()
    person = visitor("analyst")
    typed = offered(person, hold_page())
    person.client.post(hold_page(), typed)

    other = Page(person.client.post(hold_page(), typed | {"reason": "Another"}, follow=True))

    assert "This key was used" in other
    assert Hold.objects.count() == 1
    assert other.response.context["form"]["once"].value() != typed["once"]


@pytest.mark.django_db
def test_a_signed_form_without_its_token_is_refused_when_it_comes_again() -> None:
    lot()
    person = visitor("analyst")
    typed = offered(person, hold_page())
    typed["once"] = ""

    person.client.post(hold_page(), typed)
    again = Page(person.client.post(hold_page(), typed, follow=True))

    assert "The same signed request was carried out" in again
    assert Hold.objects.count() == 1


@pytest.mark.django_db
def test_a_refused_form_keeps_its_token() -> None:
    lot()
    person = visitor("analyst")
    typed = offered(person, hold_page())

    refused = Page(person.client.post(hold_page(), typed | {"password": "wrong"}, follow=True))
    person.client.post(hold_page(), typed)

    assert refused.response.context["form"]["once"].value() == typed["once"]
    assert Hold.objects.count() == 1


@pytest.mark.django_db
def test_an_unsigned_form_is_carried_out_once_too() -> None:
    lot()
    person = visitor("analyst")
    address = hold_page().replace("/hold/", "/note/")
    typed = {"once": person.open(address).fields["once"], "text": "A bubble"}

    for _ in range(3):
        person.client.post(address, typed)
    assert Note.objects.count() == 1

    person.client.post(address, {"text": "A bubble"})
    assert Note.objects.count() == 2


def test_the_second_of_two_clicks_waits_for_the_first(committed_db: None) -> None:
    lot()
    person = visitor("analyst")
    address, cookies = hold_page(), person.client.cookies
    typed = offered(person, address)

    def click(_: int) -> int:
        other = Visitor()
        other.client.cookies = cookies
        try:
            return int(other.client.post(address, typed).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(click, range(2)))

    assert answers == [302, 302]
    assert Hold.objects.count() == 1
