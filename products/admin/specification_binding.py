"""The pages that bind a lot to another specification version: which, and what that changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from products.actions.specification_changes import Judged, change_lot_specification, judged_under
from products.admin.as_of import refuse_as_of
from products.admin.confirming import ConfirmingForm, Item, value_text, word_of
from products.admin.dispositions import judged
from products.admin.pages import ActionPage, Crumb, Done, answer, require
from products.admin.specification_shown import criteria_of
from products.admin.specification_signing import items_of_differences
from products.domain.comparison import FieldChange
from products.domain.criteria import Verdict
from products.domain.methods import DocumentState
from products.domain.roles import Permission
from products.models import Lot, SpecificationVersion

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite


class BindingForm(ConfirmingForm):
    """It states the version that it shows, and is signed for that one."""

    version = forms.IntegerField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "Justification"
        self.fields["reason"].help_text = "Why the lot is judged by another version; it is shown."


def offered(lot: Lot) -> list[SpecificationVersion]:
    """The approved versions that the lot is not bound to, latest first."""
    return list(
        SpecificationVersion.objects.filter(product=lot.product, state=DocumentState.APPROVED)
        .exclude(pk=lot.specification_id)
        .order_by("-version")
    )


def answer_binding(
    site: AdminSite, request: HttpRequest, lot: Lot, crumbs: tuple[Crumb, ...]
) -> HttpResponse:
    """For the version that the form states or the address chooses, or for the only one."""
    refuse_as_of(request)
    versions = offered(lot)
    typed = request.POST.get("version") or request.GET.get("version", "")
    only = versions[0] if len(versions) == 1 and not typed else None
    chosen = next((row for row in versions if str(row.version) == typed), only)
    if chosen is not None:
        return answer(site, request, binding(lot, chosen, crumbs))
    title = f"Bind lot {lot.number} to another specification version"
    require(request, Permission.APPROVE, f"“{title}”")
    return TemplateResponse(
        request,
        "admin/exolot/which_version.html",
        {
            **site.each_context(request),
            "title": title,
            "crumbs": crumbs,
            "lot": lot,
            "versions": versions,
            "unknown": typed,
        },
    )


def binding(lot: Lot, after: SpecificationVersion, crumbs: tuple[Crumb, ...]) -> ActionPage:
    back = reverse("admin:products_lot_change", args=[lot.pk])

    def perform(context: Any, typed: dict[str, Any]) -> Done:
        change = change_lot_specification(context, lot=lot.number, version=typed["version"])
        return Done(
            back,
            f"Lot {lot.number} is bound to specification version {change.to_version.version}. "
            "Every result keeps its verdict under the earlier version beside the new one.",
        )

    return ActionPage(
        action="lot.change_specification",
        title=f"Bind lot {lot.number} to specification version {after.version}",
        form_class=BindingForm,
        perform=perform,
        submit="Sign the change",
        meaning="Specification version changed",
        intro=f"The lot is bound to version {lot.specification.version}. Every final result is "
        "judged again; both verdicts are kept, and a fail under either version counts.",
        template="admin/exolot/decide.html",
        back=back,
        lot=lot,
        initial={"version": after.version},
        arguments={"items": [*items_of_binding(lot, after)]},
        shown=lambda: judged(lot),
        crumbs=crumbs,
        is_wide=True,
    )


def items_of_binding(lot: Lot, after: SpecificationVersion) -> Iterator[Item]:
    """The document, each criterion that differs, and each result with both its verdicts."""
    before = lot.specification
    yield Item(
        "the document",
        f"Version {after.version}, {after.document}, effective from {after.effective_from}, in "
        f"place of version {before.version}, {before.document}.",
        reverse("admin:products_specificationversion_change", args=[after.pk]),
    )
    against = f"against version {before.version}"
    yield from items_of_differences(criteria_of(before), criteria_of(after), against)
    for one in judged_under(lot, after):
        yield _result(one, before, after)


def _result(one: Judged, before: SpecificationVersion, after: SpecificationVersion) -> Item:
    result, run = one.result, one.result.run
    assert run.criterion is not None  # only such results are judged again
    label = f"{run.criterion.attribute} of run {run.number}"
    url = reverse("admin:products_run_change", args=[run.pk])
    recorded = value_text(result.reported, result.unit)
    old = word_of(Verdict(result.verdict))
    if one.again is None:
        told = f"{recorded}: {old} as recorded. Version {after.version} has no such criterion."
        return Item(label, told, url, flag="Not judged again")
    again = one.again[1]
    new = word_of(again.verdict)
    told = f"{recorded}: {old} as recorded, {new} under version {after.version}. {again.reason}"
    if new == old:
        return Item(label, told.strip(), url)
    changes = (FieldChange("verdict", "Verdict", old, new),)
    return Item(label, told.strip(), url, flag="Another verdict", changes=changes)
