"""Notices of locked accounts: on the home page until somebody deals with them."""

from __future__ import annotations

import pytest

from products.actions.accounts import change_password
from products.domain.errors import SignatureRefusedError
from products.models import Lockout
from tests.admin.pages import address, visitor
from tests.records import context, people

pytestmark = pytest.mark.django_db


def a_lock() -> Lockout:
    for _ in range(5):
        with pytest.raises(SignatureRefusedError):
            change_password(context(people().analyst), old="wrong", new="a new long pass phrase")
    return Lockout.objects.get()


def test_a_lock_stands_on_the_administrators_home_until_it_is_dealt_with() -> None:
    lock, admin = a_lock(), visitor("admin")
    assert "Locked accounts to look into 1" in admin.open("/admin/")

    page = admin.send(address("lockout_settle", lock), finding="A new keyboard")

    assert "The lock of analyst is dealt with." in page
    assert "A new keyboard" in page
    assert "No locked account waits to be looked into." in admin.open("/admin/")


def test_the_list_names_who_was_locked_and_what_is_still_to_do() -> None:
    a_lock()

    page = visitor("auditor").open(address("lockout_changelist"))

    assert "Anna Alvarez" in page
    assert "To be dealt with" in page


def test_who_does_not_administer_reads_why_not() -> None:
    lock = a_lock()

    page = visitor("analyst").open(address("lockout_change", lock))

    assert "it needs a role that may administer" in page
    assert visitor("analyst").open(address("lockout_settle", lock)).status == 403
