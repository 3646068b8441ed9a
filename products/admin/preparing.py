"""What a draft specification begins with: the criteria of the version before it, and panels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest

from products.actions.lookups import find_product
from products.admin.forms import Suggesting, text
from products.admin.parts import Table
from products.admin.specification_form import MOST_ROWS, rows_of, rows_of_panel
from products.domain.errors import DomainError
from products.domain.methods import FAMILY_LABELS
from products.domain.panels import PANELS, Panel
from products.domain.readings import FORMULA_LABELS
from products.models import Product
from products.queries.facts import criterion_of


class PreparationForm(forms.Form):
    """Read from the address: it saves nothing."""

    product = text("Product", "Code.", widget=Suggesting())
    latest = forms.BooleanField(
        label="begin with the criteria of its latest version", required=False
    )
    panel = forms.MultipleChoiceField(
        label="Panels",
        required=False,
        choices=[(panel.code, f"{panel.title} ({len(panel.templates)})") for panel in PANELS],
        widget=forms.CheckboxSelectMultiple({"class": "checks"}),
        error_messages={"invalid_choice": "There is no panel “%(value)s”."},
    )
    panel.is_whole = True  # type: ignore[attr-defined]  # read by the template

    use_required_attribute = False


@dataclass(frozen=True, slots=True)
class Preparation:
    """``panels`` describes those that were chosen, ``rows`` is what the form begins with."""

    form: PreparationForm
    product: str
    rows: list[dict[str, Any]]
    panels: tuple[Table, ...]


def prepared(request: HttpRequest) -> Preparation:
    """As the address says: ``?product=EXO-1&latest=on&panel=misev_size``."""
    form = PreparationForm(request.GET or None, auto_id="begin_%s", label_suffix="")
    widget = form.fields["product"].widget
    assert isinstance(widget, Suggesting)
    products = Product.objects.order_by("code").values_list("code", "name")
    widget.suggestions = list(products)
    if not form.is_bound or not form.is_valid():
        return Preparation(form, request.GET.get("product", ""), [], ())
    typed = dict(form.cleaned_data)
    rows = _of_latest(form, typed) if typed["latest"] else []
    chosen = [panel for panel in PANELS if panel.code in typed["panel"]]
    known = {row["code"].casefold() for row in rows}
    for panel in chosen:
        rows += [row for row in rows_of_panel(panel) if row["code"].casefold() not in known]
    return Preparation(
        form, typed["product"], rows[:MOST_ROWS], tuple(_described(panel) for panel in chosen)
    )


def _of_latest(form: PreparationForm, typed: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        product = find_product(typed["product"])
    except DomainError as error:
        form.add_error("product", error.message)
        return []
    latest = product.specifications.order_by("-version").first()
    if latest is None:
        return []
    rows = latest.criteria.select_related("method").order_by("position")
    return rows_of(criterion_of(row, row.method.code) for row in rows)


def _described(panel: Panel) -> Table:
    return Table(
        f"{panel.title}: what it asks for, after {panel.source}",
        ("Criterion", "Measured by", "Formula of the method", "Note"),
        [
            (
                f"{item.attribute} ({item.code})",
                ", ".join(sorted(FAMILY_LABELS[family] for family in item.families)),
                FORMULA_LABELS[item.formula],
                item.note,
            )
            for item in panel.templates
        ],
    )
