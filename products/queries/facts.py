"""Everything that the judgement of lots depends on, read set-wise: as many queries for a hundred
lots as for one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db import connection

from products import models
from products.domain.calculations import Formula, MethodFacts
from products.domain.criteria import (
    Category,
    CompareOn,
    Criterion,
    LabelClaim,
    LimitKind,
    Rounding,
    Stage,
)
from products.domain.donors import DeterminationFacts, DeterminationOutcome, DonorFacts, SourceFacts
from products.domain.lots import Decision, Expiry, Precision
from products.domain.release import (
    CriterionFacts,
    HoldFacts,
    InvestigationFacts,
    LotFacts,
    SpecificationFacts,
)
from products.models import (
    Determination,
    Hold,
    Investigation,
    Lot,
    LotParent,
    LotSource,
    MethodVersion,
    Product,
)
from products.queries.run_facts import run_facts

LABEL_CLAIM_UNIT = "{particles}/{vial}"

ANCESTORS = """
WITH RECURSIVE line (lot, ancestor) AS (
    SELECT id, id FROM products_lot WHERE id = ANY(%s)
    UNION
    SELECT line.lot, link.parent_id FROM line
    JOIN products_lotparent link ON link.lot_id = line.ancestor
)
SELECT lot, ancestor FROM line
"""

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
    lots = list(
        Lot.objects.filter(pk__in=ids).select_related("product", "specification", "site", "made_by")
    )
    family = _families([lot.pk for lot in lots])
    members = {member for line in family.values() for member in line}
    sources = _sources(members)
    criteria = _criteria({lot.specification_id for lot in lots})
    runs = run_facts([lot.pk for lot in lots])
    investigations = _investigations(members)
    holds = _holds([lot.pk for lot in lots])
    parents = _parents([lot.pk for lot in lots])
    return {
        lot.pk: LotFacts(
            id=str(lot.pk),
            number=lot.number,
            product=lot.product.code,
            basis=lot.product.basis,
            profile=lot.product.rule_profile,
            decision=Decision(lot.decision),
            decision_number=lot.decision_number,
            made_by=str(lot.made_by_id),
            made_by_name=lot.made_by.printed_name,
            made_on=lot.made_on,
            expiry=expiry_of(lot, lot.site.zone),
            zone=lot.site.zone,
            sources=tuple(fact for member in family[lot.pk] for fact in sources[member]),
            parents=tuple(parents[lot.pk]),
            specification=_specification(lot, criteria[lot.specification_id]),
            runs=tuple(runs[lot.pk]),
            investigations=tuple(
                fact for member in family[lot.pk] for fact in investigations[member]
            ),
            holds=tuple(holds[lot.pk]),
            claim=claim_of(lot.product),
        )
        for lot in lots
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
    return Expiry(
        on=lot.expires_on,
        precision=Precision(lot.expires_precision) if lot.expires_precision else None,
        stability_study=lot.stability_study,
        stability_signed=lot.stability_signature_id is not None,
        zone=zone,
    )


def claim_of(product: Product) -> LabelClaim | None:
    if not product.label_claim:
        return None
    return LabelClaim(product.label_claim, LABEL_CLAIM_UNIT, product.fill_volume_ml)


def criterion_of(row: models.Criterion, method: str) -> Criterion:
    """The criterion as the judgement takes it; ``method`` is the method's code."""
    return Criterion(
        code=row.code,
        attribute=row.attribute,
        category=Category(row.category),
        stage=Stage(row.stage),
        method=method,
        kind=LimitKind(row.kind),
        lower=row.lower,
        upper=row.upper,
        lower_strict=row.lower_strict,
        upper_strict=row.upper_strict,
        unit=row.unit,
        rounding=Rounding(row.rounding),
        compare_on=CompareOn(row.compare_on) if row.compare_on else None,
        allowed_words=tuple(row.allowed_words),
        required=row.required,
    )


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
    )


def _families(ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """Each lot's own id and those of all its ancestors."""
    family: dict[UUID, list[UUID]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(ANCESTORS, [ids])
        for lot, ancestor in cursor.fetchall():
            family[lot].append(ancestor)
    return family


def _sources(lots: Iterable[UUID]) -> Mapping[UUID, list[SourceFacts]]:
    links = list(
        LotSource.objects.filter(lot__in=list(lots)).select_related("lot", "source__donor")
    )
    determinations = {
        row.donor_id: row
        for row in Determination.objects.filter(donor__in={link.source.donor_id for link in links})
        .select_related("signature")
        .order_by("donor_id", "-version")
        .distinct("donor_id")
    }
    facts: dict[UUID, list[SourceFacts]] = defaultdict(list)
    for link in links:
        donor = link.source.donor
        facts[link.lot_id].append(
            SourceFacts(
                id=str(link.source_id),
                number=link.source.number,
                kind=link.source.kind,
                donor=DonorFacts(donor.code, determination_of(determinations.get(donor.pk))),
                lot=link.lot.number,
            )
        )
    return facts


def determination_of(row: Determination | None) -> DeterminationFacts | None:
    if row is None:
        return None
    return DeterminationFacts(
        id=str(row.pk),
        version=row.version,
        outcome=DeterminationOutcome(row.outcome),
        determined_on=row.determined_on,
        establishment=row.establishment,
        summary_of_records=row.summary_of_records,
        signed_by=row.signature.printed_name,
        signed_at=row.signature.signed_at,
    )


def _parents(ids: list[UUID]) -> Mapping[UUID, list[str]]:
    numbers: dict[UUID, list[str]] = defaultdict(list)
    links = LotParent.objects.filter(lot__in=ids).values_list("lot", "parent__number")
    for lot, number in links.order_by("parent__number"):
        numbers[lot].append(number)
    return numbers


def _criteria(specifications: Collection[UUID]) -> Mapping[UUID, list[CriterionFacts]]:
    facts: dict[UUID, list[CriterionFacts]] = defaultdict(list)
    rows = models.Criterion.objects.filter(specification__in=specifications)
    for row in rows.select_related("method").order_by("position"):
        facts[row.specification_id].append(
            CriterionFacts(str(row.pk), criterion_of(row, row.method.code))
        )
    return facts


def _specification(lot: Lot, criteria: list[CriterionFacts]) -> SpecificationFacts:
    version = lot.specification
    return SpecificationFacts(
        id=str(version.pk),
        product=lot.product.code,
        version=version.version,
        approved_at=version.approved_at,
        effective_from=version.effective_from,
        retired_at=None,
        criteria=tuple(criteria),
    )


def _investigations(lots: Iterable[UUID]) -> Mapping[UUID, list[InvestigationFacts]]:
    facts: dict[UUID, list[InvestigationFacts]] = defaultdict(list)
    rows = Investigation.objects.filter(lot__in=list(lots)).select_related("run", "conclusion")
    for row in rows.order_by("number"):
        conclusion = getattr(row, "conclusion", None)
        facts[row.lot_id].append(
            InvestigationFacts(
                id=str(row.pk),
                number=row.number,
                kind=row.kind,
                run_number=row.run.number,
                opened_at=row.recorded_at,
                outcome=conclusion.outcome if conclusion else "",
            )
        )
    return facts


def _holds(lots: list[UUID]) -> Mapping[UUID, list[HoldFacts]]:
    facts: dict[UUID, list[HoldFacts]] = defaultdict(list)
    rows = Hold.objects.filter(lot__in=lots).select_related("placed_by__person", "lift")
    for row in rows.order_by("number"):
        facts[row.lot_id].append(
            HoldFacts(
                id=str(row.pk),
                reason=row.reason,
                rule=row.rule,
                placed_by=row.placed_by.printed_name,
                placed_at=row.recorded_at,
                lifted=getattr(row, "lift", None) is not None,
            )
        )
    return facts
