"""What `doctor` finds wrong with the newest checkpoints by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.domain.checkup import Level
from products.models import Checkpoint
from tests.commands.test_doctor import checkpoints_changed, found, resign
from tests.records import donor
from tests.sealing import OTHER, SIGNER, checkpoint, rotate

pytestmark = pytest.mark.usefixtures("committed_db")


AT_ODDS = (
    ("sealed_at = sealed_at - interval '1 us'", "its time is not the one in its signed note"),
    ("sealed_at = sealed_at + interval '1 us'", ""),
    ("number = 2", "Checkpoint 2 is not what its signed note says"),
    ("number = 1, root = sha256('x')", "Checkpoint 1 is not what its signed note says"),
)


def test_a_checkpoint_that_is_not_as_its_note_says_is_red() -> None:
    checkpoint()

    for values, said in AT_ODDS:
        checkpoints_changed(values)

        assert said in found("checkpoint").said
        assert found("checkpoint").level is (Level.RED if said else Level.GREEN)


def test_a_checkpoint_signed_for_a_time_before_the_one_before_it_is_red() -> None:
    checkpoint()
    donor("D-0990")
    checkpoint()
    first, last = Checkpoint.objects.order_by("number")
    resign(last, first.sealed_at)
    assert found("checkpoint").level is Level.GREEN

    resign(last, first.sealed_at - timedelta(microseconds=1))

    assert found("checkpoint").level is Level.RED
    assert "Checkpoint 2 is dated before the one before it" in found("checkpoint").said


def test_a_checkpoint_that_a_key_signed_after_its_term_is_red() -> None:
    checkpoint()
    rotate(SIGNER, OTHER)
    assert found("checkpoint").level is Level.GREEN
    last = Checkpoint.objects.latest("number")

    former = ", key_id = (SELECT id FROM products_ledgerkey WHERE number = 1)"
    resign(last, last.sealed_at, SIGNER, former)

    assert found("checkpoint").level is Level.RED
    assert "was not in force" in found("checkpoint").said


def test_what_is_read_does_not_grow_with_the_checkpoints() -> None:
    for number in range(5):
        donor(f"D-099{number}")
        checkpoint()
    checkpoints_changed("root = sha256('x') WHERE number < 2")

    with CaptureQueriesContext(connection) as captured:
        assert found("checkpoint").level is Level.GREEN

    assert len(captured) < 12
