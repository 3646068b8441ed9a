"""The benchmarks run, and nothing has become many times slower. Their own limits are for a quiet
machine.
"""

from __future__ import annotations

import pytest

from benchmarks import (
    audit_reads,
    judging,
    ledger,
    ledger_load,
    lists,
    lot_load,
    past_reads,
    recording,
    triggers,
)
from benchmarks.figures import Figure, report
from products.queries import audit
from products.queries.checking import stored_differences
from tests.conftest import Databases
from tests.records import now
from tests.sealing import checkpoint

FEW = 3
GENEROUS = 20.0

pytestmark = pytest.mark.benchmark


def test_judging_is_measured(demo_db: str) -> None:
    found = judging.figures(results=5, lots=FEW, repeats=FEW, allowance=GENEROUS)

    assert [figure.name for figure in found if not figure.holds] == []
    assert sum(figure.limit is not None for figure in found) == 2


def test_recording_is_measured_against_a_bare_insert(demo_db: str) -> None:
    found = recording.figures(sizes=[1], repeats=FEW, allowance=GENEROUS)

    assert [figure.name for figure in found if not figure.holds] == []
    assert sum(figure.limit is not None for figure in found) == 1


def test_every_search_of_the_trail_stays_on_an_index(committed_db: str) -> None:
    found = audit_reads.figures(entries=30_000, repeats=1)

    assert [f"{figure.name}: {figure.unit}" for figure in found if not figure.holds] == []
    assert sum(figure.limit is not None for figure in found) >= 60


def test_the_past_of_every_row_is_found_by_an_index(committed_db: str) -> None:
    found = past_reads.figures(entries=20_000, lots=200, changes=100, repeats=1)

    plans = [figure for figure in found if figure.limit == 0.0]
    assert [f"{figure.name}: {figure.unit}" for figure in plans if not figure.holds] == []
    assert len(plans) == 5


def test_a_search_without_its_index_is_found(committed_db: str, databases: Databases) -> None:
    audit_reads.figures(entries=30_000, repeats=1)
    with databases.connect(committed_db) as owner:
        owner.execute("DROP INDEX auditentry_by_first_lot, auditentry_by_actor")

    rows = audit.trail()
    for parts in (
        audit.of_lot(rows, audit_reads.key_of(audit_reads.BIG_LOT)),
        (rows.filter(actor=audit_reads.key_of("actor rare")),),
    ):
        assert audit_reads.faults(audit_reads.plans(parts, None)) != []


def test_a_ledger_is_verified_in_the_same_memory_whatever_its_size(
    committed_db: str, databases: Databases
) -> None:
    few, more = 6_000, 24_000
    found = ledger.figures(
        entries=few, sealed=1_000, checkpoints=100, repeats=1, allowance=GENEROUS
    )
    with databases.connect(committed_db) as owner:
        ledger_load.load(owner, few + 1, more)
    checkpoint()

    assert [figure.name for figure in found if not figure.holds] == []
    assert sum(figure.limit is not None for figure in found) == 6
    memory = next(figure.value for figure in found if "memory" in figure.name)
    # The bytes of the entries that were added are 12 MB.
    assert ledger.verified_apart(committed_db).peak_mb < memory + 5


def test_a_figure_over_its_limit_fails_the_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    over = Figure("judging", 10.1, "ms", limit=10.0)
    shown = Figure("time passed", 99.0, "ms")

    assert (report("Judging", [shown]), report("Judging", [shown, over])) == (0, 1)
    assert "limit 10: EXCEEDED" in capsys.readouterr().out


def test_recording_is_measured_with_the_triggers_and_without(demo_db: str) -> None:
    found = triggers.figures(sizes=[1], repeats=FEW, allowance=GENEROUS)

    assert [figure.name for figure in found if not figure.holds] == []
    assert sum(figure.limit is not None for figure in found) == 3
    assert all(figure.value > 0 for figure in found)


def test_lists_are_measured_and_a_broken_limit_is_told(
    demo_db: str, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    with databases.connect(demo_db) as owner:
        lot_load.load(owner, lots=300, results=4)
    with lists.sides(repeats=1, allowance=GENEROUS) as asked:
        found = lists.figures(asked, lists.admin_pages(asked))
        monkeypatch.setattr(lists, "LIST", 0.01)
        over = [figure.name for figure in lists.list_figures(asked) if not figure.holds]

    assert [figure.name for figure in found if not figure.holds] == []
    assert sum(figure.limit is not None for figure in found) >= 12
    assert over == ["list of 100 lots: against json_agg"]
    # Links were checked as they were loaded; judged afresh, nothing changes.
    assert list(stored_differences(now())) == []
