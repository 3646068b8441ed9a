"""Two versions of a specification side by side, and panels that one may begin with."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.schema import reads
from products.api.surface import Body, View, only_parameters
from products.domain.comparison import CHANGE_LABELS, ChangeKind, CriterionChange, compare
from products.domain.criteria import Criterion
from products.domain.errors import InvalidValueError
from products.domain.panels import PANELS, CriterionTemplate, Panel
from products.models import SpecificationVersion
from products.queries.catalogue import specification_with_criteria
from products.queries.facts import criterion_of

TAG = "Products and specifications"
FROM, TO = "from", "to"
LONGEST = 9
VERSIONS = [
    OpenApiParameter(FROM, int, required=True, description="The one version."),
    OpenApiParameter(TO, int, required=True, description="The other version."),
]


class ComparedVersionShape(serializers.Serializer[None]):
    version = serializers.IntegerField()
    state = serializers.CharField()
    document = serializers.CharField()
    effective_from = serializers.DateField()
    change_reason = serializers.CharField()


class FieldChangeShape(serializers.Serializer[None]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of the answer
    before = serializers.CharField(help_text="As shown to people; empty where nothing is stated.")
    after = serializers.CharField()


class CriterionChangeShape(serializers.Serializer[None]):
    code = serializers.CharField()
    kind = serializers.CharField(help_text=f"One of {', '.join(ChangeKind)}.")
    label = serializers.CharField()  # type: ignore[assignment]  # a field of the answer
    effect = serializers.CharField(help_text="Whether less or more passes, where it can be told.")
    fields = FieldChangeShape(  # type: ignore[assignment]  # a field of the answer
        many=True, help_text="Those that differ."
    )


class ComparisonShape(serializers.Serializer[None]):
    product = serializers.CharField()
    from_version = ComparedVersionShape()
    to_version = ComparedVersionShape()
    criteria = CriterionChangeShape(many=True, help_text="Every criterion of both.")


class TemplateShape(serializers.Serializer[None]):
    code = serializers.CharField()
    attribute = serializers.CharField()
    category = serializers.CharField()
    stage = serializers.CharField()
    kind = serializers.CharField()
    unit = serializers.CharField(help_text="UCUM code.")
    allowed_words = serializers.ListField(child=serializers.CharField())
    families = serializers.ListField(
        child=serializers.CharField(), help_text="Families of methods that can measure it."
    )
    formula = serializers.CharField()
    note = serializers.CharField()


class PanelShape(serializers.Serializer[None]):
    code = serializers.CharField()
    title = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of the answer
    templates = TemplateShape(many=True, help_text="Criteria without limits: a site sets its own.")


class PanelsShape(serializers.Serializer[None]):
    panels = PanelShape(many=True)


class SpecificationComparison(View):
    @reads(
        "compare_specifications",
        "What differs between two versions, criterion by criterion",
        ComparisonShape,
        tag=TAG,
        parameters=VERSIONS,
        checked=True,
    )
    def get(self, request: Request, product: str) -> Response:
        only_parameters(request, [FROM, TO])
        before = specification_with_criteria(product, _version(request, FROM))
        after = specification_with_criteria(product, _version(request, TO))
        return Response(
            {
                "product": before.product.code,
                "from_version": _version_body(before),
                "to_version": _version_body(after),
                "criteria": [
                    _change_body(change) for change in compare(_criteria(before), _criteria(after))
                ],
            }
        )


class CriteriaPanels(View):
    @reads(
        "read_criteria_panels",
        "Criteria that a specification of vesicles may begin with",
        PanelsShape,
        tag=TAG,
        named=False,
    )
    def get(self, request: Request) -> Response:
        only_parameters(request, [])
        return Response({"panels": [_panel_body(panel) for panel in PANELS]})


def _version(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST):
        raise InvalidValueError(
            f"State the two versions to compare, as in ?{FROM}=1&{TO}=2.", field=name
        )
    return int(text)


def _criteria(version: SpecificationVersion) -> list[Criterion]:
    return [criterion_of(row, row.method.code) for row in version.criteria.all()]


def _version_body(version: SpecificationVersion) -> Body:
    return {
        "version": version.version,
        "state": version.state,
        "document": version.document,
        "effective_from": version.effective_from,
        "change_reason": version.change_reason,
    }


def _change_body(change: CriterionChange) -> Body:
    return {
        "code": change.code,
        "kind": change.kind,
        "label": CHANGE_LABELS[change.kind],
        "effect": change.effect,
        "fields": [
            {
                "name": field.name,
                "label": field.label,
                "before": field.before,
                "after": field.after,
            }
            for field in change.fields
        ],
    }


def _panel_body(panel: Panel) -> Body:
    return {
        "code": panel.code,
        "title": panel.title,
        "source": panel.source,
        "templates": [_template_body(template) for template in panel.templates],
    }


def _template_body(template: CriterionTemplate) -> Body:
    return {
        "code": template.code,
        "attribute": template.attribute,
        "category": template.category,
        "stage": template.stage,
        "kind": template.kind,
        "unit": template.unit,
        "allowed_words": list(template.allowed_words),
        "families": sorted(template.families),
        "formula": template.formula,
        "note": template.note,
    }
