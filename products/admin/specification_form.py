"""The form of a specification: its document, and its criteria row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from products.admin.forms import (
    ActionForm,
    ListField,
    Suggesting,
    day,
    long_text,
    reference,
    text,
    word,
)
from products.admin.readings import unit_choices
from products.domain.comparison import KIND_LABELS
from products.domain.criteria import (
    CATEGORY_LABELS,
    STAGE_LABELS,
    Category,
    CompareOn,
    Criterion,
    LimitKind,
    Rounding,
    SatisfiedBy,
    Stage,
    measured_values_that_fail,
)
from products.domain.panels import Panel
from products.models import Method
from products.models.fields import choices_of

ROWS = 6
MOST_ROWS = 60


class CriterionForm(forms.Form):
    """One row; a row without a code is left out."""

    use_required_attribute = False
    code = text("Code", "Empty: the row is left out.")
    attribute = text("Attribute")
    category = word("Category", choices_of(Category, CATEGORY_LABELS))
    stage = word("Stage", choices_of(Stage, STAGE_LABELS))
    method = reference("Method", "Code.")
    kind = word("Kind of limit", choices_of(LimitKind, KIND_LABELS))
    lower = text("Lower limit", "With every digit of the document.")
    lower_strict = forms.BooleanField(label="strict: more than, not equal", required=False)
    upper = text("Upper limit", "With every digit of the document.")
    upper_strict = forms.BooleanField(label="strict: less than, not equal", required=False)
    unit = text("Unit", "UCUM code.", widget=Suggesting(unit_choices()))
    rounding = word(
        "Rounding",
        [(Rounding.USP, "USP: to the limit's decimals"), (Rounding.EP, "Ph. Eur.: to its figures")],
    )
    compare_on = word(
        "Compared", choices_of(CompareOn), "A strict limit needs the choice.", empty="not chosen"
    )
    allowed_words = ListField(label="Allowed words", help_text="For words; with commas.")
    satisfied_by = word(
        "Result of",
        [
            (SatisfiedBy.THIS_LOT, "this lot"),
            (SatisfiedBy.PARENT, "its parent lot: the result is inherited"),
        ],
    )
    required = forms.BooleanField(label="required for release", required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    @property
    def criterion(self) -> Criterion:
        """Raises `ValueError` for a word that is in no list."""
        typed = self.cleaned_data
        return Criterion(
            code=typed["code"],
            attribute=typed["attribute"],
            category=Category(typed["category"]),
            stage=Stage(typed["stage"]),
            method=typed["method"],
            kind=LimitKind(typed["kind"]),
            lower=typed["lower"],
            upper=typed["upper"],
            lower_strict=typed["lower_strict"],
            upper_strict=typed["upper_strict"],
            unit=typed["unit"],
            rounding=Rounding(typed["rounding"]),
            compare_on=CompareOn(typed["compare_on"]) if typed["compare_on"] else None,
            allowed_words=tuple(typed["allowed_words"]),
            required=typed["required"],
            satisfied_by=SatisfiedBy(typed["satisfied_by"] or SatisfiedBy.THIS_LOT),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("code"):
            try:
                self.check = self.criterion
            except ValueError as error:
                raise forms.ValidationError(str(error)) from None
        return cleaned

    @property
    def outcome_of_limits(self) -> str:
        """Which measured values would fail, once the row can be read."""
        check = getattr(self, "check", None)
        return measured_values_that_fail(check) if check else ""


FIELDS = tuple(CriterionForm.base_fields)
CriterionRows = forms.formset_factory(CriterionForm, extra=ROWS, max_num=MOST_ROWS)


class SpecificationForm(ActionForm):
    """The document and its rows; ``show`` checks the rows without saving them."""

    product = reference("Product", "Code.")
    document = text("Document", "Number, and the publication it follows if any.", whole=True)
    effective_from = day("Effective from")
    change_reason = long_text(
        "Why this version",
        "Why it follows the version before it; a first version needs none.",
    )

    def __init__(
        self, data: Any = None, *, begins_with: Sequence[Mapping[str, Any]] = (), **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.rows = CriterionRows(_with_more_rows(data), initial=begins_with, prefix="criteria")
        methods = list(Method.objects.values_list("code", "name")[:300])
        for row in self.rows.forms:
            widget = row.fields["method"].widget
            assert isinstance(widget, Suggesting)
            widget.suggestions = methods

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "more" in self.data:
            raise forms.ValidationError("Nothing is saved yet: there is room for more criteria.")
        if not self.rows.is_valid():
            raise forms.ValidationError("Look at the criteria marked below.")
        cleaned["criteria"] = [
            row.criterion for row in self.rows.forms if row.cleaned_data.get("code")
        ]
        if "check" in self.data:
            raise forms.ValidationError("Nothing is saved yet: the criteria are shown as read.")
        return cleaned


def rows_of(criteria: Iterable[Criterion]) -> list[dict[str, Any]]:
    """What the rows hold that begin with these criteria."""
    return [
        {name: getattr(item, name) for name in FIELDS}
        | {"allowed_words": ", ".join(item.allowed_words), "compare_on": item.compare_on or ""}
        for item in criteria
    ]


def rows_of_panel(panel: Panel) -> list[dict[str, Any]]:
    """The criteria of a panel without method and limit, which each site sets itself."""
    return [
        {
            "code": item.code,
            "attribute": item.attribute,
            "category": item.category,
            "stage": item.stage,
            "kind": item.kind,
            "unit": item.unit,
            "allowed_words": ", ".join(item.allowed_words),
            "required": True,
        }
        for item in panel.templates
    ]


def _with_more_rows(data: Any) -> Any:
    """The typed rows and, when they were asked for, some empty ones after them."""
    if data is None or "more" not in data:
        return data
    widened = data.copy()
    total = widened.get("criteria-TOTAL_FORMS", "")
    if total.isdecimal():
        widened["criteria-TOTAL_FORMS"] = str(min(int(total) + ROWS, MOST_ROWS))
    return widened
