"""The runs of lots as the judgement takes them: each with the result in effect, and all that the
result rests on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from products.domain.criteria import Category, Stage, Verdict
from products.domain.facts import PaperFacts, ReportFacts, RunFacts
from products.domain.laboratories import ControlsStatement
from products.domain.lots import zone_named
from products.domain.results import Purpose, RunState, SupportFacts, SupportKind
from products.queries.documents import MethodDocument, methods
from products.queries.lot_rows import Row, day, instant
from products.queries.run_rows import run_rows
from products.queries.supporting_facts import Supporting, supporting_facts

NOT_JUDGED = (
    "This result was not judged again when the lot was bound to another specification version, so "
    "it decides nothing."
)
UNTOUCHED_BY_LIMITS = frozenset({Verdict.FAIL, Verdict.INVALID, Verdict.PENDING, Verdict.INTERIM})
"""Verdicts that stay what they are under any limit, a fail because nothing sets it aside."""


def run_facts(lots: Collection[str]) -> Mapping[str, list[RunFacts]]:
    """Of each lot (by id) every run that was not discarded, oldest first."""
    facts: dict[str, list[RunFacts]] = defaultdict(list)
    rows = run_rows(lots)
    supporting = supporting_facts(lots)
    documents = methods(supporting.methods)
    for row in rows:
        facts[row["lot_id"]].append(_run(row, documents[row["method_version_id"]], supporting))
    return facts


def _run(row: Row, method: MethodDocument, supporting: Supporting) -> RunFacts:
    version = row["method_version_id"]
    performer = row["performed_by_id"] or ""
    retired_at, original_on = supporting.methods[version]
    recorders = row["recorders"] or {}
    return RunFacts(
        id=row["id"],
        number=row["number"],
        lot=row["lot"],
        purpose=Purpose(row["purpose"]),
        state=RunState(row["state"]),
        sample_number=row["sample_number"],
        sample_stage=Stage(row["sample_stage"]),
        method=method.code,
        method_version=method.version,
        method_approved_at=_approved_at(method.approved_at, original_on, row["zone"]),
        method_retired_at=retired_at,
        method_media=method.media,
        formula=method.formula,
        family=method.family,
        incubation_hours=method.incubation_hours,
        performed_at=datetime.fromisoformat(row["performed_at"]),
        performed_by=performer,
        performed_by_name=row["performed_by_name"] or "",
        first_submitted_at=instant(row["first_submitted_at"]),
        recorders=frozenset(recorders),
        recorder_names=tuple(sorted(recorders.values())),
        confirmers=frozenset(row["confirmers"] or ()),
        pending_amendment=row["pending_amendment"] or "",
        reviewed_by=row["reviewer_id"],
        reviewer_name=row["reviewer_name"] or "",
        reviewed_at=instant(row["reviewed_at"]),
        compared_with=row["compared_with"] or "",
        invalidated=row["invalidated"],
        supports=tuple(_support(part) for part in row["supports"] or ()),
        repeats=row["repeats"] or "",
        training=supporting.training.get(f"{performer} {version}", ()),
        instrument=supporting.instruments.get(row["instrument_id"]),
        media=tuple(supporting.media[key] for key in row["media"] or ()),
        laboratory=supporting.laboratories.get(row["laboratory_id"]),
        report=_report(row["report"]),
        from_paper=row["from_paper"],
        paper=_paper(row["paper"]),
        **_criterion(row, method),
        **_result(row),
    )


def _criterion(row: Row, method: MethodDocument) -> Mapping[str, Any]:
    """The criterion of the version that the lot is bound to now, by code and method.

    A run whose criterion that version does not have keeps the one it was made for: it satisfies
    nothing any more, and its fail still counts.
    """
    key, code, attribute, category = row["criterion_now"] or (
        row["criterion_id"],
        row["criterion_code"] or "",
        row["attribute"] or method.attribute,
        row["category"] or method.category,
    )
    return {
        "criterion_id": key,
        "criterion_code": code,
        "attribute": attribute,
        "category": Category(category),
    }


def _result(row: Row) -> Mapping[str, Any]:
    """The version in effect, with the verdict under the specification version of today."""
    if row["result_id"] is None:
        return _NO_RESULT
    own = Verdict(row["verdict"])
    reported, unit, reason = row["reported"], row["unit"], row["explanation"]
    verdict, original = own, None
    earlier, again = _rejudged(row)
    if again is not None:
        word, reported, unit, reason, _ = again
        verdict = Verdict(word)
        original = _original(own, earlier)
    elif _is_of_earlier_version(row, own):
        verdict, reason = Verdict.INDETERMINATE, NOT_JUDGED
        original = _original(own, earlier)
    return {
        "result_id": row["result_id"],
        "result_version": row["result_version"],
        "verdict": verdict,
        "original_verdict": original,
        "raw_text": row["raw_text"],
        "reported": reported,
        "unit": unit,
        "final": row["final"],
        "final_at": instant(row["final_at"]),
        "reason": reason,
        "details": tuple(tuple(pair) for pair in row["details"]),
    }


_NO_RESULT: Mapping[str, Any] = {
    "result_id": None,
    "result_version": 0,
    "verdict": Verdict.PENDING,
    "raw_text": "",
    "reported": "",
    "unit": "",
    "final": False,
    "final_at": None,
    "reason": "",
}


def _rejudged(row: Row) -> tuple[list[Any], list[Any] | None]:
    """The judgements under earlier versions, and the one under the version of today."""
    rejudged = row["rejudged"] or []
    if rejudged and rejudged[-1][-1] == row["specification_id"]:
        return rejudged[:-1], rejudged[-1]
    return rejudged, None


def _original(own: Verdict, earlier: Iterable[list[Any]]) -> Verdict:
    """What the result was under the versions before: a fail under any of them is not forgotten."""
    failed = any(judged[0] == Verdict.FAIL for judged in earlier)
    return Verdict.FAIL if failed else own


def _is_of_earlier_version(row: Row, own: Verdict) -> bool:
    """Whether the result has a criterion today, but was judged before the lot was bound to it."""
    changed_at = instant(row["changed_at"])
    recorded_at = instant(row["result_recorded_at"])
    has_criterion = row["criterion_now"] or row["criterion_of"] == row["specification_id"]
    return (
        changed_at is not None
        and recorded_at is not None
        and recorded_at < changed_at
        and bool(has_criterion)
        and own not in UNTOUCHED_BY_LIMITS
    )


def _approved_at(
    approved_at: datetime | None, original_on: date | None, zone: str
) -> datetime | None:
    """A version transcribed from paper counts from the day on its original, when earlier."""
    if approved_at is None or original_on is None:
        return approved_at
    original = datetime.combine(original_on, time(), tzinfo=zone_named(zone))
    return min(approved_at, original.astimezone(UTC))


def _support(part: list[Any]) -> SupportFacts:
    kind, document_number, dated_on, outcome, signed_by = part
    return SupportFacts(SupportKind(kind), document_number, day(dated_on), outcome, signed_by)


def _report(part: list[Any] | None) -> ReportFacts | None:
    if part is None:
        return None
    number, reported_on, signed_by, system, controls, started_on, ended_on, evidence = part
    return ReportFacts(
        number=number,
        reported_on=date.fromisoformat(reported_on),
        signed_by=signed_by,
        system=system,
        controls=ControlsStatement(controls),
        started_on=day(started_on),
        ended_on=day(ended_on),
        evidence=evidence,
    )


def _paper(part: list[Any] | None) -> PaperFacts | None:
    if part is None:
        return None
    number, signatory, dated_on, evidence, verifier, verifier_name, go_live_on = part
    return PaperFacts(
        number=number,
        signatory=signatory,
        dated_on=date.fromisoformat(dated_on),
        evidence=evidence,
        verified_by=verifier or "",
        verifier_name=verifier_name or "",
        go_live_on=day(go_live_on),
    )
