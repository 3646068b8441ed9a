"""The facts of lots: each test changes one record, and sees the one fact that it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.actions.dispositions import release_lot
from products.actions.holds import lift_hold, place_hold
from products.actions.reviews import review_results
from products.domain.criteria import SatisfiedBy
from products.domain.facts import AncestorFacts
from products.domain.lots import Decision
from products.models import (
    Acknowledgement,
    Disposition,
    Hold,
    Lot,
    Method,
    ProfileAssignment,
    Result,
    Run,
    SpecificationChange,
    SpecificationVersion,
)
from products.queries.documents import forget_documents
from products.queries.facts import lot_facts
from tests.outside import go_live, transcribed, verified
from tests.queries.facts import NUMBER, approved_inheriting, changed, facts, recorded, signature
from tests.records import (
    ENDOTOXIN,
    VIABILITY,
    approved_specification,
    context,
    counted,
    lot,
    people,
    submitted_run,
    today,
)

pytestmark = [pytest.mark.django_db, pytest.mark.bare]
INHERITED = replace(VIABILITY, satisfied_by=SatisfiedBy.PARENT)
INHERITED_ENDOTOXIN = replace(ENDOTOXIN, satisfied_by=SatisfiedBy.PARENT)
TEN_DAYS = timedelta(days=10)


def released() -> Disposition:
    """A lot that is released with one reviewed result."""
    lot()
    run = submitted_run().run
    review_results(context(people().reviewer), lot=NUMBER, runs=[run.number])
    return release_lot(context(people().quality), lot=NUMBER)


def assigned(profile: str, version: int = 1) -> ProfileAssignment:
    return recorded(
        ProfileAssignment(
            product=Lot.objects.get(number=NUMBER).product,
            version=version,
            profile=profile,
            reason="Phase 1",
            signature=signature(),
        )
    )


def version_two(**changes: object) -> SpecificationVersion:
    return approved_specification(criteria=[replace(VIABILITY, **changes)])  # type: ignore[arg-type]


def bound_to(version: SpecificationVersion, number: int = 1) -> SpecificationChange:
    bound = Lot.objects.get(number=NUMBER)
    before = bound.specification
    changed(bound, specification=version)
    return recorded(
        SpecificationChange(
            lot=bound,
            number=number,
            from_version=before,
            to_version=version,
            justification="The limit was typed wrong",
            signature=signature(),
        )
    )


def test_what_is_no_lot_has_no_facts() -> None:
    key = people().quality.pk

    assert lot_facts([key]) == {}


def test_a_lot_alone_has_no_parents_lines_or_ancestors() -> None:
    lot()

    found = facts()

    assert (found.parents, found.lines, found.ancestors, found.inherited) == ((), (), (), ())


def test_a_line_begins_with_the_parent_and_goes_on_to_the_nearer_first() -> None:
    lot("BANK")
    lot("OTHER")
    lot("HARVEST-1", parents=["BANK"], sources=[])
    lot("HARVEST-2", parents=["BANK", "OTHER"], sources=[])
    lot(parents=["HARVEST-1", "HARVEST-2"], sources=[])

    found = facts()

    assert found.parents == ("HARVEST-1", "HARVEST-2")
    assert found.lines == (
        ("HARVEST-1", ("HARVEST-1", "BANK")),
        ("HARVEST-2", ("HARVEST-2", "BANK", "OTHER")),
    )


def test_a_hold_on_an_ancestor_is_a_fact_of_its_descendants_until_it_is_lifted() -> None:
    lot("BANK")
    lot("HARVEST", parents=["BANK"], sources=[])
    lot(parents=["HARVEST"], sources=[])
    place_hold(context(people().quality), lot="BANK")

    held = facts().ancestors
    lift_hold(context(people().quality), lot="BANK", hold=1)

    assert held == (
        AncestorFacts("BANK", Decision.NONE, has_open_hold=True),
        AncestorFacts("HARVEST", Decision.NONE, has_open_hold=False),
    )
    assert not any(ancestor.has_open_hold for ancestor in facts().ancestors)


def test_the_decision_on_an_ancestor_is_a_fact_of_its_descendants() -> None:
    lot("BANK")
    lot(parents=["BANK"], sources=[])
    changed(Lot.objects.get(number="BANK"), decision=Decision.REJECTED)

    assert facts().ancestors[0].decision is Decision.REJECTED


def test_the_donor_of_an_ancestor_is_in_the_genealogy() -> None:
    lot("BANK")
    lot(parents=["BANK"], sources=[])

    (source,) = facts().sources

    assert (source.number, source.lot, source.donor.code) == ("UC-0042", "BANK", "D-0042")
    assert source.donor.determination is not None
    assert source.donor.determination.signed_by == "Quentin Quality"


def test_runs_of_an_ancestor_are_inherited_where_a_criterion_says_so() -> None:
    lot("BANK", criteria=[VIABILITY])
    result = submitted_run(lot="BANK")
    approved_inheriting(INHERITED)
    lot(parents=["BANK"], sources=[])

    found = facts()

    assert [run.result_id for run in found.inherited] == [str(result.pk)]
    assert (found.inherited[0].lot, found.runs) == ("BANK", ())


def test_without_such_a_criterion_nothing_is_inherited() -> None:
    lot("BANK", criteria=[VIABILITY])
    submitted_run(lot="BANK")
    lot(parents=["BANK"], sources=[])

    assert facts().inherited == ()


def test_investigations_of_an_ancestor_are_facts_of_the_lot() -> None:
    lot("BANK")
    lot(parents=["BANK"], sources=[])
    submitted_run(VIABILITY, counted("1", "999"), lot="BANK")

    (found,) = facts().investigations

    assert (found.kind, found.run_number, found.outcome) == ("oos", "BANK-S1-R1", "")


def test_a_product_without_a_signed_profile_is_strict() -> None:
    lot()

    found = facts()

    assert (found.profile, found.profile_signed_by, found.profile_signed_at) == ("strict", "", None)


def test_the_latest_profile_counts_with_its_signature() -> None:
    lot()
    assigned("research_use_only")
    latest = assigned("phase_1_ind", version=2)

    found = facts()

    assert (found.profile, found.profile_signed_by) == ("phase_1_ind", "Quentin Quality")
    latest.signature.refresh_from_db()
    assert found.profile_signed_at == latest.signature.signed_at


def test_an_official_hold_keeps_its_kind_and_reference() -> None:
    lot()
    recorded(
        Hold(
            lot=Lot.objects.get(number=NUMBER),
            number=1,
            kind="official",
            reference="PEI 26-11",
            reason="Samples asked for",
            rule="R25",
            caused_by="test",
            placed_by=people().quality,
        )
    )

    (hold,) = facts().holds
    assert (hold.kind, hold.reference, hold.lifted) == ("official", "PEI 26-11", False)
    assert (hold.placed_by, hold.rule) == ("Quentin Quality", "R25")


def test_nobody_signed_results_of_a_lot_that_is_not_released() -> None:
    lot()
    submitted_run()

    found = facts()

    assert (found.signed_results, found.acknowledged) == (None, frozenset())


def test_the_results_that_the_releaser_signed_are_read_from_the_signature() -> None:
    released()
    result = Result.objects.get()

    assert facts().signed_results == ((result.run.number, str(result.pk)),)


def test_a_rejected_lot_has_no_signed_results() -> None:
    released()
    changed(Lot.objects.get(number=NUMBER), decision=Decision.REJECTED, release_status="rejected")

    assert facts().signed_results is None


def test_what_was_acknowledged_after_the_release_is_known_by_its_results() -> None:
    released()
    run = Run.objects.get()
    recorded(
        Acknowledgement(
            lot=run.lot,
            number=1,
            results={run.number: str(people().quality.pk)},
            facts=b"{}",
            signature=signature(),
        )
    )

    assert facts().acknowledged == {str(people().quality.pk)}


def test_what_was_acknowledged_before_the_release_is_not_known_any_more() -> None:
    lot()
    run = submitted_run().run
    review_results(context(people().reviewer), lot=NUMBER, runs=[run.number])
    recorded(
        Acknowledgement(
            lot=run.lot, number=1, results={run.number: "x"}, facts=b"{}", signature=signature()
        )
    )
    disposition = Disposition(
        lot=run.lot,
        number=1,
        kind="release",
        reason="Tested",
        evaluation=b"{}",
        evaluation_sha256="",
        signature=signature(people().quality2, facts={"runs": [], "inherited": []}),
    )
    recorded(disposition)
    changed(Lot.objects.get(number=NUMBER), decision=Decision.RELEASED)

    found = facts()

    assert (found.signed_results, found.acknowledged) == ((), frozenset())


def test_a_lot_bound_to_another_version_keeps_every_change() -> None:
    lot(criteria=[VIABILITY])
    change = bound_to(version_two(lower="80.0"))

    found = facts().specification

    assert found is not None
    change.signature.refresh_from_db()
    (known,) = found.changes
    assert (found.version, known.from_version, known.to_version) == (2, 1, 2)
    assert (known.justification, known.signed_by) == (
        "The limit was typed wrong",
        "Quentin Quality",
    )
    assert known.signed_at == change.signature.signed_at
    assert found.criteria[0].criterion.lower == "80.0"


def test_a_specification_from_paper_has_its_original_date_once_verified() -> None:
    lot()
    go_live()
    paper = transcribed("specification", "EXO-1 v1", dated_on=today() - TEN_DAYS)
    waiting = facts().specification
    verified(paper)

    known = facts().specification

    assert waiting is not None
    assert known is not None
    assert (waiting.original_approved_on, known.original_approved_on) == (
        None,
        today() - TEN_DAYS,
    )


def test_a_transcription_that_was_refused_gives_no_date() -> None:
    lot()
    go_live()
    paper = transcribed("specification", "EXO-1 v1", dated_on=today() - TEN_DAYS)
    verified(paper, outcome="refused", comment="Another version")

    found = facts().specification

    assert found is not None
    assert found.original_approved_on is None


def test_a_criterion_names_the_family_of_its_method() -> None:
    recorded(
        Method(
            code=ENDOTOXIN.method,
            name="Endotoxin",
            attribute="Endotoxin",
            category="safety",
            family="elisa",
            recorded_by=people().analyst,
        )
    )
    approved_inheriting(VIABILITY, INHERITED_ENDOTOXIN)
    lot()

    found = facts().specification

    assert found is not None
    assert [item.family for item in found.criteria] == ["", "elisa"]
    assert [item.criterion.satisfied_by for item in found.criteria] == ["this_lot", "parent"]


def test_a_hundred_lots_take_as_many_queries_as_one() -> None:
    lot("BANK", criteria=[VIABILITY])
    submitted_run(lot="BANK")
    approved_inheriting(INHERITED)
    lot("HARVEST", parents=["BANK"], sources=[])
    for number in range(1, 6):
        lot(f"EV-26-00{number}", parents=["HARVEST"], sources=[])
        submitted_run(lot=f"EV-26-00{number}", purpose="information")
    keys = list(Lot.objects.values_list("pk", flat=True))
    lot_facts(keys)

    with CaptureQueriesContext(
        connection,
    ) as one:
        lot_facts(keys[-1:])
    with CaptureQueriesContext(connection) as many:
        found = lot_facts(keys)

    assert (len(one), len(many), len(found)) == (3, 3, 7)


def test_documents_that_were_read_before_give_the_same_facts() -> None:
    lot()
    submitted_run()
    forget_documents()

    fresh = facts()

    assert facts() == fresh
