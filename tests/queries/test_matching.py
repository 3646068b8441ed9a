"""Whether signatures still match: every kind, every signed fact, and what is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.actions.amendments import correct_run
from products.actions.dispositions import release_lot
from products.actions.notes import add_note
from products.actions.reviews import review_results
from products.domain.canonical import canonical_bytes, sha256_hex
from products.domain.matching import Matching, Standing, match
from products.models import Disposition, Review, Signature
from products.queries.lot_signatures import signatures_of
from products.queries.matching import _stated, matching_of, matchings, signatures
from products.queries.signed import READERS
from tests.models.rows import a_row_of_each
from tests.records import VIABILITY, context, counted, lot, people, submitted_run

pytestmark = pytest.mark.django_db

Path = tuple[str | int, ...]


def released() -> str:
    lot(criteria=[VIABILITY])
    run = submitted_run(readings=counted("92", "8")).run
    review_results(context(people().reviewer), lot="EV-26-001", runs=[run.number])
    release_lot(context(people().quality), lot="EV-26-001")
    return run.number


def release() -> Matching:
    return matching_of(signatures().get(pk=Disposition.objects.get(kind="release").signature_id))


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def changed(document: Any, path: Path) -> Any:
    """A copy in which one leaf says something else."""
    copy = json.loads(json.dumps(document))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    old = inner[path[-1]]
    others: dict[type, Any] = {bool: not old, list: ["otherwise"], dict: None}
    inner[path[-1]] = others.get(type(old), f"{old} otherwise")
    return copy


def test_a_signature_matches_when_it_is_given() -> None:
    released()

    assert release() == Matching(Standing.MATCHES)


def test_a_correction_is_named_with_its_amendment_from_what_to_what() -> None:
    run = released()

    made = correct_run(
        context(people().analyst, "Typed 92 for 91"),
        run=run,
        readings=counted("91", "9"),
        source_document="Page 3",
        transcription_error=True,
    )

    found = release()
    assert found.standing is Standing.CHANGED
    assert found.messages[0].startswith(
        f"The result of Viability of the parent cells (run {run}) changed from 92.0 (pass) to "
        f"91.0 (pass) by amendment {made.number} on "
    )
    review = matching_of(signatures().get(pk=Review.objects.get().signature_id))
    assert made.number in review.messages[0]


def test_what_is_added_afterwards_and_is_no_fact_of_the_release_changes_nothing() -> None:
    released()
    add_note(context(people().analyst), lot="EV-26-001", text="A bubble")

    assert release().standing is Standing.MATCHES


def test_a_run_that_was_added_is_named() -> None:
    released()
    run = submitted_run(purpose="information").run

    assert f"Run {run.number} (Viability of the parent cells) was added." in release().messages


def test_every_kind_has_a_reader_and_matches_what_is_on_record() -> None:
    a_row_of_each()
    rows = list(signatures())

    found = matchings(rows)

    kinds = {row.record_kind for row in rows}
    altered = [row for row in rows if found[row.pk].standing is Standing.ALTERED]
    assert kinds <= set(READERS)
    assert altered == []
    unlike = {
        row.record_kind: found[row.pk].messages[:3]
        for row in rows
        if row.record_kind not in {"disposition", "acknowledgement", "review"}
        and found[row.pk].standing is not Standing.MATCHES
    }
    assert unlike == {}


def test_every_signed_fact_is_named_when_it_changes(subtests: pytest.Subtests) -> None:
    a_row_of_each()
    one_of_each = {row.record_kind: row for row in signatures()}
    assert len(one_of_each) > 14
    for kind, row in one_of_each.items():
        content = bytes(row.content)
        document = json.loads(content)
        present = document["shown"]
        with subtests.test(kind):
            unnamed = [
                path
                for path in leaves(document["shown"])
                if path[0] != "signer" and not named(row, content, changed(present, path), path)
            ]
            assert unnamed == []
            silent = [
                path
                for path in leaves(document)
                if forged(row, changed(document, path)).standing is not Standing.ALTERED
            ]
            assert silent == []


def named(row: Signature, content: bytes, present: Any, path: Path) -> bool:
    """Whether the one fact that changed is told, and nothing else is.

    A fact that names its record among others makes another record of it: one gone, one added.
    """
    found = match(content, _stated(row), present)
    fields = [step for step in path if isinstance(step, str)]
    told = [one.path.split("/") for one in found.differences]
    gone = [one for one in found.differences if one.message.endswith("is not on record any more.")]
    added = [one for one in found.differences if one.message.endswith("was added.")]
    return (
        found.standing is Standing.CHANGED
        and all(one.message and one.before != one.after for one in found.differences)
        and all(steps[0] == fields[0] for steps in told)
        and (
            len(gone) == len(added) == len(told) - 1
            or [steps[-1] for steps in told] == [fields[-1]]
        )
    )


def forged(row: Signature, document: Any) -> Matching:
    """The document changed, and the hash beside it with it, as only an owner could."""
    content = canonical_bytes(document)
    row.content, former = content, row.content
    row.content_sha256, sha256 = sha256_hex(content), row.content_sha256
    try:
        return match(content, _stated(row), None, first_sha256=sha256)
    finally:
        row.content, row.content_sha256 = former, sha256


def test_twenty_signatures_ask_the_database_as_often_as_two() -> None:
    run = released()
    correct_run(
        context(people().analyst),
        run=run,
        readings=counted("91", "9"),
        source_document="Page 3",
        transcription_error=True,
    )
    two = list(signatures_of(Disposition.objects.get().lot_id))
    a_lot = Disposition.objects.get().lot
    for _ in range(6):
        again = submitted_run(purpose="information").run
        review_results(context(people().reviewer), lot=a_lot.number, runs=[again.number])
    many = list(signatures_of(a_lot.pk))

    with CaptureQueriesContext(connection) as first:
        matchings(two)
    with CaptureQueriesContext(connection) as later:
        matchings(many)

    assert len(many) >= len(two) + 6
    assert len(later) <= len(first) + 1


def test_a_document_that_was_altered_with_its_hash_is_told_by_the_trail() -> None:
    released()
    row = signatures().get(pk=Disposition.objects.get().signature_id)
    row.content = bytes(row.content).replace(b"92.0", b"99.0")
    row.content_sha256 = sha256_hex(row.content)

    found = matching_of(row)

    assert found.standing is Standing.ALTERED
    assert "the audit trail has" in found.messages[0]
    assert any("changed from 99.0 to 92.0" in message for message in found.messages)
