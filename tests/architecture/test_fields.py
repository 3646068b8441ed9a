"""Donors stay unknown: no field of any record holds who they are."""

from __future__ import annotations

import re

import pytest
from django.apps import apps

from products.models import Determination, Donor, TissueSource

IDENTIFYING = re.compile(
    r"(^|_)(first|last|given|family|maiden|full|donor|mother|patient)_?names?$|(^|_)surname|birth|"
    r"dob|(^|_)mrn|medical_record|ssn|social_security|passport|insurance|phone|e_?mail|"
    r"(^|_)sex$|gender|(^|_)age$|race|ethnic|post_?code|zip|street|city|initials|(^|_)address"
)
# Every field whose name speaks of a person or a place, and of whom.
OF_STAFF = {
    "Access.address": "network address of an auditor",
    "AuditEntry.address": "network address of a member of staff",
    "Laboratory.address": "postal address of an outside laboratory",
    "Lockout.address": "network address of a member of staff",
    "SignIn.address": "network address of a member of staff",
}
DONOR_FIELDS = {
    Donor: {"id", "recorded_at", "code", "recorded_by"},
    Determination: {
        "id",
        "recorded_at",
        "donor",
        "version",
        "outcome",
        "determined_on",
        "establishment",
        "summary_of_records",
        "signature",
    },
    TissueSource: {
        "id",
        "recorded_at",
        "number",
        "donor",
        "kind",
        "form",
        "made_from",
        "recovered_at",
        "recovery_zone",
        "recorded_by",
    },
}


@pytest.mark.parametrize("model", DONOR_FIELDS, ids=lambda model: model.__name__)
def test_the_records_of_donors_hold_these_fields_and_no_other(
    model: type[Donor | Determination | TissueSource],
) -> None:
    names = {field.name for field in model._meta.fields}  # noqa: SLF001  # Django's interface

    assert names == DONOR_FIELDS[model]


def test_no_field_of_any_record_identifies_a_donor() -> None:
    fields = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_app_config("products").get_models(include_auto_created=True)
        for field in model._meta.fields  # noqa: SLF001  # Django's interface
    ]

    assert len(fields) > 200
    assert {name for name in fields if IDENTIFYING.search(name.split(".")[1])} == set(OF_STAFF)


@pytest.mark.parametrize(
    "name", ["birth_date", "date_of_birth", "mother_name", "mrn", "ssn", "surname", "sex", "dob"]
)
def test_a_field_that_identifies_would_be_found(name: str) -> None:
    assert IDENTIFYING.search(name)
