"""Recording one result through the API, judged and audited, against a bare insert.

Run as ``python -m benchmarks.recording``.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings

from benchmarks.figures import Cost, Figure, costs_of, report
from benchmarks.plain import make_plain_table
from benchmarks.records import RESULTS, benchmark_database, complete_lot, copies_of, open_again
from products.models import Lot, Result, Run
from tests.api.clients import token_for
from tests.conftest import Databases
from tests.records import VIABILITY, people

AT_MOST = 2.0
READINGS = {"readings": [{"name": "live", "value": "982"}, {"name": "dead", "value": "18"}]}

Request = tuple[str, object]


class Server:
    """The product as a server runs it, called in this process with whole requests."""

    def __init__(self, token: str) -> None:
        self.handler = WSGIHandler()
        self.token = token

    def environ(self, path: str, body: object) -> dict[str, Any]:
        content = json.dumps(body).encode()
        return {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(content)),
            "HTTP_AUTHORIZATION": f"Bearer {self.token}",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(content),
            "wsgi.errors": sys.stderr,
        }

    def sending(self, several: Sequence[Sequence[Request]]) -> Callable[[], None]:
        """Work that sends the next of ``several`` groups of requests each time."""
        groups: Iterator[list[dict[str, Any]]] = iter(
            [[self.environ(path, body) for path, body in requests] for requests in several]
        )

        def send() -> None:
            for environ in next(groups):
                self.send(environ)

        return send

    def send(self, environ: dict[str, Any]) -> None:
        answered: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            answered.append(status)

        response = self.handler(environ, start)
        content = b"".join(response)
        response.close()
        if not answered[0].startswith("20"):
            raise RuntimeError(f"{environ['PATH_INFO']}: {answered[0]} {content.decode()}")


@contextmanager
def open_connection() -> Iterator[None]:
    """Keep the connection to the database between requests, as with a pool.

    Opening one for each costs both sides alike, and would hide the difference.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=200)
    asked = parser.parse_args()
    with benchmark_database():
        found = figures(sizes=(1, RESULTS), repeats=asked.repeats)
    return report("Recording one result, processor time of this process", found)


def figures(*, sizes: Sequence[int], repeats: int, allowance: float = 1.0) -> list[Figure]:
    """In the database in use, for lots with so many results already.

    ``allowance`` is what the limit is multiplied by.
    """
    make_plain_table(Databases())
    with override_settings(ROOT_URLCONF="benchmarks.plain"), open_connection():
        server = Server(token_for(people().analyst))
        return [
            figure
            for results in sizes
            for figure in _figures(server, results, repeats, AT_MOST * allowance)
        ]


def _figures(server: Server, results: int, repeats: int, limit: float) -> Iterator[Figure]:
    warm_up = min(20, repeats)
    needed = repeats + warm_up
    lot = f"lot of {results} results" if results > 1 else "lot of one result"
    runs = open_runs(results, 2 * needed)
    first, second = runs[:needed], runs[needed:]
    work = [
        server.sending([[_plain(run)] for run in first]),
        server.sending([[one_request(run)] for run in second]),
        server.sending([_two_requests(run) for run in first]),
    ]
    plain, one, two = costs_of(work, repeats=repeats, warm_up=warm_up)
    yield from _against(plain, one, f"one request, {lot}", limit)
    yield from _against(plain, two, f"saved, then submitted, {lot}", None)


def _against(plain: Cost, ours: Cost, name: str, limit: float | None) -> Iterator[Figure]:
    yield Figure(f"{name}: against a bare insert", ours.cpu_ms / plain.cpu_ms, "times", limit)
    yield Figure("  the bare insert", plain.cpu_ms, "ms")
    yield Figure("  judged and audited", ours.cpu_ms, "ms")
    yield Figure("  time passed, the bare insert", plain.wall_ms, "ms")
    yield Figure("  time passed, judged and audited", ours.wall_ms, "ms")


def open_runs(results: int, count: int) -> list[Run]:
    """Runs that wait for their readings, each of a lot of its own with ``results`` results."""
    lot: Lot = complete_lot(f"BENCH-{results:02d}", results)
    open_again(lot.number, VIABILITY)
    waiting = Run.objects.filter(lot__in=copies_of(lot, count), state="saved")
    return list(waiting.order_by("number"))


def _two_requests(run: Run) -> list[Request]:
    return [
        (f"/api/v1/runs/{run.number}/readings/", READINGS),
        (f"/api/v1/runs/{run.number}/submit/", {}),
    ]


def one_request(run: Run) -> Request:
    return f"/api/v1/runs/{run.number}/submit/", READINGS


def _plain(run: Run) -> Request:
    """The row that submitting writes, as a body."""
    columns = ("verdict", "raw_text", "reported", "unit", "final", "explanation", "details")
    submitted = Result.objects.filter(run__lot=run.lot, run__criterion__code=VIABILITY.code)
    row: dict[str, object] = dict(submitted.values(*columns)[0])
    analyst = people().analyst
    body = {
        **row,
        "run": str(run.pk),
        "version": 1,
        "reading_sequence": 2,
        "reason": "",
        "final_at": None,
        "submitted_by": str(analyst.pk),
        "performed_by": str(analyst.person_id),
    }
    return "/plain/", body


if __name__ == "__main__":
    sys.exit(main())
