"""Every operation answers as it is described, whatever it is asked.

`make fuzz` asks more, and other things each time.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from pytest_django import DjangoDbBlocker
from schemathesis import Case

from tests.api.fuzzing import (
    OPERATIONS,
    House,
    furnished,
    not_asked,
    strategy,
    undone,
    who_asks,
)
from tests.conftest import CHEAP_HASHERS

MANY = int(os.environ.get("EXOLOT_FUZZ", "0"))
EXAMPLES = settings(
    max_examples=MANY or 50,
    derandomize=not MANY,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink) if MANY else (Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    with (
        django_db_blocker.unblock(),
        override_settings(PASSWORD_HASHERS=CHEAP_HASHERS),
        furnished() as made,
    ):
        logging.disable(logging.WARNING)  # each refusal is one
        yield made
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_answers_as_it_is_described(
    name: str, house: House, record_property: Callable[[str, object], None]
) -> None:
    operation = OPERATIONS[name]
    statuses: list[int] = []

    @EXAMPLES
    @given(case=strategy(operation, house), who=who_asks(operation))
    def ask(case: Case[Any], who: tuple[str, str]) -> None:
        with undone():
            answer = case.call_and_validate(
                headers={"Authorization": f"Bearer {house.tokens[who]}"},
                excluded_checks=not_asked(case, is_proven=any(status < 300 for status in statuses)),
            )
        statuses.append(answer.status_code)

    ask()

    assert len(statuses) >= EXAMPLES.max_examples
    record_property("asked", (len(statuses), sum(status < 300 for status in statuses)))
