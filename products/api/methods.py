"""Methods and their versions: drafted, approved and retired under signature."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.methods import (
    approve_method_version,
    draft_method_version,
    register_method,
    retire_method_version,
)
from products.api.accepting import accept
from products.api.bodies import ActionBody, SignedBody, Text
from products.api.filters import Names, Recorded, Words, text, word
from products.api.listing import Listing, by, listed
from products.api.schema import acts, lists, reads, word_of
from products.api.shown import SignatureShape, signature_body
from products.api.shown_runs import PaperShape, paper_body
from products.api.surface import Body, View, only_parameters
from products.domain.calculations import Formula
from products.domain.criteria import CATEGORY_LABELS, Category
from products.domain.errors import NotFoundError
from products.domain.methods import FAMILY_LABELS, MethodFamily
from products.models import Method, MethodVersion
from products.queries import catalogue

TAG = "Methods and equipment"


class MethodFilters(Recorded):
    category = Words(word("category"), Category, CATEGORY_LABELS, help_text="Category.")
    family = Words(
        word("family"), MethodFamily, FAMILY_LABELS, help_text="Principle of measurement."
    )
    attribute = Names(text("attribute"), help_text="What it measures.")


class MethodVersionShape(serializers.Serializer[None]):
    version = serializers.IntegerField()
    state = serializers.CharField()
    document = serializers.CharField()
    formula = serializers.CharField()
    unit = serializers.CharField(help_text="UCUM code of the reportable value.")
    replicates = serializers.IntegerField()
    incubation_hours = serializers.IntegerField(allow_null=True)
    media = serializers.ListField(child=serializers.CharField())
    lod = serializers.CharField()
    loq = serializers.CharField()
    max_cv_percent = serializers.CharField()
    minimum_count = serializers.IntegerField(allow_null=True)
    sensitivity = serializers.CharField(help_text="Lambda of an endotoxin test, in EU/mL.")
    min_recovery_percent = serializers.CharField()
    max_recovery_percent = serializers.CharField()
    min_correlation = serializers.CharField(help_text="Of the standard curve.")
    transcription = PaperShape(allow_null=True, help_text="The paper that it was in force on.")
    approved_at = serializers.DateTimeField(allow_null=True)
    approval = SignatureShape(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)
    retirement = SignatureShape(allow_null=True)


class MethodShape(serializers.Serializer[None]):
    code = serializers.CharField()
    name = serializers.CharField()
    attribute = serializers.CharField()
    category = serializers.CharField()
    family = serializers.CharField(
        help_text="Principle of measurement, empty when none is stated; families are never mixed."
    )
    versions = MethodVersionShape(many=True)


class MethodBody(ActionBody):
    code = Text(max_length=32)
    name = Text(max_length=200)
    attribute = Text(max_length=100)
    category = word_of(Category)
    family = word_of(MethodFamily, blank=True, default="")


class MethodVersionBody(ActionBody):
    document = Text(max_length=200, help_text="Number of the written procedure.")
    formula = word_of(Formula)
    unit = Text(allow_blank=True, max_length=32, help_text="UCUM code of the reportable value.")
    replicates = serializers.IntegerField(default=1, min_value=1, max_value=999)
    incubation_hours = serializers.IntegerField(
        allow_null=True, default=None, min_value=1, max_value=10_000
    )
    media = serializers.ListField(child=Text(max_length=40), max_length=20, default=list)
    lod = Text(allow_blank=True, default="", max_length=64)
    loq = Text(allow_blank=True, default="", max_length=64)
    max_cv_percent = Text(allow_blank=True, default="", max_length=64)
    minimum_count = serializers.IntegerField(
        allow_null=True, default=None, min_value=1, max_value=1_000_000_000
    )
    sensitivity = Text(allow_blank=True, default="", max_length=64)
    min_recovery_percent = Text(allow_blank=True, default="", max_length=64)
    max_recovery_percent = Text(allow_blank=True, default="", max_length=64)
    min_correlation = Text(allow_blank=True, default="", max_length=64)


class MethodApprovalBody(SignedBody):
    pass


class MethodRetirementBody(SignedBody):
    pass


METHODS = Listing(MethodShape, name="methods", orders=by("code", "code"), filters=MethodFilters)


class Methods(View):
    @lists("list_methods", "Methods, by code", METHODS, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, METHODS, catalogue.methods(), _bodies)

    @acts(
        "method.register",
        "register_method",
        "Register a method",
        tag=TAG,
        request=MethodBody,
        shape=MethodShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, MethodBody)
        method = register_method(context, **given)
        return _response(method.code, status=201)


class OneMethod(View):
    @reads("read_method", "One method with its versions", MethodShape, tag=TAG)
    def get(self, request: Request, method: str) -> Response:
        only_parameters(request, [])
        return _response(method)


class MethodVersions(View):
    @acts(
        "method.draft",
        "draft_method_version",
        "Draft the next version of a method",
        tag=TAG,
        request=MethodVersionBody,
        shape=MethodShape,
    )
    def post(self, request: Request, method: str) -> Response:
        context, given = accept(request, MethodVersionBody)
        draft_method_version(context, method=method, **given)
        return _response(method, status=201)


class MethodApproval(View):
    @acts(
        "method.approve",
        "approve_method_version",
        "Approve a drafted method version",
        tag=TAG,
        request=MethodApprovalBody,
        shape=MethodShape,
        status=200,
    )
    def post(self, request: Request, method: str, version: int) -> Response:
        context, given = accept(request, MethodApprovalBody)
        approve_method_version(context, method=method, version=version, **given)
        return _response(method)


class MethodRetirement(View):
    @acts(
        "method.retire",
        "retire_method_version",
        "Retire an approved method version",
        tag=TAG,
        request=MethodRetirementBody,
        shape=MethodShape,
        status=200,
    )
    def post(self, request: Request, method: str, version: int) -> Response:
        context, given = accept(request, MethodRetirementBody)
        retire_method_version(context, method=method, version=version, **given)
        return _response(method)


def _response(code: str, *, status: int = 200) -> Response:
    found = catalogue.methods().filter(code__iexact=code).first()
    if found is None:
        raise NotFoundError(f"There is no method {code!r}.", field="method")
    return Response(_bodies([found])[0], status=status)


def _bodies(rows: list[Method]) -> list[Body]:
    return [
        {
            "code": row.code,
            "name": row.name,
            "attribute": row.attribute,
            "category": row.category,
            "family": row.family,
            "versions": [_version_body(version) for version in row.versions.all()],
        }
        for row in rows
    ]


def _version_body(version: MethodVersion) -> Body:
    paper = getattr(version, "transcription", None)
    return {
        "version": version.version,
        "state": version.state,
        "document": version.document,
        "formula": version.formula,
        "unit": version.unit,
        "replicates": version.replicates,
        "incubation_hours": version.incubation_hours,
        "media": list(version.media),
        "lod": version.lod,
        "loq": version.loq,
        "max_cv_percent": version.max_cv_percent,
        "minimum_count": version.minimum_count,
        "sensitivity": version.sensitivity,
        "min_recovery_percent": version.min_recovery_percent,
        "max_recovery_percent": version.max_recovery_percent,
        "min_correlation": version.min_correlation,
        "transcription": paper and paper_body(paper),
        "approved_at": version.approved_at,
        "approval": version.approval and signature_body(version.approval),
        "retired_at": version.retired_at,
        "retirement": version.retirement and signature_body(version.retirement),
    }
