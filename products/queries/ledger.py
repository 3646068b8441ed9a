"""The ledger as it stands: its head, its keys, and the nodes of which proofs are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection

from products.domain import merkle
from products.domain.ledger_keys import verified_keys
from products.domain.merkle import NodeId
from products.domain.notes import Verifier
from products.models import Checkpoint, LedgerKey

NODES = """
SELECT 0 AS level, index, hash FROM products_leaf WHERE index = ANY (%s::bigint[])
UNION ALL
SELECT node.level, node.index, node.hash FROM products_node node
JOIN unnest(%s::smallint[], %s::bigint[]) AS wanted (level, index)
    ON node.level = wanted.level AND node.index = wanted.index
"""


def latest_checkpoint() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-number").first()


def waiting_since() -> datetime | None:
    """When the oldest entry that is not sealed yet was written; None when all are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(e.recorded_at) FROM products_pending p "
            "JOIN products_auditentry e ON e.id = p.entry_id"
        )
        found: datetime | None = cursor.fetchone()[0]
        return found


def ledger_verifiers() -> tuple[Verifier, ...]:
    """Every key of the ledger, in order.

    Raises:
        NoteError: a key was not announced by the one before.
    """
    rows = LedgerKey.objects.order_by("number").values_list("vkey", "announcement")
    return verified_keys(rows.iterator())


def nodes(wanted: Sequence[NodeId]) -> Mapping[NodeId, bytes]:
    """Hashes of nodes of the tree, in one statement."""
    leaves = [index for level, index in wanted if not level]
    inner = [node for node in wanted if node[0]]
    with connection.cursor() as cursor:
        cursor.execute(
            NODES, [leaves, [level for level, _ in inner], [index for _, index in inner]]
        )
        return {(level, index): bytes(content) for level, index, content in cursor}


def inclusion_proof(index: int, size: int) -> list[bytes]:
    """RFC 6962 section 2.1.1, from the stored tree; ``size`` is that of a checkpoint.

    Raises:
        ProofError: the tree of ``size`` leaves has no leaf ``index``.
    """
    return merkle.inclusion_proof(index, size, nodes)


def consistency_proof(old: int, new: int) -> list[bytes]:
    """RFC 6962 section 2.1.2, from the stored tree.

    Raises:
        ProofError: ``new`` is smaller than ``old``.
    """
    return merkle.consistency_proof(old, new, nodes)
