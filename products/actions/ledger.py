"""Sealing the trail: entries go from the queue into the tree, and its head is signed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction

from products.actions.base import Context, action
from products.domain.errors import ConfigurationError
from products.domain.ledger_keys import announce
from products.domain.notes import Checkpoint as Head
from products.domain.notes import Signer, Verifier, checkpoint_text, sign_note
from products.domain.sealing import SEALED
from products.models import LedgerKey

BATCH = 20_000
NOT_BORNE_OUT = "QC008"
"""What the database says to a checkpoint that tree, clock or present key does not bear out."""

# The instant is the database's, and never before that of the checkpoint before.
HEAD = """
SELECT tree.size, products_root(tree.size), coalesce(last.size, 0),
    to_char(greatest(clock_timestamp(), last.sealed_at) AT TIME ZONE 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM (SELECT coalesce(max(index) + 1, 0) AS size FROM products_leaf) tree
LEFT JOIN (SELECT size, sealed_at FROM products_checkpoint ORDER BY number DESC LIMIT 1) last
    ON true
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """``entries`` that went into the tree, which now has ``size``; ``note`` is its signed head.

    ``note`` is empty when there was nothing to sign.
    """

    entries: int
    size: int
    note: str = ""


@action("ledger.register_key", permission=None)
def register_key(
    context: Context, *, verifier: Verifier, number: int = 1, announcement: str = ""
) -> LedgerKey:
    """Keep the public half of a signing key; what it announces is in the trail with its entry."""
    return LedgerKey.objects.create(
        number=number,
        name=verifier.name,
        vkey=verifier.vkey,
        announcement=announcement,
    )


def seal(context: Context, signer: Signer, *, batch: int = BATCH) -> Sealed:
    """Move all that waits into the tree, and sign its head if it has grown.

    The ledger's first key is registered on the way.

    Raises:
        ConfigurationError: ``signer`` is not the ledger's present key, or was until somebody
            handed the ledger over meanwhile; or the tree does not bear out what is signed.
    """
    key = _present_key(context, signer)
    entries = 0
    while moved := _move(batch):
        entries += moved
    return _sign_head(key, signer, entries)


def rotate_key(context: Context, old: Signer, new: Signer) -> Sealed:
    """Hand the ledger over to another key, announced by the present one in an entry.

    Raises:
        ConfigurationError: ``old`` is not the ledger's present key.
        NoteError: ``new`` has another name, or is the same key.
    """
    sealed = seal(context, old)
    number = LedgerKey.objects.count() + 1
    announcement = announce(old, new.verifier, number=number, size=sealed.size)
    register_key(context, verifier=new.verifier, number=number, announcement=announcement)
    return seal(context, new)


def _present_key(context: Context, signer: Signer) -> LedgerKey:
    last = LedgerKey.objects.order_by("-number").first()
    if last is None:
        return register_key(context, verifier=signer.verifier)
    _check_present(signer, last)
    return last


def _check_present(signer: Signer, last: LedgerKey) -> None:
    if last.vkey == signer.vkey:
        return
    if LedgerKey.objects.filter(vkey=signer.vkey).exists():
        raise ConfigurationError(
            f"The ledger was handed over to {last.vkey}; {signer.vkey}, which this process read, "
            "signs nothing any more. Name the file of the present key by LEDGER_KEY_PATH, and "
            "start `seal` again."
        )
    raise ConfigurationError(
        f"The key file holds {signer.vkey}, but the ledger's present key is {last.vkey}. Give the "
        "present key, or hand over to another by `seal --rotate`."
    )


def _move(batch: int) -> int:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT products_seal(%s)", [batch])
        return int(cursor.fetchone()[0])


def _sign_head(key: LedgerKey, signer: Signer, entries: int) -> Sealed:
    try:
        return _signed_head(key, signer, entries)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") != NOT_BORNE_OUT:
            raise
        _check_present(signer, LedgerKey.objects.latest("number"))
        raise ConfigurationError(
            "The database refuses the checkpoint: its tree or its clock does not bear it out "
            f"({str(error).splitlines()[0]}). Run `verify_ledger`, and keep the database as it is."
        ) from error


def _signed_head(key: LedgerKey, signer: Signer, entries: int) -> Sealed:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        # One sealer at a time: the head that is signed is the head that is stored. Sealing nothing
        # takes the lock that sealers wait for, and that no other role can take.
        cursor.execute("SELECT products_seal(0)")
        cursor.execute(HEAD)
        size, root, signed, sealed = cursor.fetchone()
        if size == signed:
            return Sealed(entries, size)
        head = Head(signer.name, size, bytes(root), (SEALED + sealed,))
        note = sign_note(checkpoint_text(head), signer)
        cursor.execute("SELECT products_add_checkpoint(%s, %s, %s, %s)", [size, root, note, key.pk])
    return Sealed(entries, size, note)
