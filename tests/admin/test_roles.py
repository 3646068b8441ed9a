"""Every address of the admin, as each role: open, refused or sent to sign in; never a fault."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models as tables
from django.test import Client
from django.urls import URLPattern, URLResolver

from products import models
from products.actions.accounts import record_sign_in
from products.actions.evidence import attach_evidence
from products.actions.holds import place_hold
from products.actions.identities import link_identity
from products.actions.periodic import review_credentials, review_trail
from products.actions.retractions import retract_run
from products.actions.tokens import issue_token
from products.admin.site import site
from tests.admin.pages import Visitor, account_with, address, the_lot, visitor
from tests.outside import go_live, laboratory, transcribed
from tests.records import (
    ENDOTOXIN,
    context,
    lot,
    media_lot,
    opened_run,
    people,
    person_of,
    submitted_run,
    today,
    value,
)
from tests.sealing import seal

pytestmark = [pytest.mark.django_db, pytest.mark.bare]

ROLES = ("analyst", "reviewer", "quality", "auditor", "admin")
# The page of an action, and who may open it; what is not named is open to every role.
MAY_OPEN = {
    "lot_add": {"analyst", "quality"},
    "lot_draw_sample": {"analyst", "quality"},
    "lot_open_run": {"analyst"},
    "lot_review": {"reviewer"},
    "lot_release": {"quality"},
    "lot_reject": {"quality"},
    "lot_hold": {"analyst", "reviewer", "quality"},
    "lot_lift_hold": {"quality"},
    "lot_declare_study": {"quality"},
    "run_readings": {"analyst"},
    "run_submit": {"analyst"},
    "lot_trail": {"quality", "auditor", "admin"},
    "lot_recall": {"quality"},
    "lot_acknowledge": {"quality"},
    "lot_change_specification": {"quality"},
    "lot_void": {"analyst", "quality"},
    "lot_attach": {"analyst", "reviewer", "quality"},
    "lot_note": {"analyst", "reviewer", "quality"},
    "run_correct": {"analyst"},
    "run_retract": {"analyst"},
    "run_return": {"reviewer"},
    "run_report": {"analyst"},
    "run_attach": {"analyst", "reviewer", "quality"},
    "run_note": {"analyst", "reviewer", "quality"},
    "amendment_sign": {"reviewer", "quality"},
    "run_discard": {"analyst"},
    "run_investigate": {"quality"},
    "site_add": {"admin"},
    "site_go_live": {"quality"},
    "site_attach": {"analyst", "reviewer", "quality"},
    "donor_attach": {"analyst", "reviewer", "quality"},
    "tissuesource_attach": {"analyst", "reviewer", "quality"},
    "specificationversion_attach": {"analyst", "reviewer", "quality"},
    "laboratory_attach": {"analyst", "reviewer", "quality"},
    "laboratory_add": {"analyst", "quality"},
    "laboratory_qualify": {"quality"},
    "training_add": {"quality"},
    "transcription_add": {"analyst", "quality"},
    "transcription_verify": {"reviewer", "quality"},
    "instrument_calibrate": {"analyst", "quality"},
    "medialot_recall": {"analyst", "quality"},
    "product_profile": {"quality"},
    "rolegrant_approve": {"quality"},
    "donor_add": {"analyst", "quality"},
    "donor_determine": {"quality"},
    "tissuesource_add": {"analyst", "quality"},
    "product_add": {"analyst", "quality"},
    "specificationversion_add": {"analyst", "quality"},
    "specificationversion_approve": {"quality"},
    "method_add": {"analyst", "quality"},
    "method_draft": {"analyst", "quality"},
    "method_approve": {"quality"},
    "method_retire": {"quality"},
    "instrument_add": {"analyst", "quality"},
    "medialot_add": {"analyst", "quality"},
    "investigation_conclude": {"quality"},
    "person_add": {"admin"},
    "user_add": {"admin"},
    "user_roles": {"admin"},
    "user_activity": {"admin"},
    "auth_user_password_change": {"admin"},
    "lockout_settle": {"admin"},
    "identitylink_unlink": {"reviewer", "admin"},
    "user_expiry": {"admin"},
    "user_factor": {"admin"},
    "credentialreview_add": {"admin"},
    "trailreview_add": {"quality", "admin"},
    "signaturepolicy_add": {"quality"},
    "apitoken_change": {"analyst", "admin"},
    "apitoken_revoke": {"analyst", "admin"},
    "worksheet": {"analyst"},
    "worksheet_plan": {"analyst"},
    "worksheet_bench": {"analyst"},
    "worksheet_sheet": {"analyst"},
    "worksheet_judge": {"analyst"},
    "worksheet_save": {"analyst"},
}
# A worksheet without runs or samples goes back to its beginning; what the script asks is sent.
OTHERWISE = {
    **dict.fromkeys(("worksheet_plan", "worksheet_bench", "worksheet_sheet"), 302),
    **dict.fromkeys(("worksheet_judge", "worksheet_save"), 405),
}
NOT_THERE = {
    "sample_add",
    "run_add",
    "hold_add",
    "investigation_add",
    "amendment_add",
    "evidence_add",
    "signature_add",
    "rolegrant_add",
    "lockout_add",
    "identitylink_add",  # no provider is set
    "method_attach",  # without its version
}


def records() -> dict[str, tables.Model]:
    """One record of each table that has pages."""
    lot(criteria=[ENDOTOXIN])
    place_hold(context(people().analyst), lot="EV-26-001")
    result = submitted_run(ENDOTOXIN, value("9"))
    amendment = retract_run(
        context(people().analyst),
        run=result.run.number,
        belongs_to="EV-26-009",
        source_document="Bench sheet 4",
    )
    evidence = attach_evidence(
        context(people().analyst),
        kind="run",
        key=result.run.number,
        name="print.txt",
        content=b"Endotoxin 9 EU/mL",
    )
    run = opened_run(ENDOTOXIN, purpose="information")
    media_lot()
    assert run.instrument
    go_live(today())
    transcription = transcribed("source", run.sample.lot.source_links.get().source.number)
    issue_token(context(people().analyst), kind="personal", scope="read", purpose="x", days=1)
    return {
        "lot": run.lot,
        "sample": run.sample,
        "run": run,
        "investigation": result.run.investigations.get(),
        "amendment": amendment,
        "evidence": evidence,
        "hold": models.Hold.objects.get(),
        "signature": amendment.signature,
        "donor": models.Donor.objects.get(),
        "tissuesource": models.TissueSource.objects.get(),
        "product": models.Product.objects.get(),
        "specificationversion": run.lot.specification,
        "method": run.method_version.method,
        "instrument": run.instrument,
        "medialot": models.MediaLot.objects.get(),
        "person": person_of(people().reviewer),
        "user": people().reviewer,
        "apitoken": models.ApiToken.objects.get(),
        "site": models.Site.objects.get(),
        "laboratory": laboratory(),
        "training": models.Training.objects.first() or models.Training(),
        "transcription": transcription,
        "rolegrant": models.RoleGrant.objects.get(user=people().reviewer),
        "signaturepolicy": models.SignaturePolicy.objects.get(),
        "credentialreview": review_credentials(context(people().admin), findings="All fit"),
        "trailreview": reviewed_trail(),
        "lockout": locked(people().reviewer),
        "identitylink": link_identity(
            context(people().admin),
            username="reviewer",
            issuer="https://id.example.org",
            subject="r-1",
        ),
        "auth": people().reviewer,
    }


def reviewed_trail() -> models.TrailReview:
    seal()
    return review_trail(context(people().quality), last_index=0, scope="All", findings="None")


def locked(account: models.User) -> models.Lockout:
    """Its fifth wrong password in a row."""
    system = context(models.User.objects.get(username="system"))
    for _ in range(5):
        record_sign_in(system, kind="sign_in", username=account.username, succeeded=False)
    return account.lockouts.get()


def patterns(found: list[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Each route with the name of its page."""
    for entry in found:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route, (entry.name or "").removeprefix("products_")


def pages(known: dict[str, tables.Model]) -> list[tuple[str, str]]:
    """Name and address of every page, with a record where one is needed."""
    found = []
    for route, name in patterns(site.get_urls()):
        key = str(getattr(known.get(name.split("_")[0]), "pk", ""))
        filled = route.replace("<uuid:key>", key).replace("<path:object_id>", key)
        if "<" not in filled and "(?P" not in filled and name:
            found.append((name, f"/admin/{filled}"))
    return found


def expected(name: str, role: str) -> set[int]:
    if name.endswith("_delete"):
        return {403}
    if name in {"second_factor_confirm", "second_factor_remove"}:
        return {404}  # of one's own factors, and nobody here has one
    if name in {"login", "logout", "password_change_done", "second_step"}:
        return {200, 302, 405}
    if name in NOT_THERE:
        return {404}
    if role not in MAY_OPEN.get(name, ROLES):
        return {403, 404} if name.startswith("apitoken") else {403}
    return {OTHERWISE.get(name, 200)}


def test_the_table_names_pages_that_exist() -> None:
    names = {name for _, name in patterns(site.get_urls())}

    assert set(MAY_OPEN) | NOT_THERE <= names


@pytest.mark.parametrize("role", ROLES)
def test_every_page_answers_each_role_as_agreed(role: str) -> None:
    reader = visitor(role)

    wrong = {
        name: page.status
        for name, where in pages(records())
        if name != "logout" and (page := reader.open(where)).status not in expected(name, role)
    }

    assert wrong == {}


def test_who_is_not_signed_in_is_sent_to_the_door() -> None:
    stranger = Visitor()

    answers = {
        name: stranger.client.get(where)
        for name, where in pages(records())
        if name not in {"login", "logout"}
    }

    assert len(answers) > 120
    assert {name for name, answer in answers.items() if answer.status_code != 302} == set()
    assert all("/admin/login/" in answer["Location"] for answer in answers.values())


@pytest.mark.parametrize("trait", ["is_active", "is_staff"])
def test_an_account_that_is_closed_or_not_staff_gets_nothing(trait: str) -> None:
    reader = Visitor(account_with("closed", "Analyst", traits={trait: False}))

    assert reader.open("/admin/").status == 302


def test_a_locked_account_gets_nothing() -> None:
    lot()
    reader = Visitor(account_with("locked", "Analyst", traits={"locked_at": the_lot().recorded_at}))

    assert reader.open(address("lot_changelist")).status == 302


def test_a_superuser_without_role_reads_and_does_nothing() -> None:
    lot()
    powerful = Visitor(account_with("root", traits={"is_superuser": True}))

    assert "no role yet" in powerful.open("/admin/")
    assert powerful.open(address("lot_changelist")).status == 403
    assert powerful.open(address("lot_change", the_lot())).status == 403
    assert powerful.sign(address("lot_release", the_lot())).status == 403


def test_what_may_not_be_done_is_a_sentence_and_no_link() -> None:
    lot()

    page = visitor("auditor").open(address("lot_change", the_lot()))

    assert "Release: it needs a role that may decide" in page
    assert address("lot_release", the_lot()) not in page.html


def test_django_writes_no_log_of_its_own() -> None:
    page = visitor("analyst").send(address("donor_add"), code="D-0099")

    assert page.status == 200  # the serving role has no right on Django's table
    assert models.Donor.objects.filter(code="D-0099").exists()


def test_a_record_that_does_not_exist_is_not_found() -> None:
    reader = visitor("analyst")

    for key in ("01a204de-a0ed-73c2-bbdc-80b94b8ace7e", "nonsense", "a/b"):
        assert reader.open(f"/admin/products/lot/{key}/change/").status == 404


def test_a_form_that_comes_from_elsewhere_is_refused() -> None:
    lot()
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(people().quality)

    answer = careful.post(address("lot_reject", the_lot()), {"reason": "x", "password": "y"})

    assert answer.status_code == 403
    assert "The form was not accepted" in answer.content.decode()
