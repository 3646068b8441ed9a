"""Sealing in tests: a key that everybody knows, and what waits goes into the ledger."""

from __future__ import annotations

import hashlib

from django.db import connection

from products.actions import ledger
from products.domain.accounts import SYSTEM_ACCOUNT
from products.domain.notes import Signer, make_signer
from products.models import User
from tests.records import context

NAME = "exolot.example/ledger"


def signer(number: int = 1) -> Signer:
    return make_signer(NAME, hashlib.sha256(f"key {number}".encode()).digest())


def seal(at_most: int = 100_000) -> int:
    """How many entries went from the queue into the tree, whose head nobody signs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT products_seal(%s)", [at_most])
        (count,) = cursor.fetchone()
    return int(count)


def checkpoint(key: Signer | None = None, *, batch: int = ledger.BATCH) -> ledger.Sealed:
    """Seal all that waits and sign the head: needs a database where work is committed."""
    system = User.objects.get(username=SYSTEM_ACCOUNT)
    return ledger.seal(context(system), key or signer(), batch=batch)


def rotate(old: Signer, new: Signer) -> ledger.Sealed:
    system = User.objects.get(username=SYSTEM_ACCOUNT)
    return ledger.rotate_key(context(system), old, new)
