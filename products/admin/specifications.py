"""Specification versions: drafted with their criteria, approved under signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from products.actions.specifications import approve_specification, draft_specification
from products.admin.forms import ActionForm, ListField, Suggesting, day, reference, text, word
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown, Table, link, option
from products.admin.readings import unit_choices
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.criteria import (
    CATEGORY_LABELS,
    STAGE_LABELS,
    Category,
    CompareOn,
    Criterion,
    LimitKind,
    Rounding,
    Stage,
    check_criterion,
    measured_values_that_fail,
)
from products.domain.lots import local_text
from products.domain.methods import DocumentState
from products.models import Method, Product, SpecificationVersion
from products.models.fields import choices_of
from products.queries.facts import criterion_of
from products.templatetags.exolot import mark

ROWS = 6
MOST_ROWS = 60
HEADERS = ("Criterion", "Category", "Stage", "Limit", "Compared", "Method", "Required")


class CriterionForm(forms.Form):
    """One row; a row without a code is left out."""

    use_required_attribute = False
    code = text("Code", "Empty: the row is left out.")
    attribute = text("Attribute")
    category = word("Category", choices_of(Category, CATEGORY_LABELS))
    stage = word("Stage", choices_of(Stage, STAGE_LABELS))
    method = reference("Method", "Code.")
    kind = word("Kind of limit", choices_of(LimitKind))
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


CriterionRows = forms.formset_factory(CriterionForm, extra=ROWS, max_num=MOST_ROWS)


class SpecificationForm(ActionForm):
    """The document and its rows; ``show`` checks the rows without saving them."""

    product = reference("Product", "Code.")
    document = text("Document", "Number, and the publication it follows if any.", whole=True)
    effective_from = day("Effective from")

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.rows = CriterionRows(_with_more_rows(data), prefix="criteria")
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


def _with_more_rows(data: Any) -> Any:
    """The typed rows and, when they were asked for, some empty ones after them."""
    if data is None or "more" not in data:
        return data
    widened = data.copy()
    total = widened.get("criteria-TOTAL_FORMS", "")
    if total.isdecimal():
        widened["criteria-TOTAL_FORMS"] = str(min(int(total) + ROWS, MOST_ROWS))
    return widened


class SpecificationFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("draft", "Draft"), ("approved", "Approved")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[SpecificationVersion]
    ) -> QuerySet[SpecificationVersion]:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(SpecificationVersion, site=site)
class SpecificationAdmin(RecordAdmin[SpecificationVersion]):
    registers = "specification.draft"
    register_label = "Draft a specification"
    list_title = "Specifications"
    list_display = ("specification", "shown_state", "document", "effective_from")
    list_filter = (SpecificationFilter,)
    search_fields = ("product__code__istartswith",)
    search_help_text = "Product code"
    ordering = ("product__code", "-version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SpecificationVersion]:
        return self.get_queryset_of_one()

    def get_queryset_of_one(self) -> QuerySet[SpecificationVersion]:
        return SpecificationVersion.objects.select_related("product", "approval")

    def page_names(self) -> tuple[str, ...]:
        return ("approve",)

    @admin.display(description="Specification")
    def specification(self, row: SpecificationVersion) -> str:
        return str(row)

    @admin.display(description="State")
    def shown_state(self, row: SpecificationVersion) -> SafeString:
        return mark(row.state)

    def shown(self, request: HttpRequest, record: SpecificationVersion) -> Mapping[str, Any]:
        signature = record.approval
        is_draft = record.state == DocumentState.DRAFT
        return Shown(
            mark=mark(record.state),
            facts=[
                (
                    "Product",
                    link(
                        record.product.name,
                        reverse("admin:products_product_change", args=[record.product_id]),
                    ),
                ),
                ("Version", record.version),
                ("Document", record.document),
                ("Effective from", str(record.effective_from)),
                (
                    "Approved",
                    f"by {signature.printed_name}, "
                    f"{local_text(signature.signed_at, signature.zone)}: {signature.reason}"
                    if signature
                    else "not yet",
                ),
            ],
            tables=[_criteria_table(criteria_of(record))],
            notes=_notes(criteria_of(record)) if is_draft else (),
            options=[
                option(
                    request,
                    "specification.approve",
                    "Approve",
                    self.url("approve", record.pk),
                    why_not="" if is_draft else f"the version is {record.state}.",
                    style="primary",
                )
            ],
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            version = draft_specification(context, **typed)
            return Done(self.url("change", version.pk), f"Specification {version} is drafted.")

        return ActionPage(
            action="specification.draft",
            title="Draft a specification",
            form_class=SpecificationForm,
            perform=perform,
            submit="Save the draft",
            template="admin/exolot/specification_form.html",
            back=self.url("changelist"),
            initial={"product": request.GET.get("product", "")},
            suggestions={
                "product": list(Product.objects.order_by("code").values_list("code", "name"))
            },
            crumbs=(self.list_crumb(),),
            is_wide=True,
        )

    def approve_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        back = self.url("change", record.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            approve_specification(context, product=record.product.code, version=record.version)
            return Done(back, f"Specification {record} is approved.")

        return self.answer(
            request,
            ActionPage(
                action="specification.approve",
                title=f"Approve specification {record}",
                form_class=ActionForm,
                perform=perform,
                submit="Sign and approve",
                meaning="Approved",
                intro=f"{record.document}, effective from {record.effective_from}. An approved "
                "version never changes.",
                template="admin/exolot/sign_records.html",
                back=back,
                shown=lambda: {
                    "table": _criteria_table(criteria_of(record)),
                    "notes": _notes(criteria_of(record)),
                },
                crumbs=self.record_crumbs(record),
                is_wide=True,
            ),
        )


def criteria_of(record: SpecificationVersion) -> list[Criterion]:
    rows = record.criteria.select_related("method").order_by("position")
    return [criterion_of(row, row.method.code) for row in rows]


def _criteria_table(criteria: Sequence[Criterion]) -> Table:
    return Table(
        "Criteria",
        HEADERS,
        [
            (
                f"{item.attribute} ({item.code})",
                CATEGORY_LABELS[item.category],
                STAGE_LABELS[item.stage],
                item.limit_text,
                _compared(item),
                item.method,
                "yes" if item.required else "no",
            )
            for item in criteria
        ],
    )


def _compared(item: Criterion) -> str:
    if not item.is_numeric:
        return "as words"
    how = "USP" if item.rounding is Rounding.USP else "Ph. Eur."
    way = item.compared_on
    return f"{way.value if way else 'not chosen'}, {how} rounding"


def _notes(criteria: Sequence[Criterion]) -> list[str]:
    """What is still missing, and which measured values a strict limit fails."""
    found = []
    for item in criteria:
        found += [f"Criterion {item.code}: {defect}" for defect in check_criterion(item)]
        if item.is_strict:
            found.append(f"Criterion {item.code}: {measured_values_that_fail(item)}")
    return found
