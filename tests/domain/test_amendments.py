"""When a correction waits for a second person. Only a fail and an invalid are guarded."""

from __future__ import annotations

import pytest

from products.domain.amendments import (
    AMENDMENT_LABELS,
    AMENDMENT_MEANINGS,
    PAPER_REFUSED_MEANING,
    SECOND_LABELS,
    SECOND_MEANINGS,
    AmendmentKind,
    SecondOutcome,
    needs_second,
)
from products.domain.criteria import Verdict

GUARDED = (Verdict.FAIL, Verdict.INVALID)


@pytest.mark.parametrize("before", GUARDED)
@pytest.mark.parametrize("after", Verdict)
def test_a_failing_verdict_is_not_turned_by_one_person(before: Verdict, after: Verdict) -> None:
    assert needs_second(before, after, changes_readings=False) == (after is not before)


@pytest.mark.parametrize("verdict", GUARDED)
def test_a_reading_of_a_failing_version_is_not_changed_by_one_person(verdict: Verdict) -> None:
    assert needs_second(verdict, verdict, changes_readings=True)


@pytest.mark.parametrize("before", [v for v in Verdict if v not in GUARDED])
@pytest.mark.parametrize("after", Verdict)
def test_what_does_not_fail_is_corrected_in_one_step(before: Verdict, after: Verdict) -> None:
    assert not needs_second(before, after, changes_readings=True)


def test_every_kind_has_a_label_and_a_meaning() -> None:
    assert set(AMENDMENT_LABELS) == set(AMENDMENT_MEANINGS) == set(AmendmentKind)
    assert set(SECOND_LABELS) == set(SECOND_MEANINGS) == set(SecondOutcome)


def test_no_two_signatures_mean_the_same() -> None:
    meanings = [
        *AMENDMENT_MEANINGS.values(),
        PAPER_REFUSED_MEANING,
        *SECOND_MEANINGS.values(),
    ]

    assert len(set(meanings)) == len(meanings)
