"""Which checkpoint answers for a past instant, and which image of a row was its last one then.

What counts is the seal: an entry belongs to the first checkpoint that covers it, whatever the time
that it carries.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from products.domain.errors import NotFoundError, NotSealedYetError
from products.models import Checkpoint, Disposition


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant that was asked for, and the checkpoint that answers for it."""

    at: datetime
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """What the signer of a decision was shown, exactly as it was stored then."""

    decision: int
    kind: str
    sha256: str
    document: Any


def moment(at: datetime) -> Moment:
    """The last seal at or before ``at``; of those that bear the same time, the first.

    A clock that was set back repeats the time of the seal before: what was answered for that time
    stays the answer.

    Raises:
        NotSealedYetError: ``at`` is later than the last seal.
        NotFoundError: ``at`` is before the first one.
    """
    last = Checkpoint.objects.order_by("-number").first()
    if last is None or at > last.sealed_at:
        until = f"The last seal is of {last.sealed_at.isoformat()}." if last else "There is none."
        raise NotSealedYetError(
            f"Nothing is sealed up to {at.isoformat()} yet. {until} Ask for an earlier instant, or "
            "again after the next seal.",
            field="as_of",
        )
    found = Checkpoint.objects.filter(sealed_at__lte=at).order_by("-sealed_at", "number").first()
    if found is None:
        raise NotFoundError(
            f"No checkpoint was made at or before {at.isoformat()}: what stood then cannot be "
            "shown under a seal.",
            code="before_first_checkpoint",
            field="as_of",
        )
    return Moment(at, found)


def last_image(table: str, value: str) -> str:
    """SQL for ``value`` of ``image``, a row's last one under ``{size}`` entries; null without one.

    ``live`` is the row as it is. Which of its entries is the last is decided here and nowhere else:
    the ids of a record's entries are in the order of its changes; places in the ledger are in that
    of transactions, and who began first may have written last.
    """
    return f"""(SELECT {value} FROM (
        SELECT entry.after AS image FROM public.products_auditentry entry
        JOIN public.products_leaf leaf ON leaf.entry_id = entry.id
        WHERE entry.record_table = '{table}' AND entry.record_id = live.id::text
          AND leaf.index < {{size}} ORDER BY entry.id DESC LIMIT 1
    ) last WHERE image IS NOT NULL)"""  # noqa: S608  # of our own words


def last_evaluation(lot: UUID) -> StoredEvaluation | None:
    """The evaluation in the last decision on the lot with this key; None without a decision."""
    row = Disposition.objects.filter(lot=lot).order_by("-number").first()
    if row is None:
        return None
    document = json.loads(bytes(row.evaluation))
    return StoredEvaluation(row.number, row.kind, row.evaluation_sha256, document)
