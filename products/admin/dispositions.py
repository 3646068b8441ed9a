"""The signing pages of quality's decisions: the whole evaluation, then the signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone

from products.actions.dispositions import (
    acknowledge_changes,
    recall_lot,
    reject_lot,
    release_lot,
)
from products.admin.confirming import ConfirmingForm, items_of_changes, items_of_release
from products.admin.forms import ActionForm
from products.admin.lot_options import status_sentence
from products.admin.pages import ActionPage, Crumb, Done
from products.domain.dispositions import MEANINGS, DispositionKind
from products.domain.release import Block, signer_blocks
from products.models import Lot
from products.queries.lot_page import lot_page
from products.queries.people import Identity


def judged(lot: Lot, identity: Identity | None = None) -> Mapping[str, Any]:
    """The lot as it stands this moment, with what keeps the reader from signing its release."""
    page = lot_page(lot, timezone.now())
    blocks: tuple[Block, ...] = ()
    if identity is not None:
        blocks = signer_blocks(page.facts, str(identity.person), identity.printed_name)
    return {
        "page": page,
        "lot": lot,
        "zone": lot.site.zone,
        "sentence": status_sentence(page),
        "signer_blocks": blocks,
    }


def release(lot: Lot, identity: Identity, crumbs: tuple[Crumb, ...]) -> ActionPage:
    def perform(context: Any, typed: dict[str, Any]) -> Done:
        release_lot(context, lot=lot.number)
        return Done(_page_of(lot), f"Lot {lot.number} is released; your signature is recorded.")

    return ActionPage(
        action="lot.release",
        title=f"Release lot {lot.number}",
        form_class=ConfirmingForm,
        perform=perform,
        submit="Sign and release",
        meaning=MEANINGS[DispositionKind.RELEASE],
        template="admin/exolot/decide.html",
        back=_page_of(lot),
        lot=lot,
        arguments={"items": items_of_release(lot_page(lot, timezone.now()))},
        shown=lambda: judged(lot, identity),
        crumbs=crumbs,
        is_wide=True,
    )


def rejection(lot: Lot, crumbs: tuple[Crumb, ...]) -> ActionPage:
    def perform(context: Any, typed: dict[str, Any]) -> Done:
        reject_lot(context, lot=lot.number)
        return Done(_page_of(lot), f"Lot {lot.number} is rejected; your signature is recorded.")

    return ActionPage(
        action="lot.reject",
        title=f"Reject lot {lot.number}",
        form_class=ActionForm,
        perform=perform,
        submit="Sign and reject",
        submit_class="danger",
        meaning=MEANINGS[DispositionKind.REJECT],
        intro="A rejection is final: the lot is never released afterwards.",
        template="admin/exolot/decide.html",
        back=_page_of(lot),
        lot=lot,
        shown=lambda: judged(lot),
        crumbs=crumbs,
        is_wide=True,
    )


def recalling(lot: Lot, crumbs: tuple[Crumb, ...]) -> ActionPage:
    def perform(context: Any, typed: dict[str, Any]) -> Done:
        recall_lot(context, lot=lot.number)
        return Done(_page_of(lot), f"Lot {lot.number} is recalled; your signature is recorded.")

    return ActionPage(
        action="lot.recall",
        title=f"Recall lot {lot.number}",
        form_class=ActionForm,
        perform=perform,
        submit="Sign and recall",
        submit_class="danger",
        meaning=MEANINGS[DispositionKind.RECALL],
        intro="A recall is final. Lots that were made from this one and released go on hold.",
        template="admin/exolot/decide.html",
        back=_page_of(lot),
        lot=lot,
        shown=lambda: judged(lot),
        crumbs=crumbs,
        is_wide=True,
    )


def acknowledging(lot: Lot, crumbs: tuple[Crumb, ...]) -> ActionPage:
    def perform(context: Any, typed: dict[str, Any]) -> Done:
        acknowledge_changes(context, lot=lot.number)
        return Done(_page_of(lot), f"The changes of lot {lot.number} are acknowledged.")

    return ActionPage(
        action="lot.acknowledge_changes",
        title=f"Acknowledge what changed on lot {lot.number} since its release",
        form_class=ConfirmingForm,
        perform=perform,
        submit="Sign the acknowledgement",
        meaning="Changes since release acknowledged",
        intro="You sign for having seen what changed. The status stays as it is: a hold that a "
        "change forced is lifted under a signature of its own, and a broken rule still speaks "
        "against the lot.",
        template="admin/exolot/decide.html",
        back=_page_of(lot),
        lot=lot,
        arguments={"items": items_of_changes(lot_page(lot, timezone.now()))},
        shown=lambda: judged(lot),
        crumbs=crumbs,
        is_wide=True,
    )


def _page_of(lot: Lot) -> str:
    return reverse("admin:products_lot_change", args=[lot.pk])
