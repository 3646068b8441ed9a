"""The same request at the same moment: one effect, whoever comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from products.actions.once import Once, close_request, open_request
from products.models import Signature
from tests.api.clients import ApiClient, client_of, refusal
from tests.api.test_once import KEY, determined
from tests.records import lot, people


def test_what_is_being_carried_out_is_not_begun_again(committed_db: None) -> None:
    lot()
    asked = open_request(people().quality, KEY.strip('"'), "0" * 64)
    assert isinstance(asked, Once)
    client = client_of("quality")

    (answer,) = at_once([client], KEY)
    close_request(asked)

    assert refusal(answer) == (409, "request_in_progress")
    assert determined(client_of("quality"), idempotency_key=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", KEY])
def test_eight_at_once_sign_once(committed_db: None, key: str) -> None:
    lot()
    clients = [client_of("quality") for _ in range(8)]
    before = Signature.objects.count()

    answers = [answer.status_code for answer in at_once(clients, key)]

    assert Signature.objects.count() == before + 1
    assert answers.count(201) >= 1
    assert set(answers) <= {201, 409}
    assert answers.count(201) == 1 or key


def at_once(clients: list[ApiClient], key: str) -> list[Any]:
    """The answers to the same request, sent by every client at the same moment."""
    together = Barrier(len(clients))

    def send(client: ApiClient) -> Any:
        together.wait()
        try:
            return determined(client, **({"idempotency_key": key} if key else {}))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(send, clients))
