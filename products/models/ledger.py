"""The ledger: a Merkle tree over all audit entries, its signed heads, and the keys that sign them.

The interior of the tree stands in `products_node`, the entries not yet in it in `products_pending`:
only the database's own functions write these.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from products.models.audit import AuditEntry
from products.models.fields import Record, UUIDv7


class Leaf(models.Model):
    """Where an audit entry stands in the order of the ledger, and its RFC 6962 leaf hash."""

    index = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(
        AuditEntry, on_delete=models.PROTECT, db_constraint=False, related_name="leaf"
    )
    hash = models.BinaryField()

    class Meta:
        ordering = ["index"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Ledger index {self.index}"


class LedgerKey(Record):
    """A signing key's public half. Its own entry in the trail announces it.

    ``announcement`` is the signed note in which the key before names this one; empty for the first.
    """

    number = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=200, help_text="Of the ledger, as notes print it.")
    vkey = models.CharField(max_length=300, unique=True)
    announcement = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"Ledger key {self.number}"


class Checkpoint(models.Model):
    """A signed head of the tree: ``note`` is what is signed, and what leaves the machine."""

    id = models.UUIDField(primary_key=True, db_default=UUIDv7(), editable=False)
    number = models.PositiveIntegerField(unique=True)
    size = models.BigIntegerField(unique=True)
    root = models.BinaryField()
    note = models.TextField()
    key = models.ForeignKey(LedgerKey, on_delete=models.PROTECT, related_name="checkpoints")
    sealed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["number"]
        default_permissions = ()
        indexes = [models.Index(fields=["sealed_at"], name="checkpoint_by_time")]

    def __str__(self) -> str:
        return f"Checkpoint {self.number} over {self.size} entries"
