"""A request is carried out once: the same one again gets the first answer, or is refused.

The request is named by its account, by the key that the client chose (RFC draft
"The Idempotency-Key HTTP Header Field") and by the hash of what it asks for, without passwords. A
signed request without a key is named by its hash alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction

from products.actions.naming import begin, end
from products.domain.errors import ConflictError, InvalidValueError
from products.models import RequestAnswer, RequestDone, User
from products.models.fields import uuid7

if TYPE_CHECKING:
    from products.actions.base import Context

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Once:
    """A request that may be carried out, and holds its name until `close_request`."""

    user: UUID
    key: str
    sha256: str
    id: UUID = field(default_factory=uuid7)

    @property
    def name(self) -> str:
        return f"request {self.user} {self.key or self.sha256}"


@dataclass(frozen=True, slots=True)
class Answer:
    """``headers`` are those that belong to the answer, such as ``ETag``; ``body`` is text."""

    status: int
    headers: Mapping[str, str]
    body: str


def open_request(user: User, key: str, sha256: str, *, waits: bool = False) -> Once | Answer:
    """Take the request's name, or tell the answer that it got before.

    ``waits``: for the same request that is being carried out, in place of refusing.

    Raises:
        ConflictError: the same request is being carried out (``request_in_progress``); it was, and
            came without a key (``request_repeated``) or its answer was not kept
            (``answer_not_kept``).
        InvalidValueError: the key was used for another request (``idempotency_key_reused``).
    """
    once = Once(user.pk, key, sha256)
    _hold(once, waits=waits)
    try:
        earlier = _earlier(once)
    except Exception:
        close_request(once)
        raise
    if earlier is not None:
        close_request(once)
        return earlier
    return once


def close_request(once: Once) -> None:
    """Give the request's name back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [once.name])


def carry_out(context: Context, action: str) -> None:
    """Note in the action's own transaction that the request is carried out.

    A request that asks for two actions is noted with the first.

    Raises:
        ConflictError: it was carried out before (``request_repeated``).
    """
    once = context.once
    if once is None or RequestDone.objects.filter(pk=once.id).exists():
        return
    RequestDone.objects.bulk_create(
        [
            RequestDone(
                id=once.id,
                user_id=once.user,
                key=once.key,
                sha256=once.sha256,
                action=action,
            )
        ],
        ignore_conflicts=True,
    )
    if not RequestDone.objects.filter(pk=once.id).exists():
        raise ConflictError(
            "This request was carried out already, and is not carried out again.",
            code="request_repeated",
        )


def keep_answer(context: Context, answer: Answer) -> None:
    """Keep the first answer to a request that was carried out, in a transaction of its own."""
    once = context.once
    if once is None or not once.key:
        return
    done = RequestDone.objects.filter(pk=once.id).first()
    if done is None:
        return
    with transaction.atomic(durable=True):
        begin("request.keep_answer", context)
        RequestAnswer.objects.create(
            request=done, status=answer.status, headers=dict(answer.headers), body=answer.body
        )
        end()


def _hold(once: Once, *, waits: bool) -> None:
    """For the session, since the answer is kept after the action's transaction."""
    with connection.cursor() as cursor:
        if waits:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [once.name])
            return
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [once.name])
        if cursor.fetchone()[0]:
            return
    raise ConflictError(
        "The same request is being carried out at this moment. Wait for its answer, then send it "
        "again with the same Idempotency-Key to read the answer once more.",
        code="request_in_progress",
    )


def _earlier(once: Once) -> Answer | None:
    own = RequestDone.objects.filter(user=once.user)
    if not once.key:
        repeated = own.filter(sha256=once.sha256).order_by("recorded_at").first()
        if repeated is not None:
            raise ConflictError(
                f"The same signed request was carried out on {_when(repeated)} and is not carried "
                "out again. Whoever means it a second time sends it with an Idempotency-Key of its "
                "own.",
                code="request_repeated",
            )
        return None
    done = own.filter(key=once.key).first()
    if done is None:
        return None
    if done.sha256 != once.sha256:
        raise InvalidValueError(
            f"This key was used on {_when(done)} for another request ({done.action}), and nothing "
            "was done now. Take a new key for a new request.",
            code="idempotency_key_reused",
        )
    kept = RequestAnswer.objects.filter(request=done).first()
    if kept is None:
        raise ConflictError(
            f"This request was carried out on {_when(done)} ({done.action}), but its answer was "
            "not kept. It is not carried out again: read the record.",
            code="answer_not_kept",
        )
    return Answer(kept.status, kept.headers, kept.body)


def _when(done: RequestDone) -> str:
    return f"{done.recorded_at:%Y-%m-%d at %H:%M:%S} UTC"
