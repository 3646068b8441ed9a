"""Whatever brings a lot nearer to its release, so that histories get far."""

from __future__ import annotations

from collections.abc import Callable

from tests.machine.laboratory import Laboratory
from tests.machine.model import OVER, Lot, Run

MISSING = {"result_missing", "result_invalid", "inherited_missing"}
PASSING = {"viability": "99.5", "impurity": "0.11"}

CORRECTING = {"analyst", "analyst2", "admin", "reviewer", "romero.quality"}
DOUBTING = {"auditor", "quality", "analyst2"}
"""Who tries first also says whether a fail is corrected or investigated, and whether the second
person confirms.
"""


class Guided(Laboratory):
    """Each step is tried by ``who``, and then done by the person whose work it is."""

    def brings_on(self, who: str, lot: Lot) -> None:
        """The next thing that has to be done before the lot is released."""
        if lot.decision in OVER:
            return
        for step in (self.decides, self.cares_for_runs, self.cares_for_results, self.clears):
            if step(who, lot):
                return

    def by(
        self, who: str, right: str, action: Callable[..., object], *what: object, **how: object
    ) -> bool:
        action(who, *what, **how)
        if not self.at.accepted:
            action(right, *what, **how)
        return True

    def decides(self, who: str, lot: Lot) -> bool:
        if lot.decision or self.at.model.codes(lot):
            return False
        return self.by(who, "quality", self.at.releases, lot)

    def cares_for_runs(self, who: str, lot: Lot) -> bool:
        at, line = self.at, [run for run in self.at.model.runs if run.lot in lot.line()]
        for run in line:
            if run.did["file"]:
                is_right = who not in DOUBTING
                return self.by(who, "quality2", at.signs_second, run, confirmed=is_right)
            if run.state in {"saved", "returned"}:
                return self.makes_ready(who, run)
        for run in line:
            for place, (_, outcome) in enumerate(run.inquiries):
                if not outcome and who in CORRECTING and at.is_amendable(run):
                    return self.by(who, "analyst", at.corrects, run, PASSING[run.test])
                if not outcome:
                    return self.by(who, "quality", at.concludes, run, place, "invalidated")
        return False

    def cares_for_results(self, who: str, lot: Lot) -> bool:
        at, line = self.at, [run for run in self.at.model.runs if run.lot in lot.line()]
        for run in line:
            if at.is_reviewable(run):
                return self.by(who, "reviewer", at.reviews, run)
        if not at.model.codes(lot) & MISSING:
            return False
        for one in lot.line():
            for test, limit in at.model.limits[one.product, one.version].items():
                if limit[2] == "own" and not at.standing(one, test):
                    opened = at.opens("analyst", one, test)
                    return opened is not None and self.makes_ready(who, opened)
        return False

    def makes_ready(self, who: str, run: Run) -> bool:
        if run.state == "saved":
            self.by(who, "analyst", self.at.saves, run, PASSING[run.test])
        return self.by(who, "analyst", self.at.submits, run)

    def clears(self, who: str, lot: Lot) -> bool:
        at = self.at
        if any(at.model.donors[code] for code in lot.donors):
            return self.by(who, "quality", at.determines, "eligible")
        if "changed_after_release" in at.model.codes(lot):
            return self.by(who, "quality", at.acknowledges, lot)
        for place, kind in enumerate(lot.holds):
            if kind:
                return self.by(who, "quality", at.lifts, lot, place, "FDA-2026-0117-R")
        return False
