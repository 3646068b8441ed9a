"""When a checkpoint says it was sealed, and which key may sign which tree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from products.domain.errors import NoteError
from products.domain.ledger_faults import Stored, Tally, check_latest, check_stored
from products.domain.notes import Checkpoint, Signer, checkpoint_text, sign_note
from products.domain.sealing import Term, open_sealed, sealed_instant, terms_of
from tests.sealing import OTHER, SIGNER

ROOT = b"\x01" * 32
EARLY, LATE = "2026-01-02T03:04:05.000006Z", "2026-01-02T03:05:05.000000Z"
TERMS = terms_of([SIGNER.verifier, OTHER.verifier], [0, 6])


def note(size: int, *extensions: str, key: Signer = SIGNER) -> str:
    return sign_note(checkpoint_text(Checkpoint(key.name, size, ROOT, extensions)), key)


def stored(number: int = 1, size: int = 4, sealed: str = EARLY, says: str | None = None) -> Stored:
    instant = sealed if says is None else says
    lines = [f"sealed {instant}"] if instant else []
    return Stored(number, size, ROOT, note(size, *lines), SIGNER.vkey, sealed)


FIRST, SECOND = stored(), stored(2, 9, LATE)
OLD = stored(says="")


def kinds(*rows: Stored) -> list[str]:
    tally = Tally()
    assert list(check_stored(rows, tally)) == list(rows)
    return [fault.kind for fault in tally.faults()]


def test_the_instant_is_read_from_its_line() -> None:
    assert sealed_instant(Checkpoint("x", 1, ROOT, (f"sealed {EARLY}",))) == EARLY
    assert sealed_instant(Checkpoint("x", 1, ROOT)) == ""


@pytest.mark.parametrize(
    "extensions",
    [
        (EARLY,),
        ("sealed 2026-01-02",),
        (f"sealed {EARLY} ",),
        (f"sealed {EARLY}", "more"),
        (f"sealed {EARLY}", f"sealed {EARLY}"),
    ],
)
def test_an_extension_that_is_no_instant_is_refused(extensions: tuple[str, ...]) -> None:
    with pytest.raises(NoteError, match="something else than when"):
        open_sealed(note(4, *extensions), [Term(SIGNER.verifier)])


def test_a_key_signs_up_to_the_announcement_of_the_next() -> None:
    assert [TERMS[0].covers(size) for size in (1, 6, 7)] == [True, True, False]
    assert [TERMS[1].covers(size) for size in (1, 6, 7, 99)] == [False, False, True, True]


def test_a_key_whose_announcement_waits_signs_nothing_and_the_former_goes_on() -> None:
    former, announced = terms_of([SIGNER.verifier, OTHER.verifier], [0, None])

    assert (former.covers(99), announced.covers(99)) == (True, False)


@pytest.mark.parametrize(("size", "key"), [(6, SIGNER), (7, OTHER)])
def test_the_key_in_force_is_accepted(size: int, key: Signer) -> None:
    assert open_sealed(note(size, key=key), TERMS).size == size


@pytest.mark.parametrize(("size", "key"), [(7, SIGNER), (6, OTHER)])
def test_a_key_that_is_not_in_force_is_refused(size: int, key: Signer) -> None:
    with pytest.raises(NoteError, match="not in force"):
        open_sealed(note(size, key=key), TERMS)


def test_checkpoints_as_their_notes_say_have_no_fault() -> None:
    assert kinds(FIRST, SECOND) == []
    assert kinds(OLD, SECOND) == []


@pytest.mark.parametrize(
    "second",
    [
        replace(SECOND, number=3),
        replace(SECOND, size=10),
        replace(SECOND, root=b"\x02" * 32),
        replace(SECOND, note="no note"),
        replace(SECOND, vkey=OTHER.vkey),
        replace(SECOND, vkey=""),
        stored(2, 4, LATE),
    ],
)
def test_columns_that_the_note_does_not_bear_out_are_told(second: Stored) -> None:
    assert "checkpoint_differs" in kinds(FIRST, second)


@pytest.mark.parametrize(
    "rows",
    [
        (FIRST, stored(2, 9, LATE, says=EARLY)),
        (FIRST, stored(2, 9, says="", sealed=LATE)),
        (stored(sealed=LATE), stored(2, 9, EARLY)),
        (stored(sealed=LATE, says=""), stored(2, 9, EARLY)),
        (FIRST, stored(2, 9, sealed="", says=LATE)),
    ],
)
def test_a_time_that_the_note_does_not_bear_out_or_that_goes_back_is_told(
    rows: tuple[Stored, ...],
) -> None:
    assert kinds(*rows) == ["time_differs"]


def latest_kinds(after: Stored | None, *rows: Stored) -> list[str]:
    tally = Tally()
    check_latest(rows, TERMS, tally, after=after)
    return [fault.kind for fault in tally.faults()]


def test_the_newest_checkpoints_are_judged_like_all_of_them() -> None:
    third = Stored(3, 12, ROOT, note(12, f"sealed {LATE}", key=OTHER), OTHER.vkey, LATE)

    assert latest_kinds(None, stored(size=5)) == []
    assert latest_kinds(replace(FIRST, number=2), third) == []
    assert latest_kinds(replace(FIRST, number=2, note="no note"), third) == []


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (stored(size=10), "checkpoint_differs"),
        (stored(3, 5), "checkpoint_differs"),
        (stored(sealed="2027-01-02T03:04:05.000006Z"), "time_differs"),
    ],
)
def test_the_newest_checkpoint_continues_the_one_before_it(after: Stored, kind: str) -> None:
    second = Stored(2, 9, ROOT, note(9, f"sealed {LATE}", key=OTHER), OTHER.vkey, LATE)
    assert latest_kinds(stored(), second) == []

    assert latest_kinds(after, second) == [kind]


def test_the_newest_checkpoint_says_when_if_the_one_before_it_did() -> None:
    silent = Stored(2, 9, ROOT, note(9, key=OTHER), OTHER.vkey, LATE)

    assert latest_kinds(OLD, silent) == []
    assert latest_kinds(FIRST, silent) == ["time_differs"]


def test_the_newest_checkpoint_is_signed_by_the_key_in_force() -> None:
    assert latest_kinds(FIRST, SECOND) == ["checkpoint_refused"]
