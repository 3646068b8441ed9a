"""Worksheets: who typed what into which cell, and what would speak against the run later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.calculations import FORMULA_INPUTS, Formula, ReadingFacts
from products.domain.facts import CalibrationFacts, InstrumentFacts, MediaFacts, TrainingFacts
from products.domain.worksheets import (
    Doubt,
    Merged,
    RunSeen,
    Vessel,
    doubts_about,
    merge,
    seen_in,
    spots_of,
    vessels_of,
)

DAY = date(2026, 3, 1)
YEAR = timedelta(days=365)
INSTRUMENT = InstrumentFacts(
    "i", "NTA-7", (CalibrationFacts("c", DAY - YEAR, DAY, "passed", None),)
)
MEDIA = MediaFacts("m", "LAL", "L-1", DAY, "")
TRAINING = TrainingFacts("t", DAY, DAY, "TRN-7", "Quentin Quality")
TEXTS = st.sampled_from(["", "1", "2", "3"])


@given(base=TEXTS, current=TEXTS, typed=TEXTS)
def test_what_is_typed_is_kept_unless_the_cell_was_not_touched(
    base: str, current: str, typed: str
) -> None:
    merged = merge(base, current, typed)

    assert merged.text == (current if typed == base else typed)


@given(base=TEXTS, current=TEXTS, typed=TEXTS)
def test_nobody_writes_over_a_text_that_was_not_seen(base: str, current: str, typed: str) -> None:
    merged = merge(base, current, typed)

    is_told = merged.theirs is not None
    assert is_told == (current not in {base, merged.text})
    assert merged.theirs in {None, current}


def test_two_who_typed_the_same_agree() -> None:
    assert merge("", "5.1", "5.1") == Merged("5.1")


@given(st.builds(RunSeen, st.integers(0, 10**9 - 1), st.integers(0, 10**9 - 1)))
def test_what_was_seen_is_read_back(seen: RunSeen) -> None:
    assert seen_in(str(seen)) == seen


@pytest.mark.parametrize("text", ["", "3", "3.0.1", "-1.0", "3.x", "².0", "1234567890.0"])
def test_other_texts_tell_of_nothing_seen(text: str) -> None:
    assert seen_in(text) is None


def test_a_cell_for_each_replicate_and_one_for_the_run() -> None:
    found = spots_of(FORMULA_INPUTS[Formula.PARTICLE_TO_PROTEIN], 2)

    assert [(field.name, replicate) for field, replicate in found] == [
        ("particles", 1),
        ("particles", 2),
        ("dilution", 1),
        ("protein", 1),
    ]


def read(*vessels: str, medium: str = "FTM", role: str = "product") -> list[ReadingFacts]:
    return [
        ReadingFacts("growth", "growth", vessel=one, medium=medium, role=role) for one in vessels
    ]


def names(found: tuple[Vessel, ...]) -> list[str]:
    return [one.name for one in found]


def test_before_the_first_look_each_medium_has_vessels_as_planned() -> None:
    found = vessels_of([], ["FTM", "SCDM"], products=2, controls=2)

    assert names(found) == [
        *("FTM-P1", "FTM-P2", "FTM-NC", "FTM-NC2"),
        *("SCDM-P1", "SCDM-P2", "SCDM-NC", "SCDM-NC2"),
    ]
    assert {one.role for one in found if "NC" in one.name} == {"negative_control"}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (["FTM-P1"], ["FTM-P1", "FTM-P2", "FTM-NC"]),
        (["FTM-P2"], ["FTM-P1", "FTM-P2", "FTM-NC"]),
        (["A", "B"], ["A", "B", "FTM-NC"]),
        (["A", "B", "C"], ["A", "B", "C", "FTM-NC"]),
    ],
)
def test_what_was_read_keeps_its_name_and_only_what_lacks_is_added(
    known: list[str], expected: list[str]
) -> None:
    assert names(vessels_of(read(*known), ["FTM"], products=2, controls=1)) == expected


PLANNED = vessels_of([], ["FTM", "SCDM"], products=12, controls=2)


@given(st.sets(st.sampled_from(PLANNED)))
def test_a_vessel_keeps_its_place_once_it_is_read(known: set[Vessel]) -> None:
    facts = [read(one.name, medium=one.medium, role=one.role)[0] for one in known]

    assert vessels_of(facts, ["FTM", "SCDM"], products=12, controls=2) == PLANNED


@pytest.mark.parametrize(
    "names_of", [("V2", "V10"), ("P01", "P1"), ("7", "A"), ("A", "A1"), ("", "A")]
)
def test_vessels_of_any_name_have_an_order(names_of: tuple[str, str]) -> None:
    assert names(vessels_of(read(*reversed(names_of)), [], products=1, controls=1)) == [*names_of]


def test_a_vessel_read_twice_is_one() -> None:
    assert names(vessels_of(read("A", "A"), [], products=1, controls=1)) == ["A"]


def doubts(**changes: Any) -> list[Doubt]:
    known: dict[str, Any] = {
        "instrument": INSTRUMENT,
        "media": [MEDIA],
        "required_media": ["lal"],
        "training": [TRAINING],
        "analyst": "Anna Alvarez",
        "method": "END-01 v1",
    }
    return list(doubts_about("R1", DAY, **(known | changes)))


def test_a_run_that_rests_on_good_records_is_not_doubted() -> None:
    assert doubts() == []


@pytest.mark.parametrize(
    ("code", "changes", "message"),
    [
        ("instrument_not_calibrated", {"instrument": None}, "it names no instrument"),
        ("reagent_unrecorded", {"required_media": ["FTM"]}, "names no lot of FTM"),
        (
            "reagent_expired",
            {"media": [replace(MEDIA, expires_on=DAY - timedelta(days=1))]},
            "LAL lot L-1 of run R1 was past its last day of use, 2026-02-28.",
        ),
        (
            "reagent_recalled",
            {"media": [replace(MEDIA, recalled="particles seen")]},
            "was recalled: particles seen",
        ),
        ("analyst_untrained", {"training": []}, "training of Anna Alvarez on method END-01 v1"),
        (
            "analyst_untrained",
            {"training": [replace(TRAINING, document=" ")]},
            "No signed training",
        ),
    ],
)
def test_each_doubt_names_its_record_and_what_clears_it(
    code: str, changes: dict[str, Any], message: str
) -> None:
    [found] = doubts(**changes)

    assert found.code == code
    assert message in found.message
    assert found.clears
