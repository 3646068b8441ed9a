"""How people prove who they are, paper, outside reports, the ledger: changes no lot's answer.

Nothing here leaves behind what a later signature would ask for.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from products.actions.base import Context
from products.actions.evidence import attach_evidence
from products.actions.factors import (
    confirm_totp,
    enrol_passkey,
    enrol_totp,
    issue_recovery_codes,
    remove_factor,
    remove_factor_of,
)
from products.actions.go_live import declare_go_live
from products.actions.identities import (
    ProvedIdentity,
    link_identity,
    link_own_identity,
    unlink_identity,
)
from products.actions.laboratories import record_report
from products.actions.ledger import register_key
from products.actions.periodic import review_trail
from products.actions.runs import discard_run, open_run
from products.actions.sites import register_site
from products.actions.transcriptions import transcribe, verify_transcription
from products.domain.accounts import SYSTEM_ACCOUNT
from products.queries.periodic import unreviewed
from tests.authenticators import SoftwareKey
from tests.factors import App, Authenticator
from tests.machine.driver import EVERYTHING
from tests.machine.model import Lot
from tests.machine.papers import QUALITY, Papers
from tests.outside import SCAN
from tests.records import ZONE, time_is
from tests.sealing import seal, signer

NEXT_CODE = timedelta(seconds=30)
COUNTED = {*EVERYTHING, "given", "locked"} - {"roleless"}
"""Faults with which an attempt to prove oneself counts towards the lock of the account."""


class Proofs(Papers):
    def proving(self, who: str, app: App) -> Context:
        self.pass_time(NEXT_CODE)
        by = self.as_(who)
        with time_is(self.now):
            return replace(by, second_factor=app.code())

    def can_prove(self, who: str) -> bool:
        return not self.faults.get(who, set()) & COUNTED

    def enrols(self, who: str, lot: Lot, code: str) -> None:
        """An app, codes and a key, and all away again."""
        if not self.can_prove(who):
            return
        by = self.as_(who)
        made = self.perform(lambda: enrol_totp(by, name=code), accepted=True)
        assert made
        app = App(*made)
        by = self.proving(who, app)
        self.perform(lambda: confirm_totp(by, factor=app.factor.pk), accepted=True)
        by = self.proving(who, app)
        self.perform(lambda: issue_recovery_codes(by), accepted=True)
        by = self.proving(who, app)
        with time_is(self.now):
            answer = Authenticator(by.actor, SoftwareKey()).made()
        key = self.perform(lambda: enrol_passkey(by, name=code, made=answer), accepted=True)
        assert key
        self.loses(who, key.pk)
        by = self.proving(who, app)
        self.perform(lambda: remove_factor(by, factor=key.pk), accepted=not self.accepted)
        by = self.proving(who, app)
        self.perform(lambda: remove_factor(by, factor=app.factor.pk), accepted=True)
        by = self.as_(who)
        self.perform(lambda: issue_recovery_codes(by), accepted=False)

    def loses(self, who: str, factor: UUID) -> None:
        """An administrator takes it away, of another person."""
        admin = self.as_("admin")
        self.perform(
            lambda: remove_factor_of(admin, username=who, factor=factor),
            accepted=self.may("admin", "administer", signs=False)
            and self.person("admin") != self.person(who),
        )

    def links(self, who: str, lot: Lot, code: str) -> None:
        by, other = self.as_(who), self.as_("auditor")
        proved = ProvedIdentity("https://id.example", code)
        linked = self.perform(
            lambda: link_identity(
                by, username="auditor", issuer=proved.issuer, subject=proved.subject
            ),
            accepted=self.may(who, "administer", signs=False),
        )
        if linked is None and self.can_prove(who):
            linked = self.perform(lambda: link_own_identity(by, proved), accepted=True)
        if linked is None:
            return
        opens = linked.user.username
        self.perform(
            lambda: unlink_identity(other, link=linked.pk),
            accepted=opens == "auditor" and not self.faults.get(opens, set()) & COUNTED,
        )
        again = self.as_(who)
        self.perform(lambda: unlink_identity(again, link=linked.pk), accepted=not self.accepted)

    def opens_site(self, who: str, lot: Lot, code: str) -> None:
        """It goes live once."""
        if not self.step(who, "administer", lambda by: register_site(by, name=code, zone=ZONE)):
            return
        for accepted in (self.may(QUALITY, "decide"), False):
            by = self.as_(QUALITY)
            self.perform(
                lambda by=by: declare_go_live(by, site=code, on=self.model.today),  # type: ignore[misc]
                accepted=accepted,
            )

    def copies_paper(self, who: str, lot: Lot, code: str) -> None:
        """A source of before the go-live date, compared with its scan by another person."""
        if not self.registers_source(who, code):
            return
        by = self.as_(who)
        scan = attach_evidence(by, kind="source", key=code, name="scan.pdf", content=SCAN)
        copied = self.perform(
            lambda: transcribe(
                by,
                kind="source",
                key=code,
                signatory="P. Pfeiffer",
                dated_on=self.model.today - timedelta(days=9),
                evidence=scan.pk,
            ),
            accepted=True,
        )
        assert copied
        outcome = ("confirmed", "refused")[self.done % 2]
        for whose in (who, QUALITY, "reviewer"):
            signing = self.as_(whose)
            signed = self.perform(
                lambda by=signing: verify_transcription(  # type: ignore[misc]
                    by, transcription=copied.number, outcome=outcome, comment="Day differs"
                ),
                accepted=self.may(whose, "confirm") and self.person(whose) != self.person(who),
            )
            if signed:
                break

    def sends_out(self, who: str, lot: Lot, code: str) -> None:
        """For information, and given up once the report is there."""
        by = self.as_(who)
        run = self.perform(
            lambda: open_run(
                by,
                sample=f"{self.number[lot]}-S1",
                purpose="information",
                criterion="viability",
                laboratory="CTL-1",
                performed_at=self.now,
                performed_zone=ZONE,
            ),
            accepted=self.may(who, "record", signs=False) and lot.decision != "void",
        )
        if run is None:
            return
        report = attach_evidence(by, kind="run", key=run.number, name="report.pdf", content=SCAN)
        self.step(
            who,
            "record",
            lambda by: record_report(
                by,
                run=run.number,
                report_number=code,
                reported_on=self.model.today,
                signed_by="Dr. L. Labor",
                system="NC-202",
                controls="acceptable",
                evidence=report.pk,
            ),
        )
        self.step(who, "record", lambda by: discard_run(by, run=run.number))

    def looks_after_the_ledger(self, who: str, lot: Lot, code: str) -> None:
        """What is sealed is reviewed, once."""
        system, number = self.as_(SYSTEM_ACCOUNT), self.done + 100
        self.perform(
            lambda: register_key(system, verifier=signer(number).verifier, number=number),
            accepted=True,
        )
        seal()
        last = unreviewed().last_index
        for accepted in (self.may(who, "decide") or self.may(who, "administer"), False):
            by = self.as_(who)
            self.perform(
                lambda by=by: review_trail(by, last_index=last, scope="All", findings="None"),  # type: ignore[misc]
                accepted=accepted,
            )


PROOFS = tuple(
    name
    for name in vars(Proofs)
    if not name.startswith("_") and name not in {"proving", "can_prove", "loses"}
)
