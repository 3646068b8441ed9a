"""A request is carried out once, whatever its surface did before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from products.actions.notes import add_note
from products.actions.once import Answer, Once, keep_answer
from products.domain.errors import ConflictError
from products.models import Note, RequestAnswer, RequestDone
from tests.records import context, lot, people

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", ["a-key", ""])
def test_a_second_request_of_the_same_name_writes_nothing(key: str) -> None:
    lot()
    account = people().analyst

    def noted() -> None:
        asked = replace(context(account), once=Once(account.pk, key, "0" * 64))
        add_note(asked, lot="EV-26-001", text="A bubble")

    noted()
    with pytest.raises(ConflictError) as refused:
        noted()

    assert refused.value.code == "request_repeated"
    assert Note.objects.count() == RequestDone.objects.count() == 1


def test_of_a_request_that_did_nothing_no_answer_is_kept() -> None:
    account = people().analyst
    asked = replace(context(account), once=Once(account.pk, "a-key", "0" * 64))

    keep_answer(asked, Answer(201, {}, "{}"))

    assert not RequestAnswer.objects.exists()


def test_two_actions_of_one_request_are_noted_with_the_first() -> None:
    lot()
    account = people().analyst
    asked = replace(context(account), once=Once(account.pk, "a-key", "0" * 64))

    add_note(asked, lot="EV-26-001", text="A bubble")
    add_note(asked, lot="EV-26-001", text="Another")

    assert (Note.objects.count(), RequestDone.objects.count()) == (2, 1)
