"""Specification versions with their criteria: drafted, then approved under signature."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.specifications import approve_specification, draft_specification
from products.api.accepting import accept
from products.api.as_of import then_too
from products.api.bodies import ActionBody, Part, SignedBody, Text, several
from products.api.filters import Names, Recorded, Words, record, word
from products.api.listing import Listing, listed, newest
from products.api.past_shapes import as_of
from products.api.schema import acts, lists, reads, word_of
from products.api.shown import SignatureShape, signature_body
from products.api.shown_runs import PaperShape, paper_body
from products.api.surface import Body, View, only_parameters
from products.domain.criteria import (
    Category,
    CompareOn,
    Criterion,
    LimitKind,
    Rounding,
    SatisfiedBy,
    Stage,
)
from products.domain.methods import DocumentState
from products.models import Criterion as CriterionRow
from products.models import Product, SpecificationVersion
from products.queries import catalogue
from products.queries.facts import criterion_of

TAG = "Products and specifications"


class SpecificationFilters(Recorded):
    product = Names(record("product", Product, "code"), help_text="Code of the product.")
    state = Words(word("state"), DocumentState, help_text="State.")


class CriterionShape(serializers.Serializer[None]):
    code = serializers.CharField()
    attribute = serializers.CharField()
    category = serializers.CharField()
    stage = serializers.CharField()
    method = serializers.CharField()
    kind = serializers.CharField()
    limit = serializers.CharField(help_text="As shown to people.")
    lower = serializers.CharField(help_text="As printed; its digits say how to round.")
    upper = serializers.CharField()
    lower_strict = serializers.BooleanField()
    upper_strict = serializers.BooleanField()
    unit = serializers.CharField(help_text="UCUM code.")
    rounding = serializers.CharField()
    compare_on = serializers.CharField(allow_null=True)
    allowed_words = serializers.ListField(child=serializers.CharField())
    required = serializers.BooleanField()  # type: ignore[assignment]  # a field of the answer
    satisfied_by = serializers.CharField(
        help_text="this_lot, or parent: inherited from the lots it is made from."
    )


class SpecificationRowShape(serializers.Serializer[None]):
    product = serializers.CharField()
    version = serializers.IntegerField()
    state = serializers.CharField()
    document = serializers.CharField()
    effective_from = serializers.DateField()
    change_reason = serializers.CharField(help_text="Why it follows the version before it.")
    transcription = PaperShape(allow_null=True, help_text="The paper that it was in force on.")
    approved_at = serializers.DateTimeField(allow_null=True)
    approval = SignatureShape(allow_null=True)


class SpecificationShape(SpecificationRowShape):
    criteria = CriterionShape(many=True)


class CriterionPart(Part):
    code = Text(max_length=48)
    attribute = Text(max_length=100)
    category = word_of(Category)
    stage = word_of(Stage)
    method = Text(max_length=32)
    kind = word_of(LimitKind)
    lower = Text(allow_blank=True, default="", max_length=64)
    upper = Text(allow_blank=True, default="", max_length=64)
    lower_strict = serializers.BooleanField(default=False)
    upper_strict = serializers.BooleanField(default=False)
    unit = Text(allow_blank=True, default="", max_length=32, help_text="UCUM code.")
    rounding = word_of(Rounding, default=Rounding.USP.value)
    compare_on = word_of(CompareOn, blank=True, default="")
    allowed_words = serializers.ListField(child=Text(max_length=100), max_length=50, default=list)
    required = serializers.BooleanField(default=True)  # type: ignore[assignment]  # a field of the answer
    satisfied_by = word_of(SatisfiedBy, default=SatisfiedBy.THIS_LOT.value)


class SpecificationBody(ActionBody):
    product = Text(max_length=32)
    document = Text(max_length=300)
    effective_from = serializers.DateField()
    change_reason = Text(
        allow_blank=True,
        default="",
        max_length=1000,
        help_text="Needed from the second version on.",
    )
    criteria = several(CriterionPart, max_length=500)


class SpecificationApprovalBody(SignedBody):
    pass


SPECIFICATIONS = Listing(
    SpecificationRowShape, name="specifications", orders=newest(), filters=SpecificationFilters
)


class Specifications(View):
    @lists(
        "list_specifications",
        "Specification versions, newest first",
        SPECIFICATIONS,
        tag=TAG,
        past=True,
    )
    @then_too
    def get(self, request: Request, now: datetime) -> Response:
        return listed(request, SPECIFICATIONS, catalogue.specifications(), _bodies)

    @acts(
        "specification.draft",
        "draft_specification",
        "Draft the next specification version of a product",
        tag=TAG,
        request=SpecificationBody,
        shape=SpecificationShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, SpecificationBody)
        given["criteria"] = [_criterion(part) for part in given["criteria"]]
        drafted = draft_specification(context, **given)
        response = _response(drafted.product.code, drafted.version, status=201)
        response["Location"] = reverse(
            "api:specification", args=[drafted.product.code, drafted.version]
        )
        return response


class OneSpecification(View):
    @reads(
        "read_specification",
        "One version with its criteria",
        SpecificationShape,
        tag=TAG,
        past=as_of(SpecificationShape),
    )
    @then_too
    def get(self, request: Request, now: datetime, product: str, specification: int) -> Response:
        only_parameters(request, [])
        return _response(product, specification)


class SpecificationApproval(View):
    @acts(
        "specification.approve",
        "approve_specification",
        "Approve a drafted specification version",
        tag=TAG,
        request=SpecificationApprovalBody,
        shape=SpecificationShape,
        status=200,
    )
    def post(self, request: Request, product: str, specification: int) -> Response:
        context, given = accept(request, SpecificationApprovalBody)
        approve_specification(context, product=product, version=specification, **given)
        return _response(product, specification)


def _criterion(part: dict[str, Any]) -> Criterion:
    """The words of `part` are known ones: its fields checked them."""
    compare_on = part.pop("compare_on")
    return Criterion(
        code=part["code"],
        attribute=part["attribute"],
        category=Category(part["category"]),
        stage=Stage(part["stage"]),
        method=part["method"],
        kind=LimitKind(part["kind"]),
        lower=part["lower"],
        upper=part["upper"],
        lower_strict=part["lower_strict"],
        upper_strict=part["upper_strict"],
        unit=part["unit"],
        rounding=Rounding(part["rounding"]),
        compare_on=CompareOn(compare_on) if compare_on else None,
        allowed_words=tuple(part["allowed_words"]),
        required=part["required"],
        satisfied_by=SatisfiedBy(part["satisfied_by"]),
    )


def _response(product: str, version: int, *, status: int = 200) -> Response:
    found = catalogue.specification_with_criteria(product, version)
    criteria = [_criterion_body(row) for row in found.criteria.all()]
    return Response({**_bodies([found])[0], "criteria": criteria}, status=status)


def _criterion_body(row: CriterionRow) -> Body:
    criterion = criterion_of(row, row.method.code)
    return {
        "code": criterion.code,
        "attribute": criterion.attribute,
        "category": criterion.category,
        "stage": criterion.stage,
        "method": criterion.method,
        "kind": criterion.kind,
        "limit": criterion.limit_text,
        "lower": criterion.lower,
        "upper": criterion.upper,
        "lower_strict": criterion.lower_strict,
        "upper_strict": criterion.upper_strict,
        "unit": criterion.unit,
        "rounding": criterion.rounding,
        "compare_on": criterion.compare_on,
        "allowed_words": list(criterion.allowed_words),
        "required": criterion.required,
        "satisfied_by": row.satisfied_by,
    }


def _bodies(rows: list[SpecificationVersion]) -> list[Body]:
    return [
        {
            "product": row.product.code,
            "version": row.version,
            "state": row.state,
            "document": row.document,
            "effective_from": row.effective_from,
            "change_reason": row.change_reason,
            "transcription": _paper(row),
            "approved_at": row.approved_at,
            "approval": row.approval and signature_body(row.approval),
        }
        for row in rows
    ]


def _paper(row: SpecificationVersion) -> Body | None:
    paper = getattr(row, "transcription", None)
    return paper_body(paper) if paper else None
