"""Methods and their versions: drafted, approved and retired under signature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from products.actions.methods import (
    draft_method_version,
    register_method,
)
from products.admin.attachments import (
    attach_option,
    files_table,
    paper_cell,
    paper_of,
    transcribe_option,
)
from products.admin.evidence import attaching
from products.admin.forms import ActionForm, ListField, Suggesting, text, whole_number, word
from products.admin.method_shown import VERSION_HEADERS, version_line
from products.admin.method_signing import chosen_of, signing
from products.admin.pages import ActionPage, Done
from products.admin.parts import Option, Shown, Table, option
from products.admin.readings import unit_choices
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.admin.trainings import trainings_table
from products.domain.calculations import FORMULA_LABELS, Formula
from products.domain.criteria import CATEGORY_LABELS, Category
from products.domain.methods import FAMILY_LABELS, DocumentState, MethodFamily
from products.domain.transcriptions import TranscriptionKind
from products.models import Method, MethodVersion
from products.models.fields import choices_of
from products.queries.attachments import evidence
from products.queries.registers import trainings

MOST_DIGITS = 10


class MethodForm(ActionForm):
    code = text("Method code", "Never reused.")
    name = text("Name")
    attribute = text("Attribute", "What it measures.")
    category = word("Category", choices_of(Category, CATEGORY_LABELS))
    family = word(
        "Family",
        choices_of(MethodFamily, FAMILY_LABELS),
        "The principle of measurement. Values of different families are never compared; a method "
        "that counts or sizes particles has to state its own.",
        empty="none stated",
    )


class VersionForm(ActionForm):
    aliases = {"media": "culture_media"}
    document = text("Document", "Number of the written procedure.")
    formula = word(
        "Formula",
        choices_of(Formula, FORMULA_LABELS),
        "How the readings become the reportable value.",
    )
    unit = text("Unit", "UCUM code of the reportable value.", widget=Suggesting(unit_choices()))
    replicates = whole_number("Replicates")
    incubation_hours = whole_number("Incubation", "Hours; empty without one.", required=False)
    culture_media = ListField(
        label="Media", help_text="That a sterility test must use, with commas."
    )
    lod = text("Limit of detection", "As in the document; empty if none.")
    loq = text("Limit of quantitation", "As in the document; empty if none.")
    max_cv_percent = text("Largest CV", "In %; empty if none.")
    minimum_count = whole_number("Least count", "Cells per replicate.", required=False)
    sensitivity = text(
        "Sensitivity (lambda)", "Of an endotoxin test, in EU/mL; gives the MVD. Empty otherwise."
    )
    min_recovery_percent = text(
        "Least recovery of the spike", "In %, such as 50; empty for gel clot and other tests."
    )
    max_recovery_percent = text(
        "Largest recovery of the spike", "In %, such as 200; empty for gel clot and other tests."
    )
    min_correlation = text(
        "Least correlation of the standard curve",
        "Absolute value of r, such as 0.980; of a kinetic plate.",
    )


@admin.register(Method, site=site)
class MethodAdmin(RecordAdmin[Method]):
    registers = "method.register"
    register_label = "Register a method"
    list_display = ("code", "name", "attribute", "category", "family_shown")
    search_fields = ("code__istartswith", "name__icontains")
    search_help_text = "Code or name"
    ordering = ("code",)

    def page_names(self) -> tuple[str, ...]:
        return ("draft", "approve", "retire", "attach")

    @admin.display(description="Family")
    def family_shown(self, row: Method) -> str:
        return FAMILY_LABELS.get(row.family, "none stated")

    def shown(self, request: HttpRequest, record: Method) -> Mapping[str, Any]:
        versions = list(_versions(record))
        states = {row.state for row in versions}
        key, zone = record.pk, identity_in(request).zone
        files = evidence().filter(method_version__method=record)
        taught = trainings().filter(method_version__method=record)
        return Shown(
            facts=[
                ("Name", record.name),
                ("Attribute", record.attribute),
                ("Category", record.get_category_display()),
                ("Family", self.family_shown(record)),
            ],
            tables=[
                Table(
                    "Versions",
                    (*VERSION_HEADERS, "Paper original"),
                    [(*version_line(row), paper_cell(paper_of(row))) for row in versions],
                    empty="No version is drafted; without an approved one no run is opened.",
                ),
                trainings_table(
                    request, taught, "Nobody is trained for it: runs of it block their lots."
                ),
                files_table(files, zone),
            ],
            options=[
                option(request, "method.draft", "Draft a version", self.url("draft", key)),
                option(
                    request,
                    "method.approve",
                    "Approve a version",
                    self.url("approve", key),
                    why_not="" if DocumentState.DRAFT in states else "no version is a draft.",
                ),
                option(
                    request,
                    "method.retire",
                    "Retire a version",
                    self.url("retire", key),
                    why_not="" if DocumentState.APPROVED in states else "no version is approved.",
                ),
                *_of_versions(request, versions, self.url("attach", key)),
            ],
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            method = register_method(context, **typed)
            return Done(self.url("change", method.pk), f"Method {method.code} is registered.")

        return ActionPage(
            action="method.register",
            title="Register a method",
            form_class=MethodForm,
            perform=perform,
            submit="Register the method",
            back=self.url("changelist"),
            crumbs=(self.list_crumb(),),
        )

    def draft_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        method = self.record(key)
        back = self.url("change", method.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            media = typed.pop("culture_media")
            version = draft_method_version(context, method=method.code, media=media, **typed)
            return Done(back, f"Version {version.version} of {method.code} is drafted.")

        return self.answer(
            request,
            ActionPage(
                action="method.draft",
                title=f"Draft a version of method {method.code}",
                form_class=VersionForm,
                perform=perform,
                submit="Save the draft",
                back=back,
                initial={"replicates": 1},
                crumbs=self.record_crumbs(method),
            ),
        )

    def approve_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        """Of the draft that ``?version=`` names, else of the newest."""
        return self._signing(request, key, DocumentState.DRAFT)

    def retire_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        """Of the approved version that ``?version=`` names, else of the newest."""
        return self._signing(request, key, DocumentState.APPROVED)

    def attach_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        """The file is of one version, which the address names: ``?version=2``."""
        method = self.record(key)
        found = _versions(method).filter(version=version_in(request)).first()
        if found is None:
            raise Http404(f"Method {method.code} has no such version.")
        return self.answer(
            request,
            attaching(
                "method",
                str(found),
                record=f"method {found}",
                back=self.url("change", method.pk),
                crumbs=self.record_crumbs(method),
            ),
        )

    def _signing(self, request: HttpRequest, key: Any, state: DocumentState) -> HttpResponse:
        method = self.record(key)
        rows = list(_versions(method))
        typed = request.POST.get("version", "") or request.GET.get("version", "")
        chosen = chosen_of(rows, state, typed)
        return self.answer(
            request, signing(rows, chosen, method, state, self.record_crumbs(method))
        )


def version_in(request: HttpRequest) -> int:
    """The version that an address names; 0 for none, or for what is no number."""
    typed = request.GET.get("version", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < MOST_DIGITS else 0


def _versions(method: Method) -> QuerySet[MethodVersion]:
    return (
        method.versions.select_related(
            "method", "approval", "retirement", "transcription__verification__signature"
        )
        .defer("approval__content", "retirement__content")
        .order_by("-version")
    )


def _of_versions(
    request: HttpRequest, versions: Sequence[MethodVersion], attaching_url: str
) -> Iterator[Option]:
    """What may be done with the papers of each version."""
    for row in versions:
        yield attach_option(
            request,
            f"{attaching_url}?version={row.version}",
            f"Attach a file to version {row.version}",
        )
    for row in versions:
        if row.state != DocumentState.DRAFT:
            yield transcribe_option(
                request,
                TranscriptionKind.METHOD,
                str(row),
                paper_of(row),
                f"Name the paper original of version {row.version}",
            )
