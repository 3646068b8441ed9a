"""A real browser on a real server: the server runs in this process, on a database of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture
def server(committed_db: str) -> Iterator[str]:
    """The address of a server on the test's own database."""
    with a_server() as address:
        yield address


@contextmanager
def a_server() -> Iterator[str]:
    thread = LiveServerThread("localhost", static_handler=_Plain, connections_override={})
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://localhost:{thread.port}"
    thread.terminate()


class _Plain(WSGIHandler):
    """Static files come from the site's own middleware, as in production."""

    def __init__(self, _: WSGIHandler) -> None:
        super().__init__()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with a_browser() as chromium:
        yield chromium


@contextmanager
def a_browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        missing = f"{CHROMIUM} is missing (apt-get install chromium): no browser test was run"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as driver:
        # The browser's driver runs an event loop in this thread; no test uses asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield chromium
        chromium.close()
        # What the test asked of the database here, it asked by connections of the loop's own: open
        # ones keep the database from being dropped, and the next test would go on with them.
        connections.close_all()
