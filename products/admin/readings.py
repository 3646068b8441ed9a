"""The form of a run's readings, built from what the formula of its method asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from products.admin.forms import (
    ActionForm,
    Suggesting,
    at_local_time,
    day,
    instant,
    text,
    word,
    zone,
)
from products.domain.calculations import InputField, ReadingFacts, VesselRole, check_reading
from products.domain.criteria import Category
from products.domain.errors import DomainError, InvalidValueError
from products.domain.results import SUPPORT_LABELS, SupportFacts, SupportKind, SupportOutcome
from products.domain.units import UNITS, label_of
from products.domain.worksheets import vessels_of
from products.models import Reading, Run
from products.models.fields import choices_of
from products.queries.run_page import RunPage, inputs_of
from products.queries.runs import reading_facts

SPARE_VESSELS = 2
GROWTH = (("", "not read"), ("no growth", "no growth"), ("growth", "growth"))
ROLES = (("", "not stated"), *((role.value, role.value.replace("_", " ")) for role in VesselRole))
WORDS = ("negative", "not detected", "absent", "positive", "detected", "present")
SUPPORT_PARTS = ("document_number", "dated_on", "outcome", "signed_by")


@dataclass(frozen=True, slots=True)
class Place:
    """One input of the form and the reading it stands for."""

    field: InputField
    replicate: int
    name: str

    @property
    def unit_name(self) -> str:
        return f"{self.name}_unit"


class ReadingsForm(ActionForm):
    """``cleaned_data`` has ``readings`` and ``supports`` as `save_readings` takes them.

    Of a run whose result is final it takes supporting records alone.
    """

    def __init__(self, *args: Any, page: RunPage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        version = page.run.method_version
        self.places = [
            Place(field, number, f"{field.name}_{number}")
            for field in inputs_of(page.run)
            if field.per != "vessel" and page.is_open
            for number in range(1, (version.replicates if field.per == "replicate" else 1) + 1)
        ]
        self.has_vessels = page.is_open and any(
            field.per == "vessel" for field in inputs_of(page.run)
        )
        self.saved = {(line.row.name, line.row.replicate): line.row for line in page.readings}
        for place in self.places:
            self._add_place(place)
        self.vessels = list(self._add_vessels()) if self.has_vessels else []
        self.needs_supports = needs_supports(page.run)
        if self.needs_supports:
            self._add_supports()
        if page.versions and page.is_open:
            self.fields["reason"] = text(
                "Reason for a changed reading",
                "Needed when a reading that was submitted changes.",
                whole=True,
            )

    # Numbers and words

    def _add_place(self, place: Place) -> None:
        saved = self.saved.get((place.field.name, place.replicate))
        label = place.field.label
        if place.field.per == "replicate" and self.page.run.method_version.replicates > 1:
            label = f"{label}, replicate {place.replicate}"
        unit = place.field.unit
        field = text(label, f"in {label_of(unit)}" if label_of(unit) else "")
        field.initial = saved.text if saved else None
        if place.field.kind == "word":
            field.widget = Suggesting(self._words())
        else:
            field.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}
        self.fields[place.name] = field
        if not unit:
            self._add_unit(place, saved)

    def _add_unit(self, place: Place, saved: Reading | None) -> None:
        own = self.page.run.method_version.unit
        label = "Unit" if place.replicate == 1 else f"Unit, replicate {place.replicate}"
        field = text(label, "UCUM code.", widget=Suggesting(unit_choices()))
        field.initial = (saved.unit if saved else "") or own
        self.fields[place.unit_name] = field

    def _words(self) -> tuple[str, ...]:
        criterion = self.page.criterion
        return criterion.allowed_words or WORDS if criterion else WORDS

    # Culture vessels

    def _add_vessels(self) -> Iterator[dict[str, BoundField]]:
        self.fields["read_at"] = instant(
            "Read at", "One time for all vessels read now.", required=False
        )
        self.fields["read_zone"] = zone()
        self.fields["read_zone"].initial = self.page.run.performed_zone
        known = self._known_vessels()
        for number, (vessel, medium, role) in enumerate([*known, *[("", "", "")] * SPARE_VESSELS]):
            names = {
                part: f"vessel_{number}_{part}" for part in ("name", "medium", "role", "growth")
            }
            what = vessel or f"new {number - len(known) + 1}"
            self.fields[names["name"]] = text(f"Vessel {what}", initial=vessel)
            self.fields[names["medium"]] = text(
                f"Medium of vessel {what}", initial=medium, widget=Suggesting(self._media())
            )
            self.fields[names["role"]] = word(f"Role of vessel {what}", ROLES)
            self.fields[names["role"]].initial = role
            self.fields[names["growth"]] = word(f"Growth in vessel {what}", GROWTH)
            yield {part: self[name] for part, name in names.items()}

    def _known_vessels(self) -> list[tuple[str, str, str]]:
        """The vessels read so far; before that one of each kind for each required medium."""
        read = [reading_facts(line.row) for line in self.page.readings]
        planned = [] if read else self._media()
        return [
            (one.name, one.medium, one.role)
            for one in vessels_of(read, planned, products=1, controls=1)
        ]

    def _media(self) -> list[str]:
        return list(self.page.run.method_version.media)

    # Records kept elsewhere

    def _add_supports(self) -> None:
        saved = {line.row.kind: line.row for line in self.page.supports}
        for kind in SupportKind:
            row = saved.get(kind)
            of = SUPPORT_LABELS[kind]
            self.fields[f"{kind}_document_number"] = text(f"Document of {of}")
            self.fields[f"{kind}_dated_on"] = day("Dated", required=False)
            self.fields[f"{kind}_outcome"] = word(
                "Outcome", choices_of(SupportOutcome), empty="not stated"
            )
            self.fields[f"{kind}_signed_by"] = text("Signed by")
            for part in SUPPORT_PARTS:
                self.fields[f"{kind}_{part}"].initial = getattr(row, part) if row else None

    @property
    def plain_fields(self) -> list[BoundField]:
        names = [name for place in self.places for name in (place.name, place.unit_name)]
        return [self[name] for name in names if name in self.fields]

    @property
    def support_groups(self) -> list[tuple[str, list[BoundField]]]:
        if not self.needs_supports:
            return []
        return [
            (SUPPORT_LABELS[kind], [self[f"{kind}_{part}"] for part in SUPPORT_PARTS])
            for kind in SupportKind
        ]

    @property
    def reason_field(self) -> BoundField | None:
        return self["reason"] if "reason" in self.fields else None

    @property
    def reading_time(self) -> list[BoundField]:
        return [self["read_at"], self["read_zone"]]

    # What was typed, and what the action said of it

    def refuse(self, error: DomainError) -> None:
        """The action names the reading; of its replicates the first that it would refuse is it."""
        self.aliases = {error.field: self._input_of(error)}
        super().refuse(error)

    def _input_of(self, error: DomainError) -> str:
        places = [place for place in self.places if place.field.name == error.field]
        if error.code == "unknown_unit":
            named = (place.unit_name for place in places)
            return next((name for name in named if self._typed(name) not in UNITS), error.field)
        refused = (
            place.name for place in places if _is_refused(place.field, self._typed(place.name))
        )
        return next(refused, error.field)

    def _typed(self, name: str) -> str:
        return str(self.cleaned_data.get(name, ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["readings"] = [*self._typed_places(cleaned), *self._typed_vessels(cleaned)]
        cleaned["supports"] = list(self._typed_supports(cleaned))
        return cleaned

    def _typed_places(self, cleaned: dict[str, Any]) -> Iterator[ReadingFacts]:
        for place in self.places:
            typed = cleaned.get(place.name, "")
            saved = self.saved.get((place.field.name, place.replicate))
            if not typed and saved is not None:
                self.add_error(
                    place.name,
                    f"{place.field.label} was saved as {saved.text!r}: a saved reading is replaced "
                    "by another, not removed.",
                )
            elif typed:
                unit = cleaned.get(place.unit_name, "") or place.field.unit
                yield ReadingFacts(place.field.name, typed, unit, place.replicate)

    def _typed_vessels(self, cleaned: dict[str, Any]) -> Iterator[ReadingFacts]:
        read = [
            {part: cleaned.get(field.name, "") for part, field in vessel.items()}
            for vessel in self.vessels
        ]
        read = [row for row in read if row["growth"]]
        at = self._read_at(cleaned) if read else None
        for row in read:
            yield ReadingFacts(
                name="growth",
                text=row["growth"],
                unit="{word}",
                vessel=row["name"],
                medium=row["medium"],
                role=row["role"],
                read_at=at,
            )

    def _read_at(self, cleaned: dict[str, Any]) -> datetime | None:
        typed = cleaned.get("read_at")
        if typed is None:
            if "read_at" not in self.errors:
                self.add_error("read_at", "State when the vessels were read.")
            return None
        try:
            return at_local_time(typed, cleaned.get("read_zone", ""))
        except forms.ValidationError as error:
            self.add_error("read_at", error)
            return None

    def _typed_supports(self, cleaned: dict[str, Any]) -> Iterator[SupportFacts]:
        """Those that say something else than is on record."""
        if not self.needs_supports:
            return
        for kind in SupportKind:
            parts = {part: cleaned.get(f"{kind}_{part}") for part in SUPPORT_PARTS}
            before = {part: self.fields[f"{kind}_{part}"].initial for part in SUPPORT_PARTS}
            if any((parts[part] or "") != (before[part] or "") for part in SUPPORT_PARTS):
                yield SupportFacts(
                    kind=kind,
                    document_number=parts["document_number"] or "",
                    dated_on=parts["dated_on"],
                    outcome=parts["outcome"] or "",
                    signed_by=parts["signed_by"] or "",
                )


def needs_supports(run: Run) -> bool:
    """Whether the run rests on records of its media and method that are kept elsewhere."""
    category = run.criterion.category if run.criterion else run.method_version.method.category
    return category == Category.STERILITY


def _is_refused(field: InputField, text: str) -> bool:
    try:
        check_reading(field, text)
    except InvalidValueError:
        return True
    return False


def unit_choices() -> list[tuple[str, str]]:
    return [(code, unit.label) for code, unit in UNITS.items() if code != "{word}"]
