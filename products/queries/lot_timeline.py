"""The timeline of a lot, from the records that its page has read: it asks the database nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from products.domain.amendments import AMENDMENT_LABELS, SECOND_LABELS, AmendmentKind, SecondOutcome
from products.domain.criteria import STAGE_LABELS, Stage
from products.domain.dispositions import MEANINGS, DispositionKind
from products.domain.holds import HoldKind
from products.domain.investigations import KIND_LABELS
from products.domain.results import PURPOSE_LABELS, Purpose, RunState
from products.domain.timeline import Event, EventKind, Subject, in_order
from products.domain.units import label_of

if TYPE_CHECKING:
    from products.models import Evidence, Note, Result, Run, Sample, Signature
    from products.queries.lot_lines import RunLine
    from products.queries.lot_page import LotAmendment, LotRecords

TOLD_AS_HOLDS = frozenset({DispositionKind.HOLD, DispositionKind.LIFT_HOLD})


def timeline(page: LotRecords) -> tuple[Event, ...]:
    """Everything that happened to the lot, the oldest first; its expiry though it is to come."""
    zone = page.lot.site.zone
    events = [
        *_life(page, zone),
        *(_sample(sample) for sample in page.samples),
        *(event for line in page.lines for event in _run(line, zone)),
        *_reviews(page),
        *(event for line in page.amendments for event in _amendment(line)),
        *_investigations(page, zone),
        *_holds(page, zone),
        *_decisions(page),
        *(_file(row, zone) for row in page.evidence),
        *(_note(row, zone) for row in page.notes),
    ]
    return in_order(events)


def _signed(
    kind: EventKind,
    what: str,
    signature: Signature,
    *,
    detail: str = "",
    subject: Subject | None = None,
) -> Event:
    """What happened by being signed, in the zone of the signature."""
    return Event(
        kind=kind,
        at=signature.signed_at,
        what=what,
        zone=signature.zone,
        who=signature.printed_name,
        detail=detail or signature.reason,
        subject=subject,
        signature=signature.pk,
    )


def _life(page: LotRecords, zone: str) -> Iterator[Event]:
    lot, expiry = page.lot, page.facts.expiry
    yield Event(
        kind=EventKind.LOT,
        at=lot.made_on,
        what="Made" + (f" from {', '.join(page.facts.parents)}" if page.facts.parents else ""),
        zone=zone,
        who=lot.made_by.printed_name,
        recorded_at=lot.recorded_at,
        recorded_by=_other(lot.recorded_by.printed_name, lot.made_by.printed_name),
    )
    if expiry.ends_at is not None:
        yield Event(
            kind=EventKind.LOT,
            at=expiry.ends_at,
            what=f"Expiry: last day of use {expiry.last_day}",
            zone=zone,
        )
    if lot.stability_signature is not None:
        what = f"No expiry: under stability study {lot.stability_study}"
        yield _signed(EventKind.LOT, what, lot.stability_signature)


def _sample(row: Sample) -> Event:
    return Event(
        kind=EventKind.SAMPLE,
        at=row.drawn_at,
        what=f"Sample {row.number} drawn: {STAGE_LABELS[Stage(row.stage)].lower()}, "
        f"{row.container}",
        zone=row.drawn_zone,
        who=row.drawn_by.printed_name,
        recorded_at=row.recorded_at,
        recorded_by=_other(row.recorded_by.printed_name, row.drawn_by.printed_name),
        subject=Subject("sample", row.pk, row.number),
    )


def _run(line: RunLine, zone: str) -> Iterator[Event]:
    run = line.run
    who = run.performed_by.printed_name if run.performed_by else ""
    if run.laboratory is not None:
        who = f"outside laboratory {run.laboratory.code}"
    elif run.from_paper:
        who = "transcribed from paper"
    version = run.method_version
    yield Event(
        kind=EventKind.RUN,
        at=run.performed_at,
        what=f"Run {run.number} performed: {version.method.code} v{version.version}, "
        f"{PURPOSE_LABELS[Purpose(run.purpose)].lower()}",
        zone=run.performed_zone,
        who=who or run.recorded_by.printed_name,
        detail=_discarded(run) or run.late_reason,
        recorded_at=run.recorded_at,
        recorded_by=_other(run.recorded_by.printed_name, who),
        subject=_of_run(run),
    )
    for found in line.versions:
        # What a correction made is told with the correction, and counts from its signature on.
        if found.amendment is None:
            yield Event(
                kind=EventKind.RESULT,
                at=found.row.recorded_at,
                what=f"Result of {run.number} submitted: {_result(found.row)}",
                zone=zone,
                who=found.row.performed_by.printed_name,
                detail=found.row.reason,
                subject=_of_run(run),
            )
    for sent in run.returns.all():
        yield Event(
            kind=EventKind.REVIEW,
            at=sent.recorded_at,
            what=f"Run {run.number} returned to its analyst",
            zone=zone,
            who=sent.returned_by.printed_name,
            detail=sent.comment,
            subject=_of_run(run),
        )


def _reviews(page: LotRecords) -> Iterator[Event]:
    """One event for each signature, which may cover several runs."""
    covered: dict[Signature, tuple[str, list[str]]] = {}
    for line in page.lines:
        for version in line.versions:
            item = getattr(version.row, "review_item", None)
            if item is not None:
                review = item.review
                covered.setdefault(review.signature, (review.comment, []))[1].append(
                    line.run.number
                )
    for signature, (comment, runs) in covered.items():
        what = f"Results reviewed: {', '.join(sorted(runs))}"
        yield _signed(EventKind.REVIEW, what, signature, detail=comment)


def _amendment(line: LotAmendment) -> Iterator[Event]:
    row = line.row
    what = f"{AMENDMENT_LABELS[AmendmentKind(row.kind)]} {row.number}"
    if row.run is not None:
        what += f" of run {row.run.number}"
    if row.corrects is not None and row.result is not None:
        what += f": {_result(row.corrects)} → {_result(row.result)}"
    waits = " (waits for a second signature)" if line.state == "waits" else ""
    subject = Subject("amendment", row.pk, row.number)
    kind = EventKind.CORRECTION
    yield _signed(kind, what + waits, row.signature, detail=row.reason, subject=subject)
    if line.second is not None:
        outcome = SECOND_LABELS[SecondOutcome(line.second.outcome)]
        yield _signed(
            kind,
            f"{row.number} {outcome.lower()} by a second person",
            line.second.signature,
            detail=line.second.comment,
            subject=subject,
        )


def _investigations(page: LotRecords, zone: str) -> Iterator[Event]:
    kind = EventKind.INVESTIGATION
    for row in page.investigations:
        subject = Subject("investigation", row.pk, row.number)
        yield Event(
            kind=kind,
            at=row.recorded_at,
            what=f"Investigation {row.number} opened: {KIND_LABELS[row.kind].lower()}, run "
            f"{row.run.number}",
            zone=zone,
            who=row.opened_by.printed_name,
            subject=subject,
        )
        found = getattr(row, "conclusion", None)
        if found is not None:
            outcome = found.outcome.replace("_", " ")
            what = f"Investigation {row.number} concluded: {outcome}"
            detail = f"{found.cause} {found.evidence}".strip()
            yield _signed(kind, what, found.signature, detail=detail, subject=subject)


def _holds(page: LotRecords, zone: str) -> Iterator[Event]:
    kind = EventKind.HOLD
    for row in page.holds:
        subject = Subject("hold", row.pk, f"Hold {row.number}")
        forced = f"rule {row.rule}, caused by {row.caused_by}" if row.rule else ""
        official = row.kind == HoldKind.OFFICIAL
        what = f"Hold {row.number} placed"
        yield Event(
            kind=kind,
            at=row.recorded_at,
            what=f"{what} for an authority ({row.reference})" if official else what,
            zone=zone,
            who=forced or row.placed_by.printed_name,
            detail=row.reason,
            subject=subject,
            signature=row.disposition.signature_id if row.disposition else None,
        )
        lift = getattr(row, "lift", None)
        if lift is not None:
            decision = lift.disposition
            what = f"Hold {row.number} lifted"
            yield _signed(kind, what, decision.signature, detail=decision.reason, subject=subject)


def _decisions(page: LotRecords) -> Iterator[Event]:
    for change in page.changes_of_specification:
        what = (
            f"Bound to specification version {change.to_version.version} in place of "
            f"{change.from_version.version}"
        )
        yield _signed(
            EventKind.SPECIFICATION,
            what,
            change.signature,
            detail=change.justification,
            subject=Subject(
                "specificationversion", change.to_version_id, f"version {change.to_version.version}"
            ),
        )
    for row in page.dispositions:
        if row.kind not in TOLD_AS_HOLDS:
            kind = EventKind.DECISION
            yield _signed(kind, MEANINGS[row.kind], row.signature, detail=row.reason)
    for seen in page.acknowledgements:
        what = f"Changes since release acknowledged ({seen.number})"
        yield _signed(EventKind.DECISION, what, seen.signature)


def _file(row: Evidence, zone: str) -> Event:
    of = f" to run {row.run.number}" if row.run else ""
    return Event(
        kind=EventKind.ATTACHED,
        at=row.recorded_at,
        what=f"File attached{of}: {row.name}",
        zone=zone,
        who=row.recorded_by.printed_name,
        detail=row.description,
        subject=Subject("evidence", row.pk, row.name),
    )


def _note(row: Note, zone: str) -> Event:
    return Event(
        kind=EventKind.ATTACHED,
        at=row.recorded_at,
        what=f"Note written on run {row.run.number}" if row.run else "Note written",
        zone=zone,
        who=row.recorded_by.printed_name,
        detail=row.text,
        subject=_of_run(row.run) if row.run else None,
    )


def _of_run(run: Run) -> Subject:
    return Subject("run", run.pk, run.number)


def _discarded(run: Run) -> str:
    return f"Discarded: {run.discard_reason}" if run.state == RunState.DISCARDED else ""


def _result(row: Result) -> str:
    value = f", {row.reported} {label_of(row.unit)}".rstrip() if row.reported else ""
    interim = "" if row.final else " (not final)"
    return f"{row.verdict.replace('_', ' ')}{value}{interim}"


def _other(name: str, than: str) -> str:
    return "" if name == than else name
