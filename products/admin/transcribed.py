"""What was transcribed from paper, as the second person compares it with the scan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from products.actions.paper import Subject, name_of
from products.admin.method_shown import VERSION_HEADERS, version_line
from products.admin.parts import Table, link
from products.admin.specification_shown import criteria_of, criteria_table
from products.domain.donors import OUTCOME_LABELS, DeterminationOutcome
from products.domain.lots import local_text
from products.models import Determination, MethodVersion, Run, SpecificationVersion
from products.queries.run_page import run_page


def record_link(subject: Subject) -> SafeString:
    """The page on which the record stands."""
    match subject:
        case Run():
            page, key = "run", subject.pk
        case SpecificationVersion():
            page, key = "specificationversion", subject.pk
        case MethodVersion():
            page, key = "method", subject.method_id
        case Determination():
            page, key = "donor", subject.donor_id
        case _:
            page, key = "tissuesource", subject.pk
    return link(name_of(subject), reverse(f"admin:products_{page}_change", args=[key]))


def transcribed(subject: Subject) -> Mapping[str, Any]:
    """For the template: the page of a run, or facts and a table of what else it is."""
    match subject:
        case Run():
            return {"page": run_page(subject)}
        case SpecificationVersion():
            return {
                "stated": [
                    ("Document", subject.document),
                    ("Effective from", str(subject.effective_from)),
                ],
                "table": criteria_table(criteria_of(subject)),
            }
        case MethodVersion():
            return {
                "stated": [("Document", subject.document)],
                "table": Table("Method version", VERSION_HEADERS, [version_line(subject)]),
            }
        case Determination():
            return {
                "stated": [
                    ("Outcome", OUTCOME_LABELS[DeterminationOutcome(subject.outcome)]),
                    ("Determined on", str(subject.determined_on or "not stated")),
                    ("Establishment", subject.establishment),
                    ("Summary of records", subject.summary_of_records),
                ]
            }
        case _:
            return {
                "stated": [
                    ("Donor", subject.donor.code),
                    ("Tissue", subject.get_kind_display()),
                    ("Form", subject.get_form_display()),
                    ("Recovered", local_text(subject.recovered_at, subject.recovery_zone)),
                ]
            }
