"""What the records of lots say, told anew from the operations: knows nothing of the product."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

Limit = tuple[str, float, str]  # at least or below, what, and whose result it is: own or parent
Did = defaultdict[str, set[str]]  # what -> the persons who did it
MAY = {
    "Analyst": {"record", "amend", "register", "hold"},
    "Reviewer": {"review", "confirm", "hold"},
    "Quality": {"register", "confirm", "hold", "decide", "release"},
    "Administrator": {"administer"},
}
APART = {"review": {"record"}, "confirm": {"record", "file"}, "amend": {"review"}}
APART["release"] = {"make", "record", "review", "confirm"}
OVER, COUNT = {"void", "rejected", "recalled"}, {"release", "repeat"}
GONE, ASIDE = {"retracted", "discarded"}, {"invalid", "set aside"}


def judged(value: str, limit: Limit) -> str:
    """Of a value as typed: "98.2", "<0.05" below detection, "0 of 0" no assay, "0.1 mg" no unit."""
    if " " in value:
        return "not_comparable" if "mg" in value else "invalid"
    is_met = (float(value.lstrip("<")) >= limit[1]) == (limit[0] == ">=")
    return "pass" if is_met else "indeterminate" if value[0] == "<" else "fails"


@dataclass(eq=False)
class Version:  # of a result; `stands` None waits for a second signature, False was refused
    value: str
    verdicts: list[str]  # under each version of the specification
    stands: bool | None = True
    is_reviewed: bool = False


@dataclass(eq=False)
class Lot:
    product: str
    donors: list[str]
    parent: Lot | None
    last_day: date | None
    version: int = 1
    decision: str = ""
    did: Did = field(default_factory=lambda: defaultdict(set))
    holds: list[str] = field(default_factory=list)  # their codes; "" once lifted
    signed: dict[Run, Version] = field(default_factory=dict)  # by the releaser

    def line(self) -> list[Lot]:
        return [self, *(self.parent.line() if self.parent else ())]


@dataclass(eq=False)
class Run:
    lot: Lot
    test: str
    purpose: str
    instrument: str
    state: str = "saved"
    did: Did = field(default_factory=lambda: defaultdict(set))
    versions: list[Version] = field(default_factory=list)
    inquiries: list[tuple[Version, str]] = field(default_factory=list)  # outcomes; "" is open

    def current(self) -> Version | None:
        return next((one for one in reversed(self.versions) if one.stands), None)

    def verdict(self, limit: Limit | None = None) -> str:
        known = self.current()
        if known is None or (known, "invalidated") in self.inquiries:
            return "set aside" if known else "pending"
        if "fails" in known.verdicts or self.state != "submitted":
            return "fails" if "fails" in known.verdicts else "pending"
        return judged(known.value, limit) if limit else known.verdicts[-1]


@dataclass
class Model:
    limits: dict[tuple[str, int], dict[str, Limit]]  # product, version -> test -> limit
    today: date
    lots: dict[str, Lot] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    donors: dict[str, str] = field(default_factory=dict)  # the code of what was determined
    faulty: set[str] = field(default_factory=set)  # instruments
    lenient: set[str] = field(default_factory=set)  # products of which a reviewer may release
    accounts: dict[str, tuple[str, str]] = field(default_factory=dict)  # their person and role
    barred: dict[str, str] = field(default_factory=dict)  # from "signing", or from everything

    def may(self, who: str, duty: str, of: Run | Lot | None = None, *, signs: bool = True) -> bool:
        """Whether the account may, its person's part in what the duty is about included."""
        (person, role), ways = self.accounts[who], APART.get(duty, set())
        things: list[Run | Lot] = [of] if of else []
        if isinstance(of, Lot) and duty == "release":
            things += [run for run in self.runs if run.lot is of and run.state != "discarded"]
            things += [run for _, runs in self.asked(of) for run in runs]
            ways = ways - {"review", "confirm"} if of.product in self.lenient else ways
        can = duty in MAY.get(role, ()) and self.barred.get(who) in {None, "signing" * (not signs)}
        return can and not any(person in one.did[way] for one in things for way in ways)

    def asked(self, lot: Lot) -> Iterator[tuple[Limit, list[Run]]]:
        counting = [run for run in self.runs if run.purpose in COUNT and run.state not in GONE]
        for test, limit in self.limits[lot.product, lot.version].items():
            line = [lot] if limit[2] == "own" else lot.line()[1:]
            of = [[run for run in counting if (run.lot, run.test) == (one, test)] for one in line]
            kept = [runs for runs in of if {run.verdict() for run in runs} - ASIDE]
            yield limit, [*kept, *filter(None, of), []][0]

    def codes(self, lot: Lot) -> set[str]:
        line, limits, named = lot.line(), self.limits[lot.product, lot.version], set[Run]()
        found = {self.donors[code] for one in line for code in one.donors}
        found |= {"hold_open"} if any(lot.holds) and lot.product in self.lenient else {*lot.holds}
        rests = {run: run.verdict() for run in self.runs if run.lot is lot}
        for limit, runs in self.asked(lot):
            words = {run: run.verdict(limit) for run in runs}
            good = [run for run in runs if words[run] not in ASIDE | {"pending"}]
            word = "" if good else "invalid" if runs else "missing"
            if word := "pending" if "pending" in words.values() else word:
                found.add(f"result_{word}" if limit[2] == "own" else "inherited_missing")
            found |= {f"result_{words[run]}" for run in good[-1:]} - {"result_pass"}
            found |= {"result_ambiguous" for run in good[1:]}
            found |= {"instrument_not_calibrated" for run in good if run.instrument in self.faulty}
            rests, named = rests | words, named | {*good[-1:]}
        for run in self.runs:
            known, counts = run.current(), run.lot is lot or limits[run.test][2] == "parent"
            word = rests.get(run, run.verdict() if run.lot in line and counts else "")
            needs = word == "fails" or (run.state == "submitted" and run.purpose in COUNT)
            speaks = {
                "unresolved_fail": word == "fails" and run not in named,
                "correction_pending": run in rests and run.did["file"],
                "review_missing": run in rests and needs and known and not known.is_reviewed,
                "investigation_open": run.lot in line and any(not end for _, end in run.inquiries),
                "changed_after_release": lot.decision == "released"  # else nobody acknowledges
                and lot.signed.get(run, known) is not known,
            }
            found |= {code for code, does in speaks.items() if does}
        found |= {"parent_not_usable" for one in line[1:] if one.decision in OVER or any(one.holds)}
        is_over = "expired" if lot.last_day and self.today > lot.last_day else ""
        return (found | {is_over if lot.last_day else "expiry_unknown"}) - {""}

    def status(self, lot: Lot) -> str:
        words = [lot.decision] * (lot.decision in OVER) + ["on_hold"] * any(lot.holds)
        words += ["expired"] * ("expired" in self.codes(lot)) + [lot.decision or "quarantined"]
        return words[0]

    def settle(self) -> None:
        for lot in [*self.lots.values()] * len(self.lots):
            if lot.decision == "released" and not any(lot.holds) and self.codes(lot) - {"expired"}:
                lot.holds.append("hold_open")
