"""Specification versions: drafted with their criteria, approved under signature, compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from products.actions.specifications import draft_specification
from products.admin.attachments import (
    attach_option,
    files_table,
    paper_cell,
    paper_of,
    signed_by,
    transcribe_option,
)
from products.admin.evidence import attaching
from products.admin.pages import ActionPage, Done, require
from products.admin.parts import Option, Shown, link, option
from products.admin.preparing import Preparation, prepared
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.specification_form import SpecificationForm
from products.admin.specification_shown import (
    compared_versions,
    criteria_of,
    criteria_table,
    notes_on,
    state_mark,
    with_successor,
)
from products.admin.specification_signing import approving
from products.admin.surface import RecordAdmin
from products.admin.validity import today_of
from products.domain.methods import DocumentState
from products.domain.roles import Permission
from products.domain.transcriptions import TranscriptionKind
from products.models import Product, SpecificationVersion
from products.queries.attachments import evidence


class SpecificationFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("draft", "Draft"), ("approved", "Approved"), ("superseded", "Superseded")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[SpecificationVersion]
    ) -> QuerySet[SpecificationVersion]:
        if self.value() == "superseded":
            return queryset.filter(Q(state=DocumentState.APPROVED), ~Q(successor=None))
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
        return with_successor(self.get_queryset_of_one(), today_of(request))

    def get_queryset_of_one(self) -> QuerySet[SpecificationVersion]:
        return SpecificationVersion.objects.select_related(
            "product", "approval", "transcription__verification__signature"
        )

    def page_names(self) -> tuple[str, ...]:
        return ("approve", "compare", "attach")

    @admin.display(description="Specification")
    def specification(self, row: SpecificationVersion) -> str:
        return str(row)

    @admin.display(description="State")
    def shown_state(self, row: Any) -> SafeString:
        return state_mark(row.state, row.successor)

    def shown(self, request: HttpRequest, record: SpecificationVersion) -> Mapping[str, Any]:
        row: Any = self.get_queryset(request).get(pk=record.pk)
        criteria = criteria_of(record)
        return Shown(
            mark=self.shown_state(row),
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
                ("Why this version", record.change_reason or "it is the first"),
                ("Approved", f"by {signed_by(record.approval)}" if record.approval else "not yet"),
                ("Paper original", paper_cell(paper_of(record))),
            ],
            tables=[
                criteria_table(criteria),
                files_table(evidence().filter(specification=record), identity_in(request).zone),
            ],
            notes=notes_on(criteria) if record.state == DocumentState.DRAFT else (),
            options=self._options(request, record),
        ).as_context()

    def _options(self, request: HttpRequest, record: SpecificationVersion) -> list[Option]:
        is_draft = record.state == DocumentState.DRAFT
        drafting = f"{self.url('add')}?product={record.product.code}&latest=on"
        has_others = record.product.specifications.exclude(pk=record.pk).exists()
        found = [
            option(
                request,
                "specification.approve",
                "Approve",
                self.url("approve", record.pk),
                why_not="" if is_draft else f"the version is {record.state}.",
                style="primary",
            ),
            Option(
                "Compare with another version",
                self.url("compare", record.pk),
                "" if has_others else "the product has no other version.",
            ),
            option(request, "specification.draft", "Draft the next version", drafting),
            attach_option(request, self.url("attach", record.pk)),
        ]
        if not is_draft:
            found.append(
                transcribe_option(
                    request,
                    TranscriptionKind.SPECIFICATION,
                    str(record),
                    paper_of(record),
                    "Name the paper original",
                )
            )
        return found

    def registration(self, request: HttpRequest) -> ActionPage:
        preparation = prepared(request)

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
            initial={"product": preparation.product},
            arguments={"begins_with": preparation.rows},
            suggestions={
                "product": list(Product.objects.order_by("code").values_list("code", "name"))
            },
            shown=lambda: _shown_before_drafting(preparation),
            crumbs=(self.list_crumb(),),
            is_wide=True,
        )

    def approve_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        page = approving(record, self.url("change", record.pk), self.record_crumbs(record))
        return self.answer(request, page)

    def attach_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        return self.answer(
            request,
            attaching(
                "specification",
                str(record),
                record=f"specification {record}",
                back=self.url("change", record.pk),
                crumbs=self.record_crumbs(record),
            ),
        )

    def compare_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        """With the version that ``?with=`` names, else with the one before it."""
        require(request, Permission.READ, "reading records")
        record = self.record(key)
        versions = list(
            self.get_queryset(request)
            .filter(product=record.product_id)
            .exclude(pk=record.pk)
            .order_by("-version")
        )
        before = [row for row in versions if row.version < record.version]
        typed = request.GET.get("with", "")
        other = next(
            (row for row in versions if str(row.version) == typed),
            None if typed else next(iter([*before, *versions]), None),
        )
        pair = sorted([record, other], key=lambda row: row.version) if other else []
        return TemplateResponse(
            request,
            "admin/exolot/compare.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Specification {record}, compared",
                "crumbs": self.record_crumbs(record),
                "versions": versions,
                "other": other,
                "unknown": typed if typed and other is None else "",
                "product": record.product,
                **(compared_versions(*pair) if pair else {}),
            },
        )


def _shown_before_drafting(preparation: Preparation) -> Mapping[str, object]:
    return {"preparing": preparation.form, "panels": preparation.panels}
