"""What a lot's page says first: where the lot stands, and what its reader may do about it."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse

from products.admin.parts import Option, option
from products.admin.requests import identity_in
from products.domain.amendments import AmendmentKind
from products.domain.dispositions import DispositionKind
from products.domain.holds import HoldKind
from products.domain.lots import (
    STATUS_LABELS,
    TERMINAL,
    WAS_RELEASED,
    Decision,
    ReleaseStatus,
    decisions_possible,
    local_text,
)
from products.domain.products import basis_text
from products.domain.release import signer_blocks
from products.domain.results import RunState
from products.models import Disposition
from products.queries.lot_page import LotPage


def status_sentence(page: LotPage) -> str:
    """One sentence: where the lot stands, under which basis, since when or why."""
    status = page.evaluation.status
    basis = basis_text(page.lot.product.basis, page.lot.product.basis_reference)
    decided = SIGNED.get(status)
    if decided is not None and (row := page.last_of(decided[0])):
        words = decided[1].format(
            who=_when_and_who(row), under=_under(basis), basis=basis, since=_since(page)
        )
        reason = f" Reason: {row.reason}" if status in WITH_REASON else ""
        return f"Lot {page.lot.number} {words}.{reason}"
    against = _against(len(page.evaluation.blocks))
    words = {
        ReleaseStatus.ON_HOLD: f"is on hold{_official(page)} under {_under(basis)}{_since(page)}: "
        f"{against}",
        ReleaseStatus.EXPIRED: f"has expired ({page.facts.expiry.text}); its basis is {basis}",
        ReleaseStatus.QUARANTINED: f"is in quarantine under {_under(basis)}: {against}",
    }.get(status, f"is {STATUS_LABELS[status].lower()} under {_under(basis)}")
    return f"Lot {page.lot.number} {words}."


SIGNED = {
    ReleaseStatus.RELEASED: (DispositionKind.RELEASE, "was released on {who} under {under}"),
    ReleaseStatus.REJECTED: (DispositionKind.REJECT, "was rejected on {who}; its basis is {basis}"),
    ReleaseStatus.RECALLED: (
        DispositionKind.RECALL,
        "was recalled on {who}{since}; its basis is {basis}",
    ),
    ReleaseStatus.VOID: (
        DispositionKind.VOID,
        "is void: it was registered in error, signed second on {who}; its basis was {basis}",
    ),
}
"""Of each status that follows from a signed decision: its kind, and the words for it."""
WITH_REASON = frozenset({ReleaseStatus.REJECTED, ReleaseStatus.RECALLED})


def _since(page: LotPage) -> str:
    released = page.last_of(DispositionKind.RELEASE)
    return f", having been released on {_when_and_who(released)}" if released else ""


def _official(page: LotPage) -> str:
    held = any(hold.kind == HoldKind.OFFICIAL for hold in page.open_holds)
    return ", by an authority," if held else ""


def _under(basis: str) -> str:
    """The basis as it follows "under"."""
    return f"the basis “{basis}”"


def _against(count: int) -> str:
    if count == 0:
        return "no reason speaks against release, which quality decides"
    return (
        "1 reason speaks against release"
        if count == 1
        else (f"{count} reasons speak against release")
    )


def _when_and_who(row: Disposition) -> str:
    signature = row.signature
    return f"{local_text(signature.signed_at, signature.zone)} by {signature.printed_name}"


def lot_options(request: HttpRequest, page: LotPage) -> Iterator[Option]:
    """Every thing that can be done to a lot, with the reason where it cannot be now."""
    lot = page.lot

    def url(name: str) -> str:
        return reverse(f"admin:products_lot_{name}", args=[lot.pk])

    yield option(request, "sample.draw", "Draw a sample", url("draw_sample"))
    yield option(request, "run.open", "Open a run", url("open_run"), why_not=_no_run(page))
    yield option(
        request, "review.sign", "Review results", url("review"), why_not=_no_review(request, page)
    )
    release = option(
        request, "lot.release", "Release", url("release"), why_not=_no_release(request, page)
    )
    yield Option(release.label, release.url, release.why_not, "primary")
    yield option(
        request,
        "hold.place",
        "Place a hold",
        url("hold"),
        why_not=_no_transition(page, DispositionKind.HOLD),
    )
    if page.open_holds:
        yield option(request, "hold.lift", "Lift a hold", url("lift_hold"))
    yield option(
        request,
        "lot.reject",
        "Reject",
        url("reject"),
        why_not=_no_transition(page, DispositionKind.REJECT),
        style="danger",
    )
    yield option(
        request,
        "lot.recall",
        "Recall",
        url("recall"),
        why_not=_no_transition(page, DispositionKind.RECALL),
        style="danger",
    )
    if page.facts.decision in WAS_RELEASED:
        yield option(
            request,
            "lot.acknowledge_changes",
            "Acknowledge changes",
            url("acknowledge"),
            why_not=""
            if page.changes and page.changes.new
            else "nothing changed since the release that is not acknowledged.",
        )
    yield option(
        request,
        "lot.change_specification",
        "Change the specification version",
        url("change_specification"),
        why_not=_no_other_specification(page),
    )
    yield option(
        request,
        "lot.void",
        "Declare void",
        url("void"),
        why_not=_no_void(page),
        style="danger",
    )
    yield option(request, "evidence.attach", "Attach a file", url("attach"))
    yield option(request, "note.add", "Write a note", url("note"))
    if not page.facts.expiry.is_known:
        yield option(
            request,
            "lot.declare_stability_study",
            "Declare a stability study",
            url("declare_study"),
        )


def _no_transition(page: LotPage, kind: DispositionKind) -> str:
    status = page.evaluation.status
    if kind.value in decisions_possible(status, page.facts.decision):
        return ""
    if kind is DispositionKind.RECALL and page.facts.decision is Decision.NONE:
        return "the lot was never released."
    return f"the lot is {STATUS_LABELS[status].lower()}, which does not allow it."


def _no_run(page: LotPage) -> str:
    if page.facts.decision is Decision.VOID:
        return "the lot is void: it was registered in error."
    return "" if page.samples else "no sample of the lot is recorded. Draw one first."


def _no_other_specification(page: LotPage) -> str:
    if page.facts.decision in TERMINAL:
        return f"the lot is {page.facts.decision}, which is final."
    return "" if page.has_other_specification else "its product has no other approved version."


def _no_void(page: LotPage) -> str:
    if any(line.row.kind == AmendmentKind.VOID_LOT for line in page.waiting_amendments):
        return "that waits for a second signature already."
    if why_not := _no_transition(page, DispositionKind.VOID):
        return why_not
    submitted = {RunState.SUBMITTED, RunState.RETURNED}
    run = next((line.run for line in page.lines if line.run.state in submitted), None)
    return f"run {run.number} is submitted. Retract it, or reject the lot." if run else ""


def _no_review(request: HttpRequest, page: LotPage) -> str:
    waiting = page.runs_to_review
    if not waiting:
        return "no submitted final result waits for review."
    person = str(identity_in(request).person)
    own = [line for line in waiting if line.facts and person in line.facts.recorders]
    if len(own) == len(waiting):
        return "you recorded data of every run that waits; a second person reviews."
    return ""


def _no_release(request: HttpRequest, page: LotPage) -> str:
    identity = identity_in(request)
    if page.facts.decision is Decision.NONE and page.evaluation.blocks:
        return f"{_against(len(page.evaluation.blocks))}, listed above."
    if why_not := _no_transition(page, DispositionKind.RELEASE):
        return why_not
    blocks = signer_blocks(page.facts, str(identity.person), identity.printed_name)
    return " ".join([*(block.message for block in blocks), blocks[0].clears]) if blocks else ""
