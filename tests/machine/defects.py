"""Mistakes that somebody could make in the product, planted for one test each.

A defect replaces real functions or statements of the program, and switches triggers of the
database off where these alone would still refuse what the program lets pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from psycopg import Connection, sql

from products.actions import amendments, base, dispositions, proving, reviews
from products.actions.judging import rejudge
from products.domain import release
from products.domain.lots import Expiry, standing
from products.domain.selection import Selection
from products.queries import run_rows

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Defect:
    """``off`` are triggers: table and name."""

    patch: Patch
    off: tuple[tuple[str, str], ...] = ()

    @contextmanager
    def planted(self, owner: Connection[Any]) -> Iterator[None]:
        """``owner`` is a connection of the tables' owner to the database in use."""
        for table, trigger in self.off:
            owner.execute(_alter("DISABLE", table, trigger))
        try:
            with pytest.MonkeyPatch.context() as patch:
                self.patch(patch)
                yield
        finally:
            for table, trigger in self.off:
                owner.execute(_alter("ENABLE ALWAYS", table, trigger))


def _alter(how: str, table: str, trigger: str) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(
        sql.Identifier(table), sql.SQL(how), sql.Identifier(trigger)
    )


def _nothing(patch: pytest.MonkeyPatch) -> None:
    """The database alone is at fault."""


def _replaced(module: Any, name: str, replacement: Any) -> Patch:
    return lambda patch: patch.setattr(module, name, replacement)


def _reworded(module: Any, name: str, *, before: str, after: str) -> Patch:
    """A statement that says ``after`` where it should say ``before``."""
    statement = getattr(module, name)
    assert before in statement
    return _replaced(module, name, statement.replace(before, after))


def _current_alone(selection: Selection) -> tuple[Any, ...]:
    current = {run for item in selection.criteria for run in selection.current(item)}
    return tuple(run for run in FAILING(selection) if run in current)


def _timeless(*stated: Any, **named: Any) -> Any:
    return STANDING(*stated, **named | {"expiry": Expiry(None, None)})


def _unless_second(context: base.Context, caused_by: str) -> None:
    if caused_by != "amendment.sign_second":
        REJUDGE(context, caused_by)


FAILING, STANDING, REJUDGE = Selection.failing, standing, rejudge

DEFECTS = {
    "who_recorded_a_run_reviews_it": Defect(
        _replaced(reviews, "_check_second_person", lambda context, chosen: None),
        (("products_reviewitem", "second_person"),),
    ),
    "who_reviewed_a_lot_releases_it": Defect(
        _replaced(dispositions, "signer_blocks", lambda facts, signer, name: ()),
        (("products_disposition", "independent_release"),),
    ),
    "a_pass_hides_another_fail": Defect(_replaced(Selection, "failing", _current_alone)),
    "a_fail_is_corrected_by_one_person": Defect(
        _replaced(amendments, "needs_second", lambda before, after, changes_readings: False)
    ),
    "a_refused_correction_counts": Defect(
        _reworded(
            run_rows, "RUNS", before="second.outcome = 'confirmed'", after="second.outcome <> ''"
        )
    ),
    "the_review_of_an_earlier_version_counts": Defect(
        _reworded(
            run_rows,
            "RUNS",
            before="item ON item.result_id = result.id",
            after="item ON item.result_id IN (SELECT r.id FROM products_result r "
            "WHERE r.run_id = run.id)",
        )
    ),
    "a_confirmed_fail_is_set_aside": Defect(
        _reworded(
            run_rows,
            "RUNS",
            before="conclusion.outcome = 'invalidated'",
            after="conclusion.outcome <> ''",
        )
    ),
    "nothing_is_judged_after_a_second_signature": Defect(
        _replaced(base, "rejudge", _unless_second)
    ),
    "a_lot_may_be_made_from_a_rejected_one": Defect(
        _replaced(release, "RULES", tuple(rule for rule in release.RULES if rule.id != "R13"))
    ),
    "expiry_is_ignored": Defect(_replaced(release, "standing", _timeless)),
    "a_locked_account_signs": Defect(
        _replaced(proving, "_may_try", lambda account, counted, context: True)
    ),
    "a_failing_result_written_past_the_actions_touches_no_lot": Defect(
        _nothing, (("products_result", "touch_by_insert"),)
    ),
    "the_word_released_is_anybodys": Defect(
        _nothing, (("products_lot", "zz_released"), ("products_lot", "zz_decided"))
    ),
    "a_hold_leaves_no_trail": Defect(_nothing, (("products_hold", "zz_audit"),)),
}
