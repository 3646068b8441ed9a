"""What the records say today of the runs that signatures were given for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from products.domain.canonical import canonical_bytes
from products.models import (
    Amendment,
    Conclusion,
    Evidence,
    Reading,
    Result,
    Review,
    SecondSignature,
    SpecificationChange,
)
from products.queries.runs import results_in_effect
from products.queries.signed_parts import Shown, Signed, over, reading_shown


def reviews(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    rows = Review.objects.filter(pk__in=signed).select_related("lot")
    reviewed = list(
        rows.prefetch_related(
            "items__result__run__method_version__method",
            "items__result__run__criterion",
            "items__result__run__readings",
            "items__compared_with",
        )
    )
    runs = [item.result.run_id for row in reviewed for item in row.items.all()]
    versions = results_in_effect().filter(run__in=runs).order_by("version")
    stands = {one.run_id: one for one in versions}
    for row in reviewed:
        shown = signed[row.pk]
        items = {item.result.run.number: item for item in row.items.all()}
        yield (
            row.pk,
            over(
                shown,
                lot=row.lot.number,
                comment=row.comment,
                results=[
                    _reviewed(one, items[one["run"]], stands) if one["run"] in items else None
                    for one in shown["results"]
                ],
            ),
        )


def _reviewed(shown: Shown, item: Any, stands: Mapping[UUID, Result]) -> Shown:
    """With the result that counts for the run today: a review is of one version."""
    run = item.result.run
    result = stands.get(run.pk, item.result)
    return over(
        shown,
        method=run.method_version.method.code,
        method_version=run.method_version.version,
        criterion=run.criterion.code if run.criterion else None,
        purpose=run.purpose,
        performed_at=run.performed_at,
        late_reason=run.late_reason,
        result_id=result.pk,
        from_paper=run.from_paper,
        compared_with=_file(item.compared_with),
        readings=_kept(shown["readings"], run.readings.all()),
        **_result_values(result, raw="raw", version="result_version"),
    )


def _result_values(result: Result, *, raw: str, version: str) -> Shown:
    return {
        version: result.version,
        "verdict": result.verdict,
        raw: result.raw_text,
        "reported": result.reported,
        "unit": result.unit,
        "explanation": result.explanation,
    }


def _kept(signed: Sequence[Any], rows: Iterable[Reading]) -> list[Any]:
    """The readings as signed, of which each is among the run's own."""
    own = {json.dumps(_stored(reading_shown(row)), sort_keys=True) for row in rows}
    return [one for one in signed if json.dumps(one, sort_keys=True) in own]


def _stored(facts: dict[str, object]) -> Any:
    return json.loads(canonical_bytes(facts))


def _file(file: Evidence | None) -> Shown | None:
    return {"id": file.pk, "name": file.name, "sha256": file.sha256} if file else None


def amendments(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    for row in _amended(Amendment.objects.filter(pk__in=signed)):
        yield row.pk, _amendment(signed[row.pk], row)


def second_signatures(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    seconds = SecondSignature.objects.filter(pk__in=signed).select_related("evidence")
    seconds = seconds.defer("evidence__content")
    amended = {
        row.pk: row
        for row in _amended(Amendment.objects.filter(pk__in=[row.amendment_id for row in seconds]))
    }
    for row in seconds:
        shown, amendment = signed[row.pk], amended[row.amendment_id]
        first = amendment.signature
        yield (
            row.pk,
            over(
                _amendment(shown, amendment),
                first_signature={
                    "printed_name": first.printed_name,
                    "meaning": first.meaning,
                    "signed_at": first.signed_at,
                    "content_sha256": first.content_sha256,
                },
                outcome=row.outcome,
                comment=row.comment,
                compared_with=_file(row.evidence),
            ),
        )


def _amended(rows: Any) -> Any:
    return (
        rows.select_related(
            "lot",
            "run__method_version__method",
            "run__criterion",
            "evidence",
            "corrects",
            "result",
            "signature",
        )
        .defer("evidence__content")
        .prefetch_related("run__readings")
    )


def _amendment(shown: Shown, row: Amendment) -> Shown:
    run = row.run
    readings = list(run.readings.all()) if run else []
    facts: Shown = {
        "lot": row.lot.number,
        "amendment": row.number,
        "kind": row.kind,
        "reason_of_amendment": row.reason,
        "run": run.number if run else None,
        "method": run.method_version.method.code if run else None,
        "method_version": run.method_version.version if run else None,
        "criterion": run.criterion.code if run and run.criterion else None,
        "belongs_to": row.belongs_to,
        "source_document": row.source_document,
        "evidence": _file(row.evidence),
        "needs_second": row.needs_second,
        "new_result": _result(row.result),
        "old_readings": _kept(shown["old_readings"], readings),
        "new_readings": _kept(shown["new_readings"], readings),
    }
    if row.corrects is not None:
        facts["old_result"] = _result(row.corrects)
    return over(shown, **facts)


def _result(result: Result | None) -> Shown | None:
    if result is None:
        return None
    return {"id": result.pk, **_result_values(result, raw="raw", version="version")}


def conclusions(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    rows = Conclusion.objects.filter(pk__in=signed)
    for row in rows.select_related(
        "investigation__lot", "investigation__run", "investigation__result"
    ):
        found = row.investigation
        yield (
            row.pk,
            over(
                signed[row.pk],
                lot=found.lot.number,
                investigation=found.number,
                run=found.run.number,
                result_id=found.result_id,
                result_version=found.result.version,
                verdict=found.result.verdict,
                reported=found.result.reported,
                outcome=row.outcome,
                cause=row.cause,
                evidence=row.evidence,
            ),
        )


def changes(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    rows = SpecificationChange.objects.filter(pk__in=signed)
    for row in rows.select_related("lot__product", "from_version", "to_version").prefetch_related(
        "rejudgements"
    ):
        shown = signed[row.pk]
        again = {str(one.result_id): one for one in row.rejudgements.all()}
        keys = [one["result"] for one in shown["results"]]
        results = {str(one.pk): one for one in Result.objects.filter(pk__in=keys)}
        yield (
            row.pk,
            over(
                shown,
                lot=row.lot.number,
                change=row.number,
                product=row.lot.product.code,
                from_version=row.from_version.version,
                from_document=row.from_version.document,
                to_version=row.to_version.version,
                to_document=row.to_version.document,
                results=[
                    _judged_again(one, results.get(one["result"]), again.get(one["result"]))
                    for one in shown["results"]
                ],
            ),
        )


def _judged_again(shown: Shown, result: Result | None, again: Any) -> Shown | None:
    if result is None:
        return None
    later = (
        {
            "new_verdict": again.verdict,
            "new_reported": again.reported,
            "new_unit": again.unit,
            "new_explanation": again.explanation,
        }
        if again
        else {}
    )
    return over(
        shown,
        result_version=result.version,
        verdict=result.verdict,
        reported=result.reported,
        unit=result.unit,
        **later,
    )
