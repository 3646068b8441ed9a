"""People at the admin's pages: what they see, what they type."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.contrib.auth.models import Group
from django.db import models, transaction
from django.forms import BoundField, Select
from django.test import Client
from django.urls import reverse

from products.actions.accounts import approve_role
from products.actions.naming import begin, end
from products.models import Lot, RoleGrant, User
from tests.accounts import PASSWORD
from tests.records import context, now, people

LATER = "%Y-%m-%dT%H:%M"
CONFIRMED = re.compile(r'<input type="checkbox" name="confirmed" value="([^"]+)"')


class Page:
    """An answer: its status and what stands on it, as words."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status = response.status_code
        self.html = response.content.decode()
        self.words = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.html)))

    def __contains__(self, words: str) -> bool:
        return words in self.words

    @property
    def fields(self) -> dict[str, str]:
        """What the form's inputs hold."""
        form = self.response.context["form"]
        return {field.name: field.value() for field in form}

    @property
    def errors(self) -> dict[str, list[str]]:
        return dict(self.response.context["form"].errors)


class Visitor:
    """A signed-in person with a browser; ``csrf`` is checked only where a test asks for it."""

    def __init__(self, account: User | None = None) -> None:
        self.client = Client(REMOTE_ADDR="192.0.2.7")
        if account is not None:
            self.client.force_login(account)

    def open(self, address: str, **query: str) -> Page:
        return Page(self.client.get(address, query))

    def send(self, address: str, /, **typed: Any) -> Page:
        """Fill the form as it is offered with what is typed, send it, and follow to the end.

        What a signer has to confirm is ticked, unless ``confirmed`` says otherwise.
        """
        offered = self.client.get(address)
        form = getattr(offered, "context", None) and offered.context.get("form")
        known = {field.html_name: untouched(field) for field in form} if form else {}
        # By the page: contexts of answers to other threads mix with one's own.
        known["confirmed"] = CONFIRMED.findall(offered.content.decode()) or None
        body = {name: value for name, value in (known | typed).items() if value is not None}
        return Page(self.client.post(address, body, follow=True))

    def sign(self, address: str, /, **typed: Any) -> Page:
        return self.send(address, **({"reason": "As agreed", "password": PASSWORD} | typed))


def untouched(field: BoundField) -> Any:
    """What a browser sends of an input that nobody touched: of a select its first choice."""
    value, widget = field.value(), field.field.widget
    if value is None and type(widget) is Select:
        return next(iter(widget.choices))[0]
    return value


def visitor(username: str) -> Visitor:
    return Visitor(getattr(people(), username))


def address(page: str, record: models.Model | None = None) -> str:
    """Such as ``lot_release`` for the page that releases ``record``."""
    return reverse(f"admin:products_{page}", args=[record.pk] if record else None)


def the_lot(number: str = "EV-26-001") -> Lot:
    return Lot.objects.get(number=number)


def typed_now() -> str:
    """The present moment as a browser sends it, in the zone UTC."""
    return f"{now():%Y-%m-%dT%H:%M:%S.%f}"


def account_with(
    username: str,
    *roles: str,
    person_of: User | None = None,
    traits: dict[str, Any] | None = None,
) -> User:
    """An account as no action would make it."""
    with transaction.atomic():
        begin("system.test", context(people().admin))
        person = person_of.person if person_of else None
        account = User(username=username, person=person, is_staff=True)
        for name, value in (traits or {}).items():
            setattr(account, name, value)
        account.set_password(PASSWORD)
        account.save()
        account.groups.add(*Group.objects.filter(name__in=roles))
        for number, role in enumerate(roles, 1):
            RoleGrant.objects.create(
                user=account,
                number=number,
                role=role,
                recorded_by=people().admin,
            )
        end()
    signer = next(one for one in (people().quality, people().quality2) if one.person != person)
    for role in roles:
        approve_role(context(signer), username=username, role=role)
    return account
