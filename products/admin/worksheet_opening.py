"""The runs of a worksheet are opened: one on each chosen sample, alike but for their criteria."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

from products.actions.base import Context
from products.actions.runs import open_run
from products.admin.forms import ActionForm, instant, reference, text, word, zone
from products.admin.opening import MEDIA_FIELDS, known_media, media_named
from products.admin.pages import Done, Perform
from products.domain.errors import DomainError
from products.domain.results import PURPOSE_LABELS, Purpose
from products.models import Instrument
from products.models.fields import choices_of
from products.queries.worksheets import Candidate

NOT_HERE = frozenset({Purpose.REPEAT, Purpose.RETEST})
"""Purposes that name another record for each run."""


class OpenSheetForm(ActionForm):
    instants = {"performed_at": "performed_zone"}
    aliases = {"media": MEDIA_FIELDS[0]}
    purpose = word(
        "Purpose",
        [pair for pair in choices_of(Purpose, PURPOSE_LABELS) if pair[0] not in NOT_HERE],
        "Of every run. Stated before the first reading.",
    )
    performed_at = instant("Performed at", "When the test was done.")
    performed_zone = zone()
    instrument = reference("Instrument", "Code.")
    late_reason = text("Reason for a late entry", "Needed when it was done more than a day ago.")
    media_1 = reference("Media or reagent lot", "As in: FTM lot M-1.")
    media_2 = reference("A second one")
    media_3 = reference("A third one")
    from_paper = forms.BooleanField(
        label="From paper, of before the site's go-live date", required=False
    )


def suggestions() -> Mapping[str, Any]:
    return {
        "instrument": list(Instrument.objects.values_list("code", "model")[:200]),
        **dict.fromkeys(MEDIA_FIELDS, known_media()),
    }


def opening_runs(request: HttpRequest, picked: Sequence[Candidate]) -> Perform:
    """Opens what can be opened. When nothing can, the first refusal goes back to the form."""

    def perform(context: Context, typed: dict[str, Any]) -> Done:
        stated = {name: typed[name] for name in typed if name not in MEDIA_FIELDS}
        media = media_named(typed)
        opened: list[str] = []
        refused: list[tuple[Candidate, DomainError]] = []
        for one in picked:
            try:
                run = open_run(
                    context,
                    sample=one.sample.number,
                    criterion=one.criterion.code,
                    media=media,
                    **stated,
                )
            except DomainError as error:
                refused.append((one, error))
            else:
                opened.append(run.number)
        if not opened:
            raise refused[0][1]
        for one, refusal in refused:
            messages.error(request, f"No run on sample {one.sample.number}: {refusal.message}")
        return Done(
            f"{reverse('admin:worksheet_sheet')}?{urlencode({'run': opened}, doseq=True)}",
            f"Runs opened: {len(opened)}. Nothing is judged before you submit.",
        )

    return perform
