"""Locks as time passes, and guesses that come at the same moment."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from products.actions.accounts import change_password
from products.domain.accounts import LOCK_AFTER
from products.domain.errors import SignatureRefusedError
from products.models import Lockout, SignIn
from products.queries.lockouts import lock_of
from tests.accounts import PASSWORD
from tests.records import context, people


def fail_to_sign(times: int = LOCK_AFTER) -> None:
    for _ in range(times):
        with pytest.raises(SignatureRefusedError):
            change_password(context(people().analyst), old="wrong", new="a new long pass phrase")


def test_the_lock_ends_by_its_time(demo_db: str) -> None:
    analyst = people().analyst
    fail_to_sign()
    lock = Lockout.objects.get()

    assert lock_of(analyst, lock.until - timedelta(seconds=1)) == lock
    changed = change_password(
        replace(context(analyst), at=lock.until), old=PASSWORD, new="a new long pass phrase"
    )

    assert changed == analyst


def test_of_guesses_sent_at_once_five_are_judged(committed_db: str) -> None:
    analyst, barrier, refusals = people().analyst, threading.Barrier(12), []

    def guess() -> None:
        given = context(analyst)
        barrier.wait()
        try:
            change_password(given, old="wrong", new="a new long pass phrase")
        except SignatureRefusedError as error:
            refusals.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert SignIn.objects.filter(user=analyst, counted_for="account").count() == LOCK_AFTER
    assert Lockout.objects.count() == 1
    assert refusals.count("account_locked") >= 12 - LOCK_AFTER
