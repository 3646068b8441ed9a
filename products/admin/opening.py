"""The page that opens a run: for a criterion of the lot, here, outside, or from paper."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse

from products.actions.runs import open_run
from products.admin.forms import ActionForm, instant, reference, text, word, zone
from products.admin.pages import ActionPage, Crumb, Done
from products.domain.criteria import SatisfiedBy, Verdict
from products.domain.errors import InvalidValueError
from products.domain.results import PURPOSE_LABELS, Purpose
from products.domain.selection import criterion_name
from products.models import Instrument, Laboratory, Lot, MediaLot, Method, Run, Sample
from products.models.fields import choices_of
from products.queries.facts import criterion_of

MEDIA_FIELDS = ("media_1", "media_2", "media_3")
LOT_WORD = " lot "


class OpenRunForm(ActionForm):
    instants = {"performed_at": "performed_zone"}
    aliases = {"media": MEDIA_FIELDS[0]}
    sample = word("Sample", [])
    purpose = word(
        "Purpose", choices_of(Purpose, PURPOSE_LABELS), "Stated before the first reading."
    )
    criterion = word("Criterion", [], "Of the lot's specification; it brings its method.")
    method = reference("Method", "Only without a criterion: for information, investigation.")
    performed_at = instant("Performed at", "When the test was done; starts an incubation.")
    performed_zone = zone()
    late_reason = text("Reason for a late entry", "Needed when it was done more than a day ago.")
    instrument = reference("Instrument", "Code; of a run made in this house.")
    laboratory = reference(
        "Outside laboratory", "Code, in place of an instrument: its signed report is the evidence."
    )
    from_paper = forms.BooleanField(
        label="From paper, of before the site's go-live date", required=False
    )
    media_1 = reference("Media or reagent lot", "As in: FTM lot M-1.")
    media_2 = reference("A second one")
    media_3 = reference("A third one")
    repeats = reference("Repeats run", "Only for a repeat: the number of the invalid run.")

    def __init__(
        self,
        *args: Any,
        samples: list[tuple[str, str]],
        criteria: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sample"].widget.choices = samples
        self.fields["criterion"].widget.choices = [("", "none"), *criteria]


def opening(lot: Lot, criterion: str, crumbs: tuple[Crumb, ...]) -> ActionPage:
    def perform(context: Any, typed: dict[str, Any]) -> Done:
        named = {name: typed[name] for name in typed if name not in {*MEDIA_FIELDS, "lot_version"}}
        run = open_run(context, **named, media=media_named(typed))
        url = reverse("admin:products_run_readings", args=[run.pk])
        return Done(url, f"Run {run.number} is open. Enter its readings.")

    samples = Sample.objects.filter(lot=lot).order_by("recorded_at", "number")
    # What a parent lot satisfies is recorded there, on the lot that is measured.
    rows = lot.specification.criteria.exclude(satisfied_by=SatisfiedBy.PARENT)
    rows = rows.select_related("method").order_by("position")
    criteria = [criterion_of(row, row.method.code) for row in rows]
    return ActionPage(
        action="run.open",
        title=f"Open a run on lot {lot.number}",
        form_class=OpenRunForm,
        perform=perform,
        submit="Open the run",
        back=reverse("admin:products_lot_change", args=[lot.pk]),
        template="admin/exolot/open_run.html",
        initial={
            "purpose": Purpose.RELEASE,
            "performed_zone": lot.site.zone,
            "criterion": criterion,
        },
        arguments={
            "samples": [
                (row.number, f"{row.number}: {row.get_stage_display()}, {row.container}")
                for row in samples
            ],
            "criteria": [
                (item.code, f"{criterion_name(item)}: {item.limit_text}; {item.method}")
                for item in criteria
            ],
        },
        suggestions={
            "instrument": list(Instrument.objects.values_list("code", "model")[:200]),
            "laboratory": list(Laboratory.objects.values_list("code", "name")[:200]),
            "method": list(Method.objects.values_list("code", "name")[:200]),
            "repeats": Run.objects.filter(
                lot=lot, results__verdict__in=[Verdict.INVALID, Verdict.FAIL]
            ).values_list("number", flat=True),
            **dict.fromkeys(MEDIA_FIELDS, known_media()),
        },
        shown=lambda: {"criteria": criteria, "lot": lot},
        crumbs=crumbs,
        is_wide=True,
    )


def known_media() -> list[tuple[str, str]]:
    return [
        (f"{row.material}{LOT_WORD}{row.number}", f"{row.manufacturer}, until {row.expires_on}")
        for row in MediaLot.objects.order_by("-recorded_at")[:100]
    ]


def media_named(typed: dict[str, Any]) -> list[tuple[str, str]]:
    pairs = []
    for name in MEDIA_FIELDS:
        if typed[name]:
            material, found, number = typed[name].rpartition(LOT_WORD)
            if not found:
                raise InvalidValueError(
                    f"{typed[name]!r} does not name a material and its lot. Write it as in: "
                    "FTM lot M-1.",
                    field=name,
                )
            pairs.append((material, number))
    return pairs
