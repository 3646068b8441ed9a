"""What a lot's page says first: where the lot stands, and what its reader may do about it."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse

from products.admin.parts import Option, option
from products.admin.requests import identity_in
from products.domain.dispositions import DispositionKind
from products.domain.lots import (
    STATUS_LABELS,
    TRANSITIONS,
    Decision,
    ReleaseStatus,
    local_text,
)
from products.domain.products import basis_text
from products.domain.release import signer_blocks
from products.models import Disposition
from products.queries.lot_page import LotPage


def status_sentence(page: LotPage) -> str:
    """One sentence: where the lot stands, under which basis, since when or why."""
    status = page.evaluation.status
    basis = basis_text(page.lot.product.basis, page.lot.product.basis_reference)
    name = f"Lot {page.lot.number}"
    against = _against(len(page.evaluation.blocks))
    released = page.last_of(DispositionKind.RELEASE)
    if status is ReleaseStatus.RELEASED and released:
        return f"{name} was released on {_when_and_who(released)} under {_under(basis)}."
    if status is ReleaseStatus.REJECTED and (rejected := page.last_of(DispositionKind.REJECT)):
        return (
            f"{name} was rejected on {_when_and_who(rejected)}; its basis is {basis}. "
            f"Reason: {rejected.reason}"
        )
    if status is ReleaseStatus.ON_HOLD:
        before = f", having been released on {_when_and_who(released)}" if released else ""
        return f"{name} is on hold under {_under(basis)}{before}: {against}."
    if status is ReleaseStatus.EXPIRED:
        return f"{name} has expired ({page.facts.expiry.text}); its basis is {basis}."
    if status is ReleaseStatus.QUARANTINED:
        return f"{name} is in quarantine under {_under(basis)}: {against}."
    return f"{name} is {STATUS_LABELS[status].lower()} under {_under(basis)}."


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
    yield option(
        request,
        "run.open",
        "Open a run",
        url("open_run"),
        why_not="" if page.samples else "no sample of the lot is recorded. Draw one first.",
    )
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
    if not page.facts.expiry.is_known:
        yield option(
            request,
            "lot.declare_stability_study",
            "Declare a stability study",
            url("declare_study"),
        )


def _no_transition(page: LotPage, kind: DispositionKind) -> str:
    status = page.evaluation.status
    if kind.value in TRANSITIONS[status]:
        return ""
    return f"the lot is {STATUS_LABELS[status].lower()}, which does not allow it."


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
