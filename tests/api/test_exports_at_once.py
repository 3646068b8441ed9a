"""A file that is not taken to its end holds nothing of the database."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from tests.api.clients import BASE, client_of
from tests.records import lot


@pytest.mark.usefixtures("committed_db")
def test_a_client_that_leaves_ends_what_was_read_for_it() -> None:
    lot("A-1")
    auditor = client_of("auditor")

    for path in ("lots/?format=xlsx", "lots/A-1/dossier/"):
        answer: Any = auditor.http.get(f"{BASE}/{path}")
        assert next(iter(answer.streaming_content)) != b""
        assert connection.in_atomic_block
        answer.close()
        assert not connection.in_atomic_block
