"""One record of every kind, and the names by which addresses call for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models as tables

from products import models
from products.actions.accesses import record_access
from products.actions.accounts import record_sign_in
from products.actions.evidence import attach_evidence
from products.actions.factors import enrol_totp
from products.actions.holds import place_hold
from products.actions.identities import link_identity
from products.actions.periodic import review_credentials, review_trail
from products.actions.tokens import issue_token
from tests.accounts import PASSWORD
from tests.api.test_roles import furnish
from tests.outside import go_live, transcribed
from tests.records import context, lot, people, person_of, today
from tests.sealing import seal, sign_head

LOT, OTHER_LOT = "EV-26-001", "EV-26-002"


@dataclass(frozen=True, slots=True)
class World:
    """``pages`` by the first word of the pages' names, ``names`` by the parameter of addresses."""

    pages: dict[str, tables.Model]
    names: dict[str, str]


def world() -> World:
    furnish()
    lot(OTHER_LOT)
    place_hold(context(people().analyst), lot=LOT)
    evidence = attach_evidence(
        context(people().analyst), kind="lot", key=LOT, name="print.txt", content=b"42"
    )
    go_live(today())
    source = models.Lot.objects.get(number=LOT).source_links.get().source
    transcription = transcribed("source", source.number)
    token, _ = issue_token(
        context(people().quality2), kind="personal", scope="read", purpose="x", days=1
    )
    factor, _ = enrol_totp(context(people().quality2, password=PASSWORD), name="x")
    link = link_identity(
        context(people().admin), username="reviewer", issuer="https://id.example.org", subject="r"
    )
    review = review_credentials(context(people().admin), findings="All fit")
    lockout = locked(people().analyst2)
    seal()
    sign_head()
    trail = review_trail(context(people().quality), last_index=0, scope="All", findings="None")
    run = models.Run.objects.get(number=f"{LOT}-S2-R1")
    amendment = models.Amendment.objects.get()
    investigation = models.Investigation.objects.get()
    access = record_access(
        context(people().auditor),
        token=token,
        method="GET",
        path="/api/v1/lots/",
        query="",
        kind="lots",
        record="",
        status=200,
    )
    pages: dict[str, tables.Model] = {
        "access": access,
        "lot": run.sample.lot,
        "sample": run.sample,
        "run": run,
        "investigation": investigation,
        "amendment": amendment,
        "evidence": evidence,
        "hold": models.Hold.objects.get(),
        "signature": amendment.signature,
        "donor": models.Donor.objects.get(),
        "tissuesource": source,
        "product": models.Product.objects.get(),
        "specificationversion": run.sample.lot.specification,
        "method": models.Method.objects.get(code="VIA-01"),
        "instrument": models.Instrument.objects.get(),
        "medialot": models.MediaLot.objects.get(material="FTM", number="M-1"),
        "person": person_of(people().reviewer),
        "user": people().reviewer,
        "apitoken": token,
        "site": models.Site.objects.get(),
        "laboratory": models.Laboratory.objects.get(),
        "training": models.Training.objects.earliest("recorded_at"),
        "transcription": transcription,
        "rolegrant": models.RoleGrant.objects.get(user=people().reviewer),
        "signaturepolicy": models.SignaturePolicy.objects.get(),
        "credentialreview": review,
        "trailreview": trail,
        "lockout": lockout,
        "identitylink": link,
        "auth": people().reviewer,
        "second": factor,
    }
    names = {
        "lot": LOT,
        "sample": f"{LOT}-S1",
        "run": f"{LOT}-S1-R1",
        "hold": "1",
        "amendment": amendment.number,
        "evidence": str(evidence.pk),
        "investigation": investigation.number,
        "donor": "D-0042",
        "source": source.number,
        "product": "EXO-1",
        "specification": "1",
        "method": "VIA-01",
        "version": "1",
        "instrument": "NTA-7",
        "material": "FTM",
        "number": "M-1",
        "laboratory": "LAB",
        "transcription": transcription.number,
        "signature": str(amendment.signature.pk),
        "site": "Main site",
        "username": "reviewer",
        "factor": str(factor.pk),
        "link": str(link.pk),
        "lockout": str(lockout.pk),
        "token_key": token.token_key,
        "entry": str(models.AuditEntry.objects.earliest("recorded_at").pk),
        "checkpoint": "1",
    }
    return World(pages, names)


def locked(account: models.User) -> models.Lockout:
    """Its fifth wrong password in a row."""
    system = context(models.User.objects.get(username="system"))
    for _ in range(5):
        record_sign_in(system, kind="sign_in", username=account.username, succeeded=False)
    return account.lockouts.get()
