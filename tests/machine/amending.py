"""What is amended and investigated, by the product's actions and in the model beside them."""

from __future__ import annotations

from products.actions.amendments import correct_run
from products.actions.investigations import conclude_investigation, open_investigation
from products.actions.retractions import retract_run, void_lot
from products.actions.second_signatures import sign_second
from products.models import Amendment, Investigation
from tests.machine.driver import BAD, Driver, readings_of
from tests.machine.model import Lot, Run, Version, judged


class Amending(Driver):
    def is_amendable(self, run: Run) -> bool:
        return (
            self.is_open(run)
            and run.current() is not None
            and not run.did["file"]
            and not self.is_decided(run)
        )

    def corrects(self, who: str, run: Run, value: str) -> None:
        as_who, old = self.as_(who), run.current()
        verdict = judged(value, self.limit(run))
        accepted = self.may(who, "amend", run) and self.is_amendable(run)
        accepted &= old is not None and (value, verdict) != (old.value, old.verdicts[0])
        if (
            self.perform(
                lambda: correct_run(
                    as_who,
                    run=self.number[run],
                    readings=readings_of(run.test, value),
                    source_document="LNB-4 p. 12",
                ),
                accepted=accepted,
            )
            and old
        ):
            was = [word for word in old.verdicts if word in BAD]
            waits = any(word != verdict or value != old.value for word in was)
            run.did["record"].add(self.person(who))
            run.state = "submitted"
            run.versions.append(Version(value, [verdict], None if waits else True))
            if waits:
                run.did["file"] = {self.person(who)}
            else:
                self.takes_effect(run)

    def retracts(self, who: str, run: Run) -> None:
        as_who = self.as_(who)
        if self.perform(
            lambda: retract_run(
                as_who,
                run=self.number[run],
                belongs_to="EV-26-999",
                source_document="LNB-4 p. 13",
            ),
            accepted=self.may(who, "amend", run) and self.is_amendable(run),
        ):
            run.did["record"].add(self.person(who))
            run.did["file"] = {self.person(who)}
            run.state = "submitted"

    def is_voidable(self, lot: Lot) -> bool:
        states = {run.state for run in self.model.runs if run.lot is lot}
        return self.model.status(lot) == "quarantined" and not states & {"submitted", "returned"}

    def voids(self, who: str, lot: Lot) -> None:
        as_who = self.as_(who)
        accepted = self.may(who, "register") and self.is_voidable(lot) and not lot.did["file"]
        if self.perform(lambda: void_lot(as_who, lot=self.number[lot]), accepted=accepted):
            lot.did["file"] = {self.person(who)}

    def signs_second(self, who: str, of: Run | Lot, *, confirmed: bool) -> None:
        as_who = self.as_(who)
        accepted = self.may(who, "confirm", of)
        if isinstance(of, Lot):
            accepted &= self.is_voidable(of) or not confirmed
            waiting = Amendment.objects.filter(lot__number=self.number[of], run=None)
        else:
            waiting = Amendment.objects.filter(run__number=self.number[of])
        amendment = waiting.get(needs_second=True, second=None)
        if not self.perform(
            lambda: sign_second(
                as_who,
                amendment=amendment.number,
                outcome="confirmed" if confirmed else "refused",
                comment="Seen",
            ),
            accepted=accepted,
        ):
            return
        of.did["file"] = set()
        if isinstance(of, Lot):
            of.decision = "void" if confirmed else of.decision
        else:
            self.is_signed_second(who, of, confirmed=confirmed)

    def is_signed_second(self, who: str, run: Run, *, confirmed: bool) -> None:
        run.did["confirm"].add(self.person(who))
        waiting = next((one for one in run.versions if one.stands is None), None)
        if waiting:
            waiting.stands = confirmed
        if not confirmed:
            return
        run.inquiries = [
            (version, outcome or self.closes(run, place, waiting))
            for place, (version, outcome) in enumerate(run.inquiries)
        ]
        if waiting:
            self.takes_effect(run)
        else:
            run.state = "retracted"
            for version in run.versions:
                version.stands = False

    def closes(self, run: Run, place: int, corrected: Version | None) -> str:
        """What a second signature concludes: the failures of the versions that it sets aside."""
        is_kept = (run, place) in self.by_hand or run.inquiries[place][0] is corrected
        return "" if is_kept else "recording error"

    def inquires(self, who: str, run: Run) -> None:
        as_who, known = self.as_(who), run.current()
        accepted = self.may(who, "decide", signs=False) and known is not None
        accepted &= all(version is not known for version, _ in run.inquiries)
        if (
            self.perform(
                lambda: open_investigation(as_who, run=self.number[run]), accepted=accepted
            )
            and known
        ):
            self.by_hand.add((run, len(run.inquiries)))
            run.inquiries.append((known, ""))

    def concludes(self, who: str, run: Run, place: int, outcome: str) -> None:
        as_who = self.as_(who)
        version, before = run.inquiries[place]
        found = Investigation.objects.filter(run__number=self.number[run]).order_by("recorded_at")
        number = found[place].number
        accepted = self.may(who, "decide") and not before
        accepted &= run.state != "returned" and not run.did["file"]
        if self.perform(
            lambda: conclude_investigation(
                as_who,
                investigation=number,
                outcome=outcome,
                cause="Dye past its expiry",
                evidence="DEV-7",
            ),
            accepted=accepted,
        ):
            run.inquiries[place] = (version, outcome)
