"""Lots: registered once, with all that they are made from."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from products.actions.lots import declare_stability_study, register_lot
from products.actions.sites import register_site
from products.actions.specifications import draft_specification
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    StaleVersionError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.domain.lots import NEEDS_JUDGING
from products.models import AuditEntry, Lot
from tests import records
from tests.conftest import Databases
from tests.records import (
    VIABILITY,
    approved_specification,
    context,
    lot,
    people,
    source,
    today,
)
from tests.sessions import other_session


def codes(number: str = "EV-26-001") -> set[str]:
    return {block["code"] for block in Lot.objects.get(number=number).blocks}


def declare(study: str = "ST-12", **changes: Any) -> Lot:
    given = context(people().quality, "No expiry yet", **changes)
    return declare_stability_study(given, lot="EV-26-001", study=study)


@pytest.mark.django_db
def test_a_lot_is_registered_in_quarantine_and_judged_at_once() -> None:
    found = lot(" EV-26-001 ")

    found.refresh_from_db()
    assert (found.number, found.release_status, found.decision) == (
        "EV-26-001",
        "quarantined",
        "none",
    )
    assert found.judged_at is not None
    assert found.judged_until > NEEDS_JUDGING
    assert codes() == {"result_missing"}


@pytest.mark.django_db
def test_who_made_it_is_the_actor_unless_another_person_is_named() -> None:
    analyst, other = people().analyst, people().analyst2

    assert lot("EV-26-001", made_by=None).made_by == analyst.person
    assert lot("EV-26-002", made_by=other.person_id).made_by == other.person


@pytest.mark.django_db
def test_an_account_without_person_names_who_made_the_lot() -> None:
    source()
    approved_specification()
    nobody = people().analyst
    nobody.person = None

    with pytest.raises(InvalidValueError, match="belongs to no person") as refusal:
        register_lot(
            context(nobody),
            number="EV-26-001",
            product="EXO-1",
            made_on=today(),
            vials=1,
            sources=["UC-0042"],
        )

    assert refusal.value.field == "made_by"


@pytest.mark.django_db
def test_a_number_is_never_reused_in_whatever_case() -> None:
    lot("Ev-26-001")

    with pytest.raises(DuplicateError) as refusal:
        lot("EV-26-001")

    assert str(refusal.value) == (
        "Lot number EV-26-001 was used already (as Ev-26-001) and is never reused."
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "EV 26"}, "number"),
        ({"number": ""}, "number"),
        ({"made_on": today() + timedelta(days=1)}, "made_on"),
        ({"vials": 0}, "vials"),
        ({"vials": 10**12}, "vials"),
        ({"expires": "30.11.2027"}, "expires"),
        ({"expires": f"{today() - timedelta(days=1)}"}, "expires"),
        ({"sources": ["UC-0042", "uc-0042"]}, "sources"),
        ({"parents": ["EV-26-000", "ev-26-000"]}, "parents"),
        ({"parents": ["ev-26-001"]}, "parents"),
    ],
)
def test_one_bad_input_is_refused_by_its_name(changes: dict[str, Any], field: str) -> None:
    lot("EV-26-000")

    with pytest.raises(InvalidValueError) as refusal:
        lot(**({"number": "EV-26-001"} | changes))

    assert refusal.value.field == field
    assert Lot.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sources": ["UC-0099"]}, "sources"),
        ({"parents": ["EV-26-099"]}, "parents"),
        ({"site": "Elsewhere"}, "site"),
        ({"specification": 7}, "specification"),
        ({"made_by": uuid.uuid4()}, "made_by"),
    ],
)
def test_an_unknown_record_is_refused_by_its_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(UnknownReferenceError) as refusal:
        lot(**changes)

    assert refusal.value.field == field


@pytest.mark.django_db
def test_an_unknown_product_is_refused() -> None:
    with pytest.raises(UnknownReferenceError, match="EXO-9") as refusal:
        register_lot(
            context(people().analyst),
            number="EV-26-001",
            product="EXO-9",
            made_on=today(),
            vials=1,
            sources=[],
        )

    assert refusal.value.field == "product"


@pytest.mark.django_db
def test_a_lot_may_be_made_before_its_specification_was_approved() -> None:
    assert lot(made_on=today() - timedelta(days=90)).number == "EV-26-001"


@pytest.mark.django_db
def test_today_is_the_day_at_the_site() -> None:
    register_site(context(people().admin), name="Kiritimati", zone="Pacific/Kiritimati")
    register_site(context(people().admin), name="Niue", zone="Pacific/Niue")
    ahead = records.now().astimezone(ZoneInfo("Pacific/Kiritimati")).date()

    approved_specification(effective_from=ahead - timedelta(days=7))
    lot("EV-26-001", site="Kiritimati", made_on=ahead)
    with pytest.raises(InvalidValueError) as refusal:
        lot("EV-26-002", site="Niue", made_on=ahead)

    assert refusal.value.code == "in_future"


@pytest.mark.django_db
def test_with_several_sites_the_site_is_named() -> None:
    register_site(context(people().admin), name="Berlin", zone="Europe/Berlin")

    with pytest.raises(InvalidValueError, match="Name the site"):
        lot()


@pytest.mark.django_db
def test_without_a_specification_named_the_latest_in_force_counts() -> None:
    approved_specification()
    in_force = approved_specification()
    approved_specification(effective_from=today() + timedelta(days=1))

    assert lot().specification == in_force


@pytest.mark.django_db
def test_a_superseded_version_takes_no_new_lot() -> None:
    approved_specification()
    approved_specification()

    with pytest.raises(InvalidValueError, match="version 2 is in effect since") as refusal:
        lot(specification=1)

    assert (refusal.value.code, refusal.value.field) == (
        "specification_superseded",
        "specification",
    )


@pytest.mark.django_db
def test_the_earlier_version_takes_new_lots_until_the_later_one_is_in_effect() -> None:
    first = approved_specification()
    approved_specification(effective_from=today() + timedelta(days=1))

    assert lot(specification=1).specification == first


@pytest.mark.django_db
def test_without_a_version_in_force_no_lot_is_registered() -> None:
    approved_specification(effective_from=today() + timedelta(days=1))

    with pytest.raises(InvalidValueError, match="no specification version in force") as refusal:
        lot()

    assert refusal.value.code == "specification_not_in_force"


@pytest.mark.django_db
def test_a_version_not_yet_effective_is_refused() -> None:
    later = today() + timedelta(days=1)
    approved_specification(effective_from=later)

    with pytest.raises(InvalidValueError, match=f"effective only from {later}") as refusal:
        lot(specification=1)

    assert (refusal.value.code, refusal.value.field) == (
        "specification_not_in_force",
        "specification",
    )


@pytest.mark.django_db
def test_a_draft_version_is_refused() -> None:
    approved_specification()
    draft_specification(
        context(people().analyst),
        product="EXO-1",
        document="SPEC-2",
        effective_from=today(),
        criteria=[VIABILITY],
        change_reason="The process became more capable",
    )

    with pytest.raises(InvalidValueError, match="version 2 is draft") as refusal:
        lot(specification=2)

    assert refusal.value.code == "specification_not_in_force"


@pytest.mark.django_db
def test_an_expiry_to_the_month_is_kept_as_its_last_day() -> None:
    found = lot(expires="2028-02")

    found.refresh_from_db()
    assert (f"{found.expires_on}", found.expires_precision) == ("2028-02-29", "month")


@pytest.mark.django_db
def test_an_expiry_to_the_day_may_be_the_day_of_making() -> None:
    found = lot(expires=f"{today()}")

    assert (found.expires_on, found.expires_precision) == (today(), "day")


@pytest.mark.django_db
def test_a_lot_without_expiry_and_source_is_kept_and_blocked() -> None:
    lot(expires="", sources=[])

    assert codes() == {"expiry_unknown", "source_missing", "result_missing"}


@pytest.mark.django_db
def test_a_lot_inherits_the_sources_of_its_parents() -> None:
    lot("EV-26-001")

    child = lot("EV-26-002", sources=[], parents=["ev-26-001"])

    assert [link.parent.number for link in child.parent_links.all()] == ["EV-26-001"]
    assert "source_missing" not in codes("EV-26-002")


@pytest.mark.django_db
def test_entries_about_a_lots_sources_name_the_lot() -> None:
    found = lot()

    entry = AuditEntry.objects.get(record_table="products_lotsource")
    assert (entry.action, entry.lots) == ("lot.register", [found.pk])


@pytest.mark.django_db
def test_a_signed_stability_study_stands_in_place_of_an_expiry() -> None:
    lot(expires="")

    found = declare(" ST-12 ")

    found.refresh_from_db()
    assert found.stability_signature is not None
    assert found.stability_study == "ST-12"
    assert json.loads(bytes(found.stability_signature.content))["shown"]["study"] == "ST-12"
    assert "expiry_unknown" not in codes()


@pytest.mark.django_db
@pytest.mark.parametrize("study", ["", " ", "S" * 101, "S\x00"])
def test_a_study_needs_a_name(study: str) -> None:
    lot(expires="")

    with pytest.raises(InvalidValueError) as refusal:
        declare(study)

    assert refusal.value.field == "study"


@pytest.mark.django_db
def test_a_lot_with_an_expiry_takes_no_study() -> None:
    lot()

    with pytest.raises(WrongStatusError, match="the expiry"):
        declare()


@pytest.mark.django_db
def test_a_study_is_declared_once() -> None:
    lot(expires="")
    declare("ST-12")

    with pytest.raises(WrongStatusError, match="ST-12"):
        declare("ST-13")


@pytest.mark.django_db
def test_a_study_declared_on_a_stale_lot_is_refused() -> None:
    lot(expires="")

    with pytest.raises(StaleVersionError):
        declare(expected_version=0)


@pytest.mark.django_db
def test_a_reviewer_does_not_register_lots() -> None:
    with pytest.raises(NotPermittedError):
        register_lot(
            context(people().reviewer),
            number="EV-26-001",
            product="EXO-1",
            made_on=today(),
            vials=1,
            sources=[],
        )


def test_a_lot_is_not_registered_while_a_donor_is_being_determined(
    databases: Databases, committed_db: str
) -> None:
    approved_specification()
    source()

    def begin_determination(connection: psycopg.Connection[Any]) -> None:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('genealogy', 0))")

    with other_session(databases, committed_db, first=begin_determination) as other:
        lot()

    assert other.was_waited_for
    assert Lot.objects.count() == 1
