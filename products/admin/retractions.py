"""The pages that set aside what was recorded in error: a run retracted, a lot declared void."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from products.actions.retractions import retract_run, void_lot
from products.admin.corrections import SourceForm
from products.admin.forms import ActionForm, text
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.run_options import unretractable
from products.domain.amendments import AMENDMENT_MEANINGS, PAPER_REFUSED_MEANING, AmendmentKind
from products.models import Lot, Run
from products.queries.attachments import files_of_lot
from products.queries.run_page import run_page


class RetractForm(SourceForm):
    belongs_to = text(
        "Lot or sample that the run is of",
        "Record the run there; this one counts for nothing. Leave it empty only for a run from "
        "paper whose transcription was refused: transcribe the paper anew, under another run.",
    )
    field_order = ("belongs_to", "source_document", "evidence")


def retracting(run: Run, crumbs: tuple[Crumb, ...]) -> ActionPage:
    back = reverse("admin:products_run_change", args=[run.pk])

    def perform(context: Any, typed: dict[str, Any]) -> Done:
        row = retract_run(
            context,
            run=run.number,
            belongs_to=typed["belongs_to"],
            source_document=typed["source_document"],
            evidence=typed["evidence"],
        )
        waits = f"{row.number} is signed. The run counts until a second person has signed."
        return Done(back, waits)

    page = run_page(run)
    return ActionPage(
        action="run.retract",
        title=f"Retract run {run.number}",
        form_class=RetractForm,
        perform=perform,
        submit="Sign the retraction",
        submit_class="danger",
        meaning=f"“{AMENDMENT_MEANINGS[AmendmentKind.RETRACTION]}” or, of refused paper that "
        f"names none, “{PAPER_REFUSED_MEANING}”",
        template="admin/exolot/retract.html",
        back=back,
        lot=run.lot,
        arguments={"offered": files_of_lot(run.lot)},
        shown=lambda: {
            "page": page,
            "run": run,
            "zone": run.performed_zone,
            "why_not": unretractable(page),
        },
        crumbs=crumbs,
        is_wide=True,
    )


def voiding(lot: Lot, crumbs: tuple[Crumb, ...]) -> ActionPage:
    back = reverse("admin:products_lot_change", args=[lot.pk])

    def perform(context: Any, typed: dict[str, Any]) -> Done:
        row = void_lot(context, lot=lot.number)
        waits = f"{row.number} is signed. The lot is void once a second person has signed."
        return Done(back, waits)

    return ActionPage(
        action="lot.void",
        title=f"Declare lot {lot.number} void",
        form_class=ActionForm,
        perform=perform,
        submit="Sign the declaration",
        submit_class="danger",
        meaning=AMENDMENT_MEANINGS[AmendmentKind.VOID_LOT],
        intro="For a lot that was registered in error. It stays listed as void, for good, and its "
        "number is never used again. A second person signs before it takes effect.",
        back=back,
        lot=lot,
        crumbs=crumbs,
    )
