"""A row of every table, made through actions, and how a test writes one again past them."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from products.actions.accesses import record_access
from products.actions.accounts import change_password, set_roles
from products.actions.amendments import correct_run
from products.actions.dispositions import acknowledge_changes, reject_lot, release_lot
from products.actions.equipment import recall_media
from products.actions.factors import remove_factor_of
from products.actions.holds import lift_hold, place_hold
from products.actions.identities import link_identity, unlink_identity
from products.actions.investigations import conclude_investigation
from products.actions.lockouts import settle_lockout
from products.actions.naming import begin
from products.actions.notes import add_note
from products.actions.once import Answer, Once, close_request, keep_answer, open_request
from products.actions.periodic import review_credentials, review_trail
from products.actions.policies import accept_policy, issue_policy
from products.actions.products import assign_profile
from products.actions.retractions import retract_run, void_lot
from products.actions.reviews import return_run, review_results
from products.actions.runs import discard_run
from products.actions.second_signatures import sign_second
from products.actions.specification_changes import change_lot_specification
from products.actions.specifications import draft_specification
from products.actions.tokens import issue_token
from products.domain.accounts import LOCK_AFTER
from products.domain.errors import SignatureRefusedError
from products.domain.roles import Role
from products.models import Lockout
from products.models.fields import uuid7
from tests.accounts import ACCOUNTS
from tests.factors import app_of, comes_in, enrolled_passkey, recovery_codes_of
from tests.outside import go_live, outside_result, paper_result, scan, transcribed, verified
from tests.records import (
    ENDOTOXIN,
    STERILITY,
    VIABILITY,
    approved_specification,
    context,
    counted,
    lot,
    media_lot,
    opened_run,
    people,
    second_account,
    source,
    submitted_run,
    today,
    value,
)
from tests.sealing import seal


def answered_requests() -> None:
    """One request that came with a key, one without."""
    account = people().analyst
    for digit, key in enumerate(("a-key", "")):
        asked = open_request(account, key, f"{digit}" * 64)
        assert isinstance(asked, Once)
        asking = replace(context(account), once=asked)
        add_note(asking, lot="EV-26-001", text="Asked for once")
        keep_answer(asking, Answer(201, {}, "{}"))
        close_request(asked)


def a_row_of_each() -> None:
    """EV-26-001 has something of everything, EV-26-002 descends from it and is rejected, and
    EV-26-003 changed after its release.
    """
    go_live()
    lot(criteria=[VIABILITY, ENDOTOXIN, STERILITY])
    source("MCB-0042", form="master_cell_bank", made_from="UC-0042")
    _runs()
    _second_person()
    _amendments()
    _from_elsewhere()
    _descendant()
    _changed_after_release()
    answered_requests()
    draft_specification(
        context(people().quality),
        product="EXO-1",
        document="SPEC-2",
        effective_from=today(),
        criteria=[ENDOTOXIN],
        change_reason="Fewer tests",
    )
    issue_token(context(people().analyst), kind="personal", scope="read", purpose="x", days=1)
    assign_profile(context(people().quality), product="EXO-1", profile="phase_1_ind")
    _about_signing()
    _second_factors()
    _identity()
    _access()
    _lockout()


def _access() -> None:
    """An answer to an auditor."""
    account = people().auditor
    token, _ = issue_token(context(account), kind="personal", scope="read", purpose="x", days=1)
    record_access(
        context(account),
        token=token,
        method="GET",
        path="/api/v1/lots/EV-26-001/",
        query="expand=results",
        kind="lots",
        record="EV-26-001",
        status=200,
    )


def _second_factors() -> None:
    """An app, removed later, a passkey, and recovery codes of which one opened the door."""
    app = app_of("analyst2")
    enrolled_passkey("analyst2", app)
    codes = recovery_codes_of("analyst2", app)
    comes_in("analyst2", codes[0])
    remove_factor_of(context(people().admin, "Lost"), username="analyst2", factor=app.factor.pk)


def _identity() -> None:
    """An identity that opened an account, undone."""
    administrator = context(people().admin)
    row = link_identity(
        administrator, username="analyst", issuer="https://id.example.org", subject="a-1"
    )
    unlink_identity(administrator, link=row.pk)


def _lockout() -> None:
    """Wrong passwords that locked an account, dealt with."""
    for _ in range(LOCK_AFTER):
        with contextlib.suppress(SignatureRefusedError):
            change_password(context(people().auditor), old="wrong", new="a new long pass phrase")
    settle_lockout(context(people().admin), lockout=Lockout.objects.get().pk, finding="Forgotten")


def _runs() -> None:
    media_lot("FTM", "M-1")
    submitted_run(STERILITY, media=[("FTM", "M-1")])
    recall_media(context(people().analyst), material="FTM", number="M-1", document="RCL-1")
    failing = submitted_run(readings=counted("0", "0"))
    review_results(context(people().reviewer), lot="EV-26-001", runs=[failing.run.number])
    conclude_investigation(
        context(people().quality),
        investigation="INV-EV-26-001-1",
        outcome="invalidated",
        cause="Dye past its expiry",
        evidence="DEV-7",
    )
    discard_run(context(people().analyst, "Wrong vial"), run=opened_run(ENDOTOXIN).number)


def _second_person() -> None:
    second_account(people().analyst2, "ben-reviews", Role.REVIEWER)
    set_roles(context(people().admin), username="ben-reviews", roles=[])


def _amendments() -> None:
    """A correction that is signed twice, a retraction that waits, and a run returned."""
    failing = submitted_run(ENDOTOXIN, value("0.30")).run
    amendment = correct_run(
        context(people().analyst),
        run=failing.number,
        readings=value("0.20"),
        source_document="Page 3",
        evidence=scan("run", failing.number),
    )
    sign_second(context(people().quality2), amendment=amendment.number, outcome="confirmed")
    wrong = submitted_run(purpose="information").run
    retract_run(
        context(people().analyst),
        run=wrong.number,
        belongs_to="EV-26-009",
        source_document="Page 4",
    )
    doubted = submitted_run(purpose="information").run
    return_run(context(people().reviewer), run=doubted.number, comment="Count again")
    add_note(context(people().analyst), lot="EV-26-001", run=doubted.number, text="A bubble")


def _from_elsewhere() -> None:
    outside_result(purpose="information")
    on_paper = paper_result(purpose="information").run
    verified(transcribed("run", on_paper.number))
    verified(transcribed("source", "UC-0042"))
    scan("lot", "EV-26-001")


def _descendant() -> None:
    lot("EV-26-002", parents=["EV-26-001"])
    place_hold(context(people().analyst), lot="EV-26-002")
    lift_hold(context(people().quality), lot="EV-26-002", hold=1)
    void_lot(context(people().analyst), lot="EV-26-002")
    reject_lot(context(people().quality), lot="EV-26-002")


def _changed_after_release() -> None:
    lot("EV-26-003", criteria=[VIABILITY], product="EXO-2")
    run = submitted_run(lot="EV-26-003").run
    approved_specification("EXO-2")
    change_lot_specification(context(people().quality), lot="EV-26-003", version=2)
    review_results(context(people().reviewer), lot="EV-26-003", runs=[run.number])
    release_lot(context(people().quality), lot="EV-26-003")
    correct_run(
        context(people().analyst),
        run=run.number,
        readings=counted("983"),
        source_document="Page 5",
    )
    acknowledge_changes(context(people().quality), lot="EV-26-003")


def _about_signing() -> None:
    """Last: after a new policy everybody accepts it before signing again."""
    seal(3)
    review_trail(context(people().quality), last_index=2, scope="All", findings="None")
    review_credentials(context(people().admin), findings="All fit")
    issue_policy(context(people().quality), text="1. Sign only what is true.")
    for username, _, _ in ACCOUNTS:
        accept_policy(context(getattr(people(), username)), version=2)


@transaction.atomic
def copy_row(table: str, changes: dict[str, Any], where: str = "true") -> None:
    """Write the oldest row that fits again under another key, with ``changes``.

    A name in ``{}`` is a column. Links that are checked at the end of a transaction are checked
    at once.
    """
    begin("test.copy", context(people().analyst))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        columns = [row[0] for row in cursor.fetchall()]
        values = {name: sql.Identifier(name) for name in columns} | {
            name: sql.Identifier(value[1:-1])
            if isinstance(value, str) and value.startswith("{")
            else sql.Literal(value)
            for name, value in ({"id": uuid7()} | changes).items()
        }
        cursor.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {} ORDER BY id LIMIT 1").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(values.values()),
                sql.Identifier(table),
                sql.SQL(where),
            )
        )
        assert cursor.rowcount == 1, "there was no row to copy"
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
