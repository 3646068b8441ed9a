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
from products.models import Instrument, MethodVersion
from products.models.fields import choices_of
from products.queries.worksheet_choices import Candidate
from products.queries.worksheets import has_vessels

NOT_HERE = frozenset({Purpose.RETEST})
"""It names its plan for each run, and plans are not kept."""


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

    def __init__(self, *args: Any, picked: Sequence[Candidate], **kwargs: Any) -> None:
        """A field for each sample whose criterion has a run that can be repeated."""
        super().__init__(*args, **kwargs)
        self.repeats: dict[str, str] = {}
        for number, one in enumerate(picked, 1):
            if one.repeatable:
                self.repeats[one.key] = name = f"repeats_{number}"
                known = [(run.number, run.number) for run in one.repeatable]
                label = f"Repeated by a run on {one.sample.number}, {one.criterion.code}"
                self.fields[name] = word(label, known, "Of purpose repeat alone.", empty="none")
                self.fields[name].initial = known[-1][0]

    def clean(self) -> dict[str, Any]:
        """``repeats`` by the key of the candidate, of purpose repeat alone."""
        cleaned = super().clean()
        repeats = {key: cleaned.pop(name, "") for key, name in self.repeats.items()}
        cleaned["repeats"] = repeats if cleaned.get("purpose") == Purpose.REPEAT else {}
        return cleaned


def suggestions() -> Mapping[str, Any]:
    return {
        "instrument": list(Instrument.objects.values_list("code", "model")[:200]),
        **dict.fromkeys(MEDIA_FIELDS, known_media()),
    }


def opening_runs(
    request: HttpRequest, version: MethodVersion, picked: Sequence[Candidate]
) -> Perform:
    """Opens what can be opened. When nothing can, the first refusal goes back to the form."""

    def perform(context: Context, typed: dict[str, Any]) -> Done:
        stated = {name: typed[name] for name in typed if name not in {*MEDIA_FIELDS, "repeats"}}
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
                    repeats=typed["repeats"].get(one.key, ""),
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
        return _go_on(version, opened)

    return perform


def _go_on(version: MethodVersion, opened: Sequence[str]) -> Done:
    """To the grid; before looks at vessels, to where their time is stated."""
    if has_vessels(version):
        query: dict[str, Any] = {"method": version.method.code, "run": opened}
        return Done(
            f"{reverse('admin:worksheet')}?{urlencode(query, doseq=True)}",
            f"Runs opened: {len(opened)}. State when you read their vessels, then go on.",
        )
    return Done(
        f"{reverse('admin:worksheet_sheet')}?{urlencode({'run': opened}, doseq=True)}",
        f"Runs opened: {len(opened)}. Nothing is judged before you submit.",
    )
