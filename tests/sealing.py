"""Sealing in tests: a key that everybody knows, and what waits goes into the ledger."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import connection, transaction

from products.actions import ledger
from products.actions.naming import begin, end
from products.domain.accounts import SYSTEM_ACCOUNT
from products.domain.notes import Checkpoint as Head
from products.domain.notes import Signer, checkpoint_text, make_signer, sign_note
from products.domain.sealing import SEALED
from products.models import Checkpoint, LedgerKey, User
from tests.records import context, people

NAME = "exolot.example/ledger"


def signer(number: int = 1) -> Signer:
    return make_signer(NAME, hashlib.sha256(f"key {number}".encode()).digest())


SIGNER, OTHER = signer(1), signer(2)


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


def seal_one() -> None:
    assert seal(1) == 1


def sign_head(*, ahead: timedelta = timedelta()) -> Checkpoint:
    """A signed head over all that is sealed, inside the test's own transaction.

    ``ahead``: by a clock that is so much further.
    """
    key = LedgerKey.objects.filter(vkey=SIGNER.vkey).first() or _add_key()
    with connection.cursor() as cursor:
        cursor.execute(ledger.HEAD)
        size, root, _, sealed = cursor.fetchone()
        if ahead:
            sealed = f"{datetime.fromisoformat(sealed) + ahead:%Y-%m-%dT%H:%M:%S.%fZ}"
        head = Head(SIGNER.name, size, bytes(root), (SEALED + sealed,))
        note = sign_note(checkpoint_text(head), SIGNER)
        cursor.execute("SELECT products_add_checkpoint(%s, %s, %s, %s)", [size, root, note, key.pk])
    return Checkpoint.objects.get(size=size)


def _add_key() -> LedgerKey:
    with transaction.atomic():
        begin("system.test", context(people().admin))
        key = LedgerKey.objects.create(number=1, name=SIGNER.name, vkey=SIGNER.vkey)
        end()
    return key


def rotate(old: Signer, new: Signer) -> ledger.Sealed:
    system = User.objects.get(username=SYSTEM_ACCOUNT)
    return ledger.rotate_key(context(system), old, new)
