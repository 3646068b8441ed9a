"""The ETag of a lot, and what a request says in ``If-Match`` that its client has read.

Of a decision that another one has overtaken, the client learns which (409); of any other change
since, that there was one (412, RFC 9110, 13.1.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils import timezone
from rest_framework.request import Request

from products.actions.base import refuse_if_decided
from products.api.errors import PreconditionRequiredError
from products.domain.errors import StaleVersionError
from products.queries.listing import LotStamp, lot_stamp

_TAG = re.compile(r'"[0-9]{1,10}\.([0-9]{1,10})-.*"')


@dataclass(frozen=True, slots=True)
class Seen:
    """The version and the number of the last decision of a lot as read; None: not stated."""

    version: int | None = None
    decision: int | None = None


NOTHING_SEEN = Seen()


def etag_of(stamp: LotStamp) -> str:
    """A strong ETag: equal only while the version, the status in effect and its age are."""
    due = "-due" if stamp.is_due else ""
    counted = f"{stamp.version}.{stamp.decision}"
    return f'"{counted}-{stamp.status}-{stamp.specification}{due}"'


def seen_to_decide(request: Request, **lot: object) -> Seen:
    """What ``If-Match`` names of the one lot found by ``lot`` (look-ups), to be decided on.

    Raises:
        PreconditionRequiredError: no usable ``If-Match``.
        DecidedMeanwhileError: somebody decided on the lot since.
        StaleVersionError: the lot has changed otherwise since.
        NotFoundError: there is no such lot.
    """
    tags = _tags(request)
    stamp = lot_stamp(timezone.now(), **lot)
    if not tags:
        raise PreconditionRequiredError(
            "This decides on a lot. Send the ETag of the lot as you read it in If-Match, so that "
            "nothing is decided on what you have not seen."
        )
    if etag_of(stamp) not in tags:
        refuse_if_decided(stamp.number, _last_decision_in(tags))
        raise _stale(stamp)
    return Seen(stamp.version, stamp.decision)


def seen_to_record(request: Request, **lot: object) -> Seen:
    """What ``If-Match``, where it is sent, names of the one lot found by ``lot`` (look-ups).

    Raises:
        StaleVersionError: the lot has changed since.
        NotFoundError: there is no such lot.
    """
    tags = _tags(request)
    if not tags:
        return NOTHING_SEEN
    stamp = lot_stamp(timezone.now(), **lot)
    if etag_of(stamp) not in tags:
        raise _stale(stamp)
    return Seen(stamp.version)


def _tags(request: Request) -> list[str]:
    """Empty for none, and for ``*``, which names nothing that was read."""
    sent = request.headers.get("If-Match", "").strip()
    return [] if sent in {"", "*"} else [tag.strip() for tag in sent.split(",")]


def _last_decision_in(tags: list[str]) -> int | None:
    """The number of the last decision that the client has seen; None when no tag tells."""
    seen = [int(found[1]) for tag in tags if (found := _TAG.fullmatch(tag))]
    return max(seen, default=None)


def _stale(stamp: LotStamp) -> StaleVersionError:
    return StaleVersionError(
        f"Lot {stamp.number} has changed since you read it. Read it again, then repeat what you "
        "want to do."
    )
