"""What is recorded beside the lots and changes no lot's answer; the first step is anybody's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from products.actions.accounts import create_account, create_person
from products.actions.base import Context
from products.actions.donors import register_donor
from products.actions.equipment import recall_media, register_instrument, register_media_lot
from products.actions.evidence import attach_evidence
from products.actions.laboratories import qualify_laboratory, register_laboratory
from products.actions.lockouts import settle_lockout
from products.actions.methods import (
    approve_method_version,
    draft_method_version,
    register_method,
    retire_method_version,
)
from products.actions.notes import add_note
from products.actions.periodic import review_credentials
from products.actions.products import register_product
from products.actions.samples import draw_sample
from products.actions.sources import register_source
from products.actions.specifications import approve_specification, draft_specification
from products.actions.tokens import issue_token, revoke_token
from products.actions.training import record_training
from products.domain.calculations import Formula
from products.domain.criteria import Category, Stage
from products.models import Lockout
from tests.accounts import FIRST_PASSWORD
from tests.machine.accounts import Accounts
from tests.machine.model import Lot
from tests.outside import SCAN
from tests.records import VIABILITY, YEAR, ZONE, people, person_of

QUALITY = "quality2"


class Papers(Accounts):
    def step(
        self, who: str, duty: str, action: Callable[[Context], object], *, signs: bool = False
    ) -> bool:
        as_who = self.as_(who)
        accepted = self.may(who, duty, signs=signs)
        return self.perform(lambda: action(as_who), accepted=accepted) is not None

    def registers_source(self, who: str, code: str) -> bool:
        """One that no lot is made from."""
        return self.step(
            who,
            "register",
            lambda by: register_source(
                by,
                number=code,
                donor="D-0042",
                kind="umbilical_cord",
                recovered_at=self.now - timedelta(days=9),
                recovery_zone=ZONE,
            ),
        )

    def writes_note(self, who: str, lot: Lot, code: str) -> None:
        self.step(who, "hold", lambda by: add_note(by, lot=self.number[lot], text=code))

    def attaches(self, who: str, lot: Lot, code: str) -> None:
        self.step(
            who,
            "hold",
            lambda by: attach_evidence(
                by,
                kind="lot",
                key=self.number[lot],
                name=f"{code}.pdf",
                content=SCAN + code.encode(),
            ),
        )

    def draws(self, who: str, lot: Lot, code: str) -> None:
        self.step(
            who,
            "register",
            lambda by: draw_sample(
                by,
                lot=self.number[lot],
                stage=Stage.BULK,
                container=code,
                drawn_at=self.now,
                drawn_zone=ZONE,
            ),
        )

    def takes_donation(self, who: str, lot: Lot, code: str) -> None:
        self.step(who, "register", lambda by: register_donor(by, code=code))
        self.registers_source(who, code)

    def buys(self, who: str, lot: Lot, code: str) -> None:
        self.step(
            who,
            "register",
            lambda by: register_instrument(by, code=code, model="NS300", serial_number=code),
        )
        if self.step(
            who,
            "register",
            lambda by: register_media_lot(
                by,
                material="FTM",
                number=code,
                manufacturer="Merck",
                expires_on=self.model.today + YEAR,
            ),
        ):
            self.step(
                who,
                "register",
                lambda by: recall_media(by, material="FTM", number=code, document="RCL-1"),
            )

    def plans_product(self, who: str, lot: Lot, code: str) -> None:
        self.step(
            who,
            "register",
            lambda by: register_product(
                by,
                code=code,
                name="Planned",
                basis="us_ind",
                basis_reference="IND 1",
                label_claim="",
                fill_volume_ml="",
                storage="-80 C",
            ),
        )
        if self.step(
            who,
            "register",
            lambda by: draft_specification(
                by,
                product="EXO-3",
                document=code,
                effective_from=self.model.today,
                criteria=[VIABILITY],
                change_reason="Planned anew",
            ),
        ):
            self.specified += 1
            self.step(
                QUALITY,
                "decide",
                lambda by: approve_specification(by, product="EXO-3", version=self.specified),
                signs=True,
            )

    def qualifies(self, who: str, lot: Lot, code: str) -> None:
        if self.step(
            who,
            "register",
            lambda by: register_laboratory(by, code=code, name=code, address="Basel"),
        ):
            self.step(
                QUALITY,
                "decide",
                lambda by: qualify_laboratory(
                    by,
                    laboratory=code,
                    qualified_from=self.model.today - YEAR,
                    qualified_until=self.model.today + YEAR,
                    document="QAG-003",
                ),
                signs=True,
            )

    def develops_method(self, who: str, lot: Lot, code: str) -> None:
        if not self.step(
            who,
            "register",
            lambda by: register_method(
                by, code=code, name=code, attribute=code, category=Category.GENERAL
            ),
        ):
            return
        self.step(
            who,
            "register",
            lambda by: draft_method_version(
                by, method=code, document=code, formula=Formula.VALUE, unit="%"
            ),
        )
        for action in (approve_method_version, retire_method_version):
            self.step(
                QUALITY,
                "decide",
                lambda by, action=action: action(by, method=code, version=1),  # type: ignore[misc]
                signs=True,
            )

    def trains(self, who: str, lot: Lot, code: str) -> None:
        if self.person(who) != "analyst":
            self.step(
                who,
                "decide",
                lambda by: record_training(
                    by,
                    person=person_of(people().analyst).pk,
                    method="VIA-01",
                    version=1,
                    trained_on=self.model.today - YEAR,
                    document=code,
                ),
                signs=True,
            )

    def employs(self, who: str, lot: Lot, code: str) -> None:
        as_who = self.as_(who)
        person = self.perform(
            lambda: create_person(as_who, printed_name=f"New {code}"),
            accepted=self.may(who, "administer", signs=False),
        )
        if person:
            self.step(
                who,
                "administer",
                lambda by: create_account(
                    by, username=code, person=person.pk, password=FIRST_PASSWORD, roles=["Analyst"]
                ),
            )

    def looks_after_accounts(self, who: str, lot: Lot, code: str) -> None:
        self.step(who, "administer", lambda by: review_credentials(by, findings=code))
        lockout = Lockout.objects.filter(settlement=None).first()
        if lockout:
            self.step(
                who,
                "administer",
                lambda by: settle_lockout(by, lockout=lockout.pk, finding="Holiday"),
            )

    def takes_token(self, who: str, lot: Lot, code: str) -> None:
        by = self.as_("auditor")
        made = self.perform(
            lambda: issue_token(by, kind="personal", scope="read", purpose=code, days=9),
            accepted=True,
        )
        assert made
        admins = self.may(who, "administer", signs=False) or who == "auditor"
        by_who = self.as_(who)
        self.perform(lambda: revoke_token(by_who, token_key=made[0].token_key), accepted=admins)


PAPERS = tuple(
    name
    for name in vars(Papers)
    if not name.startswith("_") and name not in {"step", "registers_source"}
)
