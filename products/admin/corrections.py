"""The page on which the readings of a submitted run are corrected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.urls import reverse

from products.actions.amendments import correct_run
from products.admin.evidence import file_choices
from products.admin.forms import (
    ActionForm,
    Suggesting,
    at_local_time,
    file_choice,
    instant,
    text,
    word,
    zone,
)
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.readings import GROWTH, ROLES, SPARE_VESSELS, unit_choices
from products.admin.run_options import uncorrectable
from products.domain.amendments import AMENDMENT_MEANINGS, AmendmentKind
from products.domain.calculations import InputField, ReadingFacts
from products.domain.errors import DomainError
from products.domain.units import label_of
from products.models import Amendment, Evidence, Reading, Run
from products.queries.attachments import files_of_lot
from products.queries.run_page import RunPage, inputs_of, run_page
from products.queries.runs import reading_facts

KINDS = (
    ("", "choose"),
    (
        "correction",
        "What was recorded is not what was measured or observed",
    ),
    (
        "transcription_error",
        "Typing error: the source shows the right value, and it was typed wrongly",
    ),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One place of the run: the reading that counts there, None where none was recorded."""

    field: InputField
    replicate: int
    row: Reading | None
    label: str
    place: str
    name: str

    @property
    def unit_name(self) -> str:
        return f"{self.name}_unit"

    @property
    def removed_name(self) -> str:
        return f"{self.name}_removed"

    def as_facts(self, text: str, unit: str) -> ReadingFacts:
        if self.row is None:
            return ReadingFacts(self.field.name, text, unit, self.replicate)
        before = reading_facts(self.row)
        return ReadingFacts(
            before.name,
            text,
            unit,
            before.replicate,
            before.vessel,
            before.medium,
            before.role,
            before.read_at,
        )


class SourceForm(ActionForm):
    """Where the right value stands: a document, a file, or both."""

    source_document = text(
        "Source document", "Where what is right stands, such as: notebook 7, page 12."
    )
    evidence = file_choice("Evidence file", "Of those attached to the lot or its runs.")

    def __init__(self, *args: Any, offered: Sequence[Evidence], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("evidence", file_choices(offered))


class CorrectionForm(SourceForm):
    """``cleaned_data`` has ``readings`` (what changes) and ``removed``, as `correct_run` takes."""

    kind = text("What went wrong", whole=True, widget=forms.Select(choices=KINDS))

    def __init__(self, *args: Any, page: RunPage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        self.lines = list(_lines(page))
        for line in self.lines:
            self._add(line)
        self.vessels = list(self._add_vessels()) if self._takes_vessels() else []

    def _add(self, line: Line) -> None:
        row, item = line.row, line.field
        what = f"{line.label}, {line.place}"
        if item.kind == "growth":
            field = word(f"Corrected: {what}", GROWTH[1:])
        elif item.words:
            field = word(f"Corrected: {what}", [(one, one) for one in item.words], empty="none")
        else:
            field = text(f"Corrected: {what}")
            field.widget.attrs |= {"autocomplete": "off"}
        field.initial = row.text if row else None
        self.fields[line.name] = field
        if not item.unit:
            unit = text(f"Unit: {what}", widget=Suggesting(unit_choices()))
            unit.initial = (row.unit if row else "") or self.page.run.method_version.unit
            self.fields[line.unit_name] = unit
        if row is not None:
            self.fields[line.removed_name] = forms.BooleanField(
                label=f"Remove: {what}", required=False
            )

    def _takes_vessels(self) -> bool:
        return any(item.per == "vessel" for item in inputs_of(self.page.run))

    def _add_vessels(self) -> Iterator[dict[str, BoundField]]:
        """Rows for readings that were made and never recorded."""
        self.fields["read_at"] = instant("Read at", "Of the added readings.", required=False)
        self.fields["read_zone"] = zone()
        self.fields["read_zone"].initial = self.page.run.performed_zone
        media = list(self.page.run.method_version.media)
        for number in range(SPARE_VESSELS):
            names = {part: f"new_{number}_{part}" for part in ("name", "medium", "role", "growth")}
            what = f"added reading {number + 1}"
            self.fields[names["name"]] = text(f"Vessel of {what}")
            self.fields[names["medium"]] = text(f"Medium of {what}", widget=Suggesting(media))
            self.fields[names["role"]] = word(f"Role of {what}", ROLES)
            self.fields[names["growth"]] = word(f"Growth of {what}", GROWTH)
            yield {part: self[name] for part, name in names.items()}

    def rows(self) -> list[dict[str, Any]]:
        """Each place with its inputs, for the table."""
        return [
            {
                "label": line.label,
                "place": line.place,
                "before": _recorded(self.page, line),
                "read_at": line.row.read_at if line.row else None,
                "value": self[line.name],
                "unit": self[line.unit_name] if line.unit_name in self.fields else None,
                "fixed_unit": label_of(line.field.unit),
                "removed": self[line.removed_name] if line.row else None,
            }
            for line in self.lines
        ]

    @property
    def source_fields(self) -> list[BoundField]:
        return [self["kind"], self["source_document"], self["evidence"]]

    @property
    def vessel_time(self) -> list[BoundField]:
        return [self["read_at"], self["read_zone"]]

    def refuse(self, error: DomainError) -> None:
        """The action names the reading; the first changed one of that name is meant."""
        typed = (line.name for line in self.lines if line.field.name == error.field)
        changed = {change.name for change in self._changed()}
        names = list(typed)
        meant = next((name for name in names if name in changed), names[0] if names else "")
        if meant:
            self.aliases = {error.field: meant}
        super().refuse(error)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("kind"):
            self.add_error("kind", "Say what went wrong: it is signed with the correction.")
        removed = [line for line in self.lines if cleaned.get(line.removed_name)]
        cleaned["removed"] = [reading_facts(line.row) for line in removed if line.row]
        cleaned["readings"] = [
            *(
                line.as_facts(cleaned[line.name], self._unit_of(line))
                for line in self._changed()
                if line not in removed
            ),
            *self._added(cleaned),
        ]
        return cleaned

    def _changed(self) -> list[Line]:
        found = []
        for line in self.lines:
            typed = self.cleaned_data.get(line.name, "")
            before = line.row.text if line.row else ""
            if not typed and line.row and not self.cleaned_data.get(line.removed_name):
                self._say_how_to_remove(line)
            elif typed and (typed, self._unit_of(line)) != (before, self._unit_before(line)):
                found.append(line)
        return found

    def _say_how_to_remove(self, line: Line) -> None:
        if line.name not in self.errors:
            self.add_error(line.name, "To take the reading out, tick “Remove” beside it.")

    def _unit_of(self, line: Line) -> str:
        """As typed; the unit that was recorded as none stays none."""
        typed = str(self.cleaned_data.get(line.unit_name, ""))
        recorded = line.row.unit if line.row else ""
        if line.field.unit:
            return recorded or line.field.unit
        return recorded if not recorded and typed == self.page.run.method_version.unit else typed

    def _unit_before(self, line: Line) -> str:
        if line.row is None:
            return ""
        return line.row.unit or line.field.unit

    def _added(self, cleaned: dict[str, Any]) -> list[ReadingFacts]:
        rows = [
            {part: cleaned.get(field.name, "") for part, field in vessel.items()}
            for vessel in self.vessels
        ]
        rows = [row for row in rows if row["growth"]]
        at = self._read_at(cleaned) if rows else None
        return [
            ReadingFacts(
                "growth",
                row["growth"],
                "{word}",
                vessel=row["name"],
                medium=row["medium"],
                role=row["role"],
                read_at=at,
            )
            for row in rows
        ]

    def _read_at(self, cleaned: dict[str, Any]) -> datetime | None:
        typed = cleaned.get("read_at")
        if typed is None:
            self.add_error("read_at", "State when the added vessels were read.")
            return None
        try:
            return at_local_time(typed, cleaned.get("read_zone", ""))
        except forms.ValidationError as error:
            self.add_error("read_at", error)
            return None


def _lines(page: RunPage) -> Iterator[Line]:
    """Every reading that counts, then every place that the method asks for and that has none."""
    found = set()
    inputs = {item.name: item for item in inputs_of(page.run)}
    number = 0
    for shown in page.readings:
        if shown.row.removed:
            continue
        row = shown.row
        found.add((row.name, row.replicate))
        item = inputs[row.name]
        yield Line(item, row.replicate, row, shown.label, shown.place, f"reading_{number}")
        number += 1
    version = page.run.method_version
    for item in inputs.values():
        if item.per == "vessel":
            continue
        for replicate in range(1, (version.replicates if item.per == "replicate" else 1) + 1):
            if (item.name, replicate) in found:
                continue
            place = f"replicate {replicate}" if item.per == "replicate" else "whole run"
            yield Line(item, replicate, None, item.label, place, f"reading_{number}")
            number += 1


def _recorded(page: RunPage, line: Line) -> str:
    if line.row is None:
        return ""
    unit = label_of(line.row.unit or line.field.unit or page.run.method_version.unit)
    return f"{line.row.text} {unit}".strip()


def _after(amendment: Amendment, done: str, waits: str) -> str:
    if amendment.needs_second:
        return f"{amendment.number} is signed. {waits}"
    return f"{amendment.number} is signed. {done}"


def correcting(run: Run, crumbs: tuple[Crumb, ...]) -> ActionPage:
    back = reverse("admin:products_run_change", args=[run.pk])

    def perform(context: Any, typed: dict[str, Any]) -> Done:
        row = correct_run(
            context,
            run=run.number,
            readings=typed["readings"],
            removed=typed["removed"],
            transcription_error=typed["kind"] == AmendmentKind.TRANSCRIPTION_ERROR,
            source_document=typed["source_document"],
            evidence=typed["evidence"],
        )
        return Done(
            back,
            _after(
                row,
                f"Its values are version {row.result.version if row.result else ''} of the "
                "result, and a reviewer reviews it.",
                "The failing version counts until a second person has signed against the source.",
            ),
        )

    page = run_page(run)
    return ActionPage(
        action="run.correct",
        title=f"Correct readings of run {run.number}",
        form_class=CorrectionForm,
        perform=perform,
        submit="Sign the correction",
        meaning=f"“{AMENDMENT_MEANINGS[AmendmentKind.CORRECTION]}” or "
        f"“{AMENDMENT_MEANINGS[AmendmentKind.TRANSCRIPTION_ERROR]}”, as you say above",
        template="admin/exolot/correct.html",
        back=back,
        lot=run.lot,
        arguments={"page": page, "offered": files_of_lot(run.lot)},
        shown=lambda: {
            "page": page,
            "run": run,
            "zone": run.performed_zone,
            "why_not": uncorrectable(page),
        },
        crumbs=crumbs,
        is_wide=True,
    )
