"""Evidence: files attached for good, told by their content and found by their hash."""

from __future__ import annotations

import hashlib

import pytest
from django.db import DatabaseError, transaction

from products.actions.evidence import attach_evidence
from products.actions.laboratories import register_laboratory
from products.actions.naming import begin
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    UnknownReferenceError,
)
from products.domain.evidence import LARGEST
from products.models import AuditEntry, Evidence
from tests.records import context, lot, opened_run, people

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"
PDF = b"%PDF-1.7 report"


@pytest.fixture(autouse=True)
def _records() -> None:
    lot()
    opened_run()
    register_laboratory(
        context(people().analyst), code="CTL-1", name="Contract Test Lab", address="Basel"
    )


def attach(
    kind: str = "lot", key: str = LOT, content: bytes = PDF, name: str = "r.pdf"
) -> Evidence:
    return attach_evidence(
        context(people().analyst),
        kind=kind,
        key=key,
        name=name,
        content=content,
        description="Signed report",
    )


def test_a_file_is_kept_whole_with_its_hash() -> None:
    kept = Evidence.objects.get(pk=attach().pk)

    assert bytes(kept.content) == PDF
    assert kept.sha256 == hashlib.sha256(PDF).hexdigest()
    assert (kept.size, kept.media_type, kept.name) == (len(PDF), "application/pdf", "r.pdf")
    assert kept.recorded_by == people().analyst


@pytest.mark.parametrize(
    ("kind", "key", "column"),
    [
        ("lot", "ev-26-001", "lot"),
        ("run", f"{LOT}-S1-R1", "run"),
        ("donor", "D-0042", "donor"),
        ("source", "UC-0042", "source"),
        ("specification", "EXO-1 v1", "specification"),
        ("method", "VIA-01 v1", "method_version"),
        ("laboratory", "CTL-1", "laboratory"),
        ("site", "Main site", "site"),
    ],
)
def test_a_file_is_attached_to_exactly_one_record(kind: str, key: str, column: str) -> None:
    evidence = attach(kind, key)

    assert getattr(evidence, column) is not None
    assert len(Evidence.objects.filter(**{f"{column}__isnull": False})) == 1


@pytest.mark.parametrize(
    ("kind", "key"),
    [("lot", "EV-9"), ("run", "EV-9"), ("specification", "EXO-1"), ("method", "VIA-01 v9")],
)
def test_the_record_must_exist(kind: str, key: str) -> None:
    with pytest.raises((UnknownReferenceError, InvalidValueError)) as refused:
        attach(kind, key)

    assert refused.value.field == "key"


def test_there_are_eight_kinds_of_records_with_files() -> None:
    with pytest.raises(InvalidValueError, match="is not one of") as refused:
        attach("person", "Anna")

    assert refused.value.field == "kind"


def test_the_type_is_told_by_the_content_and_not_by_the_name() -> None:
    with pytest.raises(InvalidValueError) as refused:
        attach(content=b"MZ\x90\x00", name="report.pdf")

    assert refused.value.code == "evidence_type_refused"


def test_a_file_of_more_than_25_mb_is_refused() -> None:
    with pytest.raises(InvalidValueError) as refused:
        attach(content=PDF + b" " * LARGEST)

    assert refused.value.code == "too_large"


def test_the_same_file_is_attached_to_a_record_once() -> None:
    attach()

    with pytest.raises(DuplicateError, match=f"attached to {LOT} already, as r.pdf"):
        attach(name="other.pdf")

    assert attach("run", f"{LOT}-S1-R1").sha256 == Evidence.objects.get(lot__number=LOT).sha256


def test_the_trail_keeps_the_hash_and_no_copy() -> None:
    evidence = attach()

    after = AuditEntry.objects.get(record_table="products_evidence").after or {}
    assert after["sha256"] == evidence.sha256
    assert "content" not in after


def test_a_file_is_never_changed() -> None:
    evidence = attach()

    with pytest.raises(DatabaseError, match=r"permission denied|history is never changed"):
        _replace(evidence)


@transaction.atomic
def _replace(evidence: Evidence) -> None:
    begin("evidence.attach", context(people().analyst))
    Evidence.objects.filter(pk=evidence.pk).update(content=b"%PDF-1.7 other")


def test_an_auditor_attaches_nothing() -> None:
    with pytest.raises(NotPermittedError):
        attach_evidence(context(people().auditor), kind="lot", key=LOT, name="r.pdf", content=PDF)
