"""Everything that the judgement of lots depends on, read set-wise: as many queries for a hundred
lots as for one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from products.domain.calculations import Formula, MethodFacts
from products.domain.criteria import LabelClaim, SatisfiedBy
from products.domain.donors import DeterminationFacts, DeterminationOutcome, DonorFacts, SourceFacts
from products.domain.facts import (
    AncestorFacts,
    HoldFacts,
    InvestigationFacts,
    LotFacts,
    RunFacts,
    SpecificationChangeFacts,
    SpecificationFacts,
)
from products.domain.lots import Decision, Expiry, Precision
from products.domain.products import RuleProfile
from products.models import Lot, LotSource, MethodVersion, Product
from products.queries.documents import criterion_of, specifications
from products.queries.lot_rows import Row, day, instant, lot_rows
from products.queries.run_facts import run_facts

__all__ = [
    "claim_of",
    "criterion_of",
    "descendants_of",
    "expiry_of",
    "lot_facts",
    "lots_from_donor",
    "method_of",
]

LABEL_CLAIM_UNIT = "{particles}/{vial}"

DESCENDANTS = """
WITH RECURSIVE line (lot) AS (
    SELECT id FROM products_lot WHERE id = ANY(%s)
    UNION
    SELECT link.lot_id FROM line JOIN products_lotparent link ON link.parent_id = line.lot
)
SELECT lot FROM line
"""


def lot_facts(ids: Collection[UUID]) -> dict[UUID, LotFacts]:
    """The facts of each lot; ids that are no lot are left out."""
    rows = lot_rows(ids)
    documents = specifications({row["specification_id"] for row in rows})
    inherits = {
        key: any(item.criterion.satisfied_by is SatisfiedBy.PARENT for item in document.criteria)
        for key, document in documents.items()
    }
    asked = {row["id"] for row in rows}
    for row in rows:
        if inherits[row["specification_id"]]:
            asked |= {ancestor[0] for ancestor in row["ancestors"] or ()}
    runs = run_facts(asked)
    return {
        UUID(row["id"]): _lot(
            row,
            documents[row["specification_id"]],
            runs,
            inherits=inherits[row["specification_id"]],
        )
        for row in rows
    }


def lots_from_donor(donor: UUID) -> set[UUID]:
    """Every lot with the donor anywhere in its genealogy."""
    direct = LotSource.objects.filter(source__donor=donor).values_list("lot", flat=True)
    return descendants_of(list(direct))


def descendants_of(lots: Collection[UUID]) -> set[UUID]:
    """The lots themselves and every lot made from them."""
    with connection.cursor() as cursor:
        cursor.execute(DESCENDANTS, [list(lots)])
        return {row[0] for row in cursor.fetchall()}


def expiry_of(lot: Lot, zone: str) -> Expiry:
    return _expiry(
        lot.expires_on,
        lot.expires_precision,
        lot.stability_study,
        zone,
        stability_signed=lot.stability_signature_id is not None,
    )


def claim_of(product: Product) -> LabelClaim | None:
    return _claim(product.label_claim, product.fill_volume_ml)


def method_of(row: MethodVersion) -> MethodFacts:
    return MethodFacts(
        code=row.method.code,
        version=row.version,
        formula=Formula(row.formula),
        unit=row.unit,
        replicates=row.replicates,
        incubation_hours=row.incubation_hours,
        media=tuple(row.media),
        lod=row.lod,
        loq=row.loq,
        max_cv_percent=row.max_cv_percent,
        minimum_count=row.minimum_count,
        family=row.method.family,
        sensitivity=row.sensitivity,
        min_recovery_percent=row.min_recovery_percent,
        max_recovery_percent=row.max_recovery_percent,
        min_correlation=row.min_correlation,
    )


def _lot(
    row: Row,
    document: SpecificationFacts,
    runs: Mapping[str, list[RunFacts]],
    *,
    inherits: bool,
) -> LotFacts:
    ancestors = row["ancestors"] or ()
    inherited = (run for key, *_ in ancestors for run in runs.get(key, ())) if inherits else ()
    parents, lines = _lines(row)
    # Without a signed assignment every rule applies.
    profile, signed_by, signed_at = row["profile"] or (RuleProfile.STRICT.value, "", None)
    return LotFacts(
        id=row["id"],
        number=row["number"],
        product=row["product"],
        basis=row["basis"],
        profile=profile,
        profile_signed_by=signed_by,
        profile_signed_at=instant(signed_at),
        decision=Decision(row["decision"]),
        decision_number=row["decision_number"],
        made_by=row["made_by_id"],
        made_by_name=row["made_by_name"],
        made_on=date.fromisoformat(row["made_on"]),
        expiry=_expiry(
            day(row["expires_on"]),
            row["expires_precision"],
            row["stability_study"],
            row["zone"],
            stability_signed=row["stability_signed"],
        ),
        zone=row["zone"],
        sources=tuple(_source(part) for part in row["sources"] or ()),
        parents=parents,
        lines=lines,
        ancestors=tuple(
            AncestorFacts(number, Decision(decision), is_held)
            for _, number, decision, is_held in ancestors
        ),
        specification=_specification(row, document),
        runs=tuple(runs.get(row["id"], ())),
        inherited=tuple(inherited),
        investigations=tuple(_investigation(part) for part in row["investigations"] or ()),
        holds=tuple(_hold(part) for part in row["holds"] or ()),
        claim=_claim(row["label_claim"], row["fill_volume_ml"]),
        signed_results=_signed_results(row),
        acknowledged=frozenset(
            result for results in row["acknowledged"] or () for result in results.values()
        ),
    )


def _specification(row: Row, document: SpecificationFacts) -> SpecificationFacts:
    """The version as approved, with what became of it on this lot."""
    original_on, changes = day(row["original_approved_on"]), row["changes"]
    if original_on is None and not changes:
        return document
    return replace(
        document,
        original_approved_on=original_on,
        changes=tuple(
            SpecificationChangeFacts(
                before, after, justification, signed_by, datetime.fromisoformat(signed_at)
            )
            for before, after, justification, signed_by, signed_at in changes or ()
        ),
    )


def _lines(row: Row) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """The direct parents, and of each its line: itself first, then what is nearer first."""
    if not row["links"]:
        return (), ()
    numbers = {key: number for key, number, *_ in row["ancestors"]}
    parents_of: dict[str, list[str]] = defaultdict(list)
    for lot, parent in row["links"]:
        parents_of[lot].append(parent)
    for parents in parents_of.values():
        parents.sort(key=numbers.__getitem__)
    direct = parents_of[row["id"]]
    lines = tuple(
        (numbers[parent], tuple(numbers[key] for key in _line(parent, parents_of)))
        for parent in direct
    )
    return tuple(numbers[parent] for parent in direct), lines


def _line(lot: str, parents_of: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """``lot`` and its ancestors, generation by generation, each once."""
    seen = {lot}
    generation = [lot]
    while generation:
        yield from generation
        further = [key for member in generation for key in parents_of.get(member, ())]
        generation = [key for key in dict.fromkeys(further) if key not in seen]
        seen |= set(generation)


def _source(part: list[Any]) -> SourceFacts:
    key, number, kind, donor, lot, determination = part
    known = _determination(determination) if determination else None
    return SourceFacts(key, number, kind, DonorFacts(donor, known), lot)


def _determination(part: list[Any]) -> DeterminationFacts:
    key, version, outcome, determined_on, establishment, summary, signed_by, signed_at = part
    return DeterminationFacts(
        id=key,
        version=version,
        outcome=DeterminationOutcome(outcome),
        determined_on=day(determined_on),
        establishment=establishment,
        summary_of_records=summary,
        signed_by=signed_by,
        signed_at=datetime.fromisoformat(signed_at),
    )


def _investigation(part: list[Any]) -> InvestigationFacts:
    key, number, kind, run, opened_at, outcome = part
    return InvestigationFacts(key, number, kind, run, datetime.fromisoformat(opened_at), outcome)


def _hold(part: list[Any]) -> HoldFacts:
    key, reason, rule, placed_by, placed_at, lifted, kind, reference = part
    return HoldFacts(
        id=key,
        reason=reason,
        rule=rule,
        placed_by=placed_by,
        placed_at=datetime.fromisoformat(placed_at),
        lifted=lifted,
        kind=kind,
        reference=reference,
    )


def _signed_results(row: Row) -> tuple[tuple[str, str], ...] | None:
    """What the releaser signed; a run without result in it cannot have been released."""
    signed = row["signed_results"]
    return None if signed is None else tuple((number, result or "") for number, result in signed)


def _expiry(
    on: date | None, precision: str, study: str, zone: str, *, stability_signed: bool
) -> Expiry:
    return Expiry(
        on=on,
        precision=Precision(precision) if precision else None,
        stability_study=study,
        stability_signed=stability_signed,
        zone=zone,
    )


def _claim(label_claim: str, fill_volume_ml: str) -> LabelClaim | None:
    return LabelClaim(label_claim, LABEL_CLAIM_UNIT, fill_volume_ml) if label_claim else None
