"""What is decided on lots and on what they rest on, in the product and in the model beside it."""

from __future__ import annotations

from datetime import timedelta

from products.actions.dispositions import (
    acknowledge_changes,
    recall_lot,
    reject_lot,
    release_lot,
)
from products.actions.donors import determine_donor
from products.actions.equipment import record_calibration
from products.actions.holds import lift_hold, place_hold
from products.actions.lots import declare_stability_study, register_lot
from products.actions.products import assign_profile
from products.actions.samples import draw_sample
from products.actions.specification_changes import change_lot_specification
from products.domain.criteria import Stage
from tests.machine.amending import Amending
from tests.machine.model import OVER, Lot, judged
from tests.outside import SITE
from tests.records import ZONE, people


class Deciding(Amending):
    def registers(
        self, who: str, product: str, parent: Lot | None = None, *, days: int | None = 365
    ) -> Lot | None:
        as_who = self.as_(who)
        number = f"EV-26-{len(self.model.lots) + 1:03}"
        last_day = None if days is None else self.model.today + timedelta(days=days)
        if not self.perform(
            lambda: register_lot(
                as_who,
                number=number,
                product=product,
                made_on=self.model.today,
                vials=40,
                sources=["UC-0042"],
                made_by=people().analyst2.person_id,
                parents=[self.number[parent]] if parent else [],
                expires=str(last_day or ""),
                site=SITE,
            ),
            accepted=self.may(who, "register", signs=False),
        ):
            return None
        lot = Lot(product, ["D-0042"], parent, last_day, self.latest[product])
        lot.did["make"] = {self.person("analyst2")}
        self.model.lots[number], self.number[lot] = lot, number
        for stage in (Stage.PARENT_CELLS, Stage.FINAL_CONTAINER):
            as_who = self.as_(who)
            draw_sample(
                as_who,
                lot=number,
                stage=stage,
                container="Vial",
                drawn_at=self.now,
                drawn_zone=ZONE,
            )
        return lot

    def releases(self, who: str, lot: Lot) -> None:
        as_who = self.as_(who)
        accepted = self.may(who, "release", lot) and not lot.decision
        accepted &= not self.model.codes(lot)
        if self.perform(lambda: release_lot(as_who, lot=self.number[lot]), accepted=accepted):
            lot.decision = "released"
            tests = self.model.limits[lot.product, lot.version].values()
            line = lot.line() if any(limit[2] == "parent" for limit in tests) else [lot]
            lot.signed = {
                run: known
                for run in self.model.runs
                if run.lot in line and (known := run.current()) is not None
            }

    def rejects(self, who: str, lot: Lot) -> None:
        as_who, status = self.as_(who), self.model.status(lot)
        accepted = self.may(who, "decide") and (
            status in {"quarantined", "on_hold"} or (status == "expired" and not lot.decision)
        )
        if self.perform(lambda: reject_lot(as_who, lot=self.number[lot]), accepted=accepted):
            lot.decision = "rejected"

    def recalls(self, who: str, lot: Lot) -> None:
        as_who = self.as_(who)
        accepted = self.may(who, "decide") and lot.decision == "released"
        if self.perform(lambda: recall_lot(as_who, lot=self.number[lot]), accepted=accepted):
            lot.decision = "recalled"

    def holds(self, who: str, lot: Lot, kind: str) -> None:
        as_who = self.as_(who)
        accepted = self.may(who, "hold") and lot.decision not in OVER
        if self.perform(
            lambda: place_hold(as_who, lot=self.number[lot], kind=kind), accepted=accepted
        ):
            lot.holds.append("official_hold_open" if kind == "official" else "hold_open")

    def lifts(self, who: str, lot: Lot, place: int, reference: str) -> None:
        as_who, kind = self.as_(who), lot.holds[place]
        accepted = self.may(who, "decide") and bool(kind) and lot.decision not in OVER
        accepted &= kind == "hold_open" or bool(reference)
        if lot.decision == "released":
            accepted &= not self.model.codes(lot) - {"expired", "hold_open", "official_hold_open"}
        if self.perform(
            lambda: lift_hold(as_who, lot=self.number[lot], hold=place + 1, reference=reference),
            accepted=accepted,
        ):
            lot.holds[place] = ""

    def acknowledges(self, who: str, lot: Lot) -> None:
        """What else than results changed since the release only the product knows."""
        as_who = self.as_(who)
        can = self.may(who, "decide") and lot.decision == "released"
        is_changed = "changed_after_release" in self.model.codes(lot)
        if self.perform(
            lambda: acknowledge_changes(as_who, lot=self.number[lot]),
            accepted=(True if is_changed else None) if can else False,
        ):
            known = {run: run.current() for run in lot.signed}
            lot.signed = {run: version for run, version in known.items() if version}

    def changes_specification(self, who: str, lot: Lot, version: int) -> None:
        as_who = self.as_(who)
        accepted = self.may(who, "decide") and lot.decision not in OVER
        if not self.perform(
            lambda: change_lot_specification(as_who, lot=self.number[lot], version=version),
            accepted=accepted and version != lot.version,
        ):
            return
        lot.version = version
        for run in self.model.runs:
            waiting = next((one for one in run.versions if one.stands is None), None)
            for one in (run.current(), waiting):
                if run.lot is lot and one is not None:
                    verdict = judged(one.value, self.limit(run))
                    is_known = one in {version for version, _ in run.inquiries}
                    if verdict == "fails" and "fails" not in one.verdicts and not is_known:
                        run.inquiries.append((one, ""))
                    one.verdicts.append(verdict)

    # What lots rest on.

    def declares(self, who: str, lot: Lot) -> None:
        as_who = self.as_(who)
        if self.perform(
            lambda: declare_stability_study(as_who, lot=self.number[lot], study="STAB-3"),
            accepted=self.may(who, "decide") and lot.last_day is None,
        ):
            lot.last_day = self.model.today + timedelta(days=9999)

    def assigns(self, who: str, product: str, *, lenient: bool) -> None:
        as_who = self.as_(who)
        is_so = product in self.model.lenient
        if self.perform(
            lambda: assign_profile(
                as_who, product=product, profile="phase_1_ind" if lenient else "strict"
            ),
            accepted=self.may(who, "decide") and is_so != lenient,
        ):
            self.model.lenient ^= {product}

    def determines(self, who: str, outcome: str) -> None:
        codes = {"ineligible": "donor_ineligible", "incomplete": "determination_incomplete"}
        as_who = self.as_(who)
        if self.perform(
            lambda: determine_donor(
                as_who,
                donor="D-0042",
                outcome=outcome,
                determined_on=self.model.today,
                establishment="Northside Cord Bank",
                summary_of_records="SOR-17",
            ),
            accepted=self.may(who, "decide"),
        ):
            self.model.donors["D-0042"] = codes.get(outcome, "")

    def finds_faulty(self, who: str, instrument: str) -> None:
        as_who = self.as_(who)
        if self.perform(
            lambda: record_calibration(
                as_who,
                instrument=instrument,
                calibrated_on=self.model.today,
                valid_until=self.model.today + timedelta(days=365),
                outcome="failed",
                document="CAL-9",
                unreliable_since=self.model.today - timedelta(days=300),
            ),
            accepted=self.may(who, "register", signs=False),
        ):
            self.model.faulty.add(instrument)
