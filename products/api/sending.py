"""Files that are sent while they are made, with their SHA-256 behind them."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import StreamingHttpResponse
from rest_framework.request import Request

from products.api.asking import actor_of
from products.api.errors import TooManyFilesError
from products.documents.zip_file import Sum
from products.queries.snapshots import one_snapshot
from products.queries.turns import take_turn

ZIP_TYPE = "application/zip"
# What `qcsite.trailers` takes the fields from that are known only at the end.
TRAILERS = "exolot.trailers"
# In what the server asks itself, to send the answer as a part of another.
PART = "exolot.part"
DIGEST, ROWS = "Repr-Digest", "Export-Rows"

logger = logging.getLogger(__name__)


class FileAnswer(StreamingHttpResponse):
    """Sent while it is read; what it reads in is left when it is closed, wherever it broke off."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file by its ``name`` (of our own characters) and media type (``kind``), of the records as
    of ``at``. ``rows``: how many were sent, asked at the end; None for what has no rows.
    """

    name: str
    kind: str
    at: datetime
    parts: Iterator[bytes]
    rows: Callable[[], int] | None = None


def begin_file(request: Request, opened: ExitStack) -> datetime:
    """The instant of the one look that a file is read in, which ends with ``opened``.

    Raises:
        TooManyFilesError: as many files are being sent to the account as are at once.
    """
    at = opened.enter_context(one_snapshot(is_sent=True))
    account, most = actor_of(request), settings.API_FILES_AT_ONCE
    if PART not in request.META and not take_turn(account.pk, most):
        raise TooManyFilesError(
            f"As many files are being sent to {account.username} as may be at once ({most}). Ask "
            "again when one of them has come or is broken off."
        )
    return at


def send_file(request: Request, file: Sent, opened: ExitStack) -> FileAnswer:
    """The answer; ``opened`` is closed with it."""
    # What ends the sending ends the reading.
    kept = opened.pop_all()
    # A token is what lets in: no session of a browser is kept open, or written while this reads.
    vars(request._request).pop("session", None)  # noqa: SLF001  # the middleware's
    answer = FileAnswer(
        () if request.method == "HEAD" else _summed(request, file),
        content_type=file.kind,
        headers={
            "Content-Disposition": f'attachment; filename="{file.name}"',
            "X-Content-Type-Options": "nosniff",
            "Export-Instant": file.at.isoformat(),
            "Trailer": f"{DIGEST}, {ROWS}" if file.rows else DIGEST,
        },
    )
    answer._resource_closers.append(kept.close)  # type: ignore[attr-defined]  # noqa: SLF001  # closed with it
    return answer


def _summed(request: Request, file: Sent) -> Iterator[bytes]:
    """At the end the sum, where HTTP has a place for it, and to the server's log."""
    whole = Sum()
    yield from whole.of(file.parts)
    trailers: dict[str, str] = request.META.get(TRAILERS, {})
    rows = {ROWS: str(file.rows())} if file.rows else {}
    digest = base64.b64encode(whole.sha256).decode()
    trailers |= {DIGEST: f"sha-256=:{digest}:"} | rows
    if PART in request.META:
        return
    logger.info(
        "%s was sent to %s: %d bytes, SHA-256 %s%s",
        *(file.name, actor_of(request).username, whole.size, whole.sha256.hex()),
        "".join(f", {count} rows" for count in rows.values()),
    )
