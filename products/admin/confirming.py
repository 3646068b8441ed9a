"""What a signer confirms, one by one, to have looked at before the page takes the signature.

Nothing of it is stored, and a client of the API states none of it: the signature itself is bound to
all that was shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.urls import reverse

from products.admin.forms import ActionForm
from products.domain.amendments import AMENDMENT_LABELS, AmendmentKind
from products.domain.comparison import FieldChange
from products.domain.criteria import CATEGORY_LABELS, Verdict
from products.domain.units import label_of
from products.queries.lot_lines import CategoryTable, CriterionLine
from products.queries.lot_page import LotAmendment, LotPage

STATES = {"waits": "waits for its second signature", "refused": "refused", "in_effect": "in effect"}


@dataclass(frozen=True, slots=True)
class Item:
    """``key`` changes with the content, so that nobody confirms what they did not see.

    ``flag`` says how it differs from what it follows, and ``changes`` in what.
    """

    label: str
    told: str
    url: str = ""
    flag: str = ""
    changes: tuple[FieldChange, ...] = ()

    @property
    def key(self) -> str:
        differs = (f"{one.label}\0{one.before}\0{one.after}" for one in self.changes)
        content = "\0".join((self.label, self.told, self.flag, *differs))
        return hashlib.sha256(content.encode()).hexdigest()[:16]


class KeysField(forms.MultipleChoiceField):
    """A key that is no longer offered was of something that changed: it confirms nothing."""

    def valid_value(self, value: str) -> bool:
        return True


class ConfirmingForm(ActionForm):
    """Refuses, before the password is looked at, while an item is not ticked."""

    confirmed = KeysField(required=False, widget=forms.CheckboxSelectMultiple())

    def __init__(self, *args: Any, items: Sequence[Item], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        field = self.fields["confirmed"]
        assert isinstance(field, KeysField)
        field.choices = [(item.key, item.label) for item in items]

    @property
    def record_fields(self) -> list[BoundField]:
        """Without what the page shows as a list of its own."""
        return [field for field in super().record_fields if field.name != "confirmed"]

    def entries(self) -> list[tuple[Item, bool]]:
        """Each item, and whether it is ticked."""
        ticked = self["confirmed"].value() or ()
        return [(item, item.key in ticked) for item in self.items]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        ticked = cleaned.get("confirmed", ())
        left = [item.label for item in self.items if item.key not in ticked]
        if left:
            self.add_error(
                None,
                f"Nothing is signed: you have not confirmed {'; '.join(left)}. Look at each, "
                "tick it, and sign again.",
            )
        return cleaned


def items_of_release(page: LotPage) -> list[Item]:
    """The results by category, and each thing that did not go as planned."""
    return [
        *(_category(table) for table in page.tables),
        *(_amendment(line) for line in page.amendments),
        *_investigations(page),
        *_holds(page),
        *_late(page),
        *_changes_of_specification(page),
        *_left_out(page),
    ]


def items_of_changes(page: LotPage) -> list[Item]:
    """What changed since the release and was not acknowledged yet."""
    changes = page.changes.new if page.changes else ()
    return [Item(f"change {place}", change.message) for place, change in enumerate(changes, 1)]


def _category(table: CategoryTable) -> Item:
    told = "; ".join(_criterion(line) for line in table.lines)
    return Item(f"{CATEGORY_LABELS[table.category]} results", told)


def _criterion(line: CriterionLine) -> str:
    """``endotoxin: 0.09 EU/mL pass, of run ...``; what is missing is named too."""
    own = [(one.facts, one.verdict) for one in line.runs if one.facts is not None]
    found = [*own, *((one.facts, one.verdict) for one in line.inherited)]
    told = [
        f"{value_text(facts.reported, facts.unit)} {word_of(verdict)} ({facts.number}, "
        f"version {facts.result_version})"
        for facts, verdict in found
    ]
    return f"{line.criterion.attribute}: {', '.join(told) or 'no result'}"


def value_text(reported: str, unit: str) -> str:
    return f"{reported} {label_of(unit)}".rstrip() if reported else "no value"


def word_of(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")


def _amendment(line: LotAmendment) -> Item:
    kind = AMENDMENT_LABELS[AmendmentKind(line.row.kind)]
    of = f" of run {line.row.run.number}" if line.row.run else ""
    before, after = line.row.corrects, line.row.result
    change = (
        f" from {value_text(before.reported, before.unit)} {before.verdict} to "
        f"{value_text(after.reported, after.unit)} {after.verdict}"
        if before and after
        else ""
    )
    return Item(
        f"{line.row.number}",
        f"{kind}{of}{change}, {STATES[line.state]}. Reason: {line.row.reason}",
        reverse("admin:products_amendment_change", args=[line.row.pk]),
    )


def _investigations(page: LotPage) -> Iterator[Item]:
    for row in page.investigations:
        found = getattr(row, "conclusion", None)
        state = found.outcome.replace("_", " ") if found else "open"
        cause = f" {found.cause}" if found and found.cause else ""
        yield Item(
            row.number,
            f"{row.get_kind_display()}, run {row.run.number}: {state}.{cause}",
            reverse("admin:products_investigation_change", args=[row.pk]),
        )


def _holds(page: LotPage) -> Iterator[Item]:
    for row in page.holds:
        state = "lifted" if hasattr(row, "lift") else "open"
        url = reverse("admin:products_hold_change", args=[row.pk])
        yield Item(f"hold {row.number}", f"{row.reason} ({state})", url)


def _late(page: LotPage) -> Iterator[Item]:
    for line in page.lines:
        if line.run.late_reason and line.facts is not None:
            url = reverse("admin:products_run_change", args=[line.run.pk])
            yield Item(f"late entry of run {line.run.number}", line.run.late_reason, url)


def _changes_of_specification(page: LotPage) -> Iterator[Item]:
    for row in page.changes_of_specification:
        versions = f"{row.from_version.version} to {row.to_version.version}"
        yield Item(f"change of specification {versions}", row.justification)


def _left_out(page: LotPage) -> Iterator[Item]:
    if page.not_required:
        told = "; ".join(f"{one.rule} {one.title.lower()}" for one in page.not_required)
        yield Item("the rules that the profile leaves out", told)
