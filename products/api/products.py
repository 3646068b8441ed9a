"""Products: what is made, and under which basis."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.products import register_product
from products.api.filters import ChoiceFilter, Filters
from products.api.listing import listed
from products.api.pagination import Keyset
from products.api.schema import acts, lists, reads, word_of
from products.api.surface import ActionBody, Body, Text, View, accept, only_parameters
from products.domain.errors import NotFoundError
from products.domain.products import BASIS_LABELS, Basis, RuleProfile, basis_text
from products.models import Product
from products.models.fields import choices_of
from products.queries import catalogue

TAG = "Products and specifications"
BY_CODE = Keyset("products", ("code",))


class ProductFilters(Filters):
    basis = ChoiceFilter(choices=choices_of(Basis, BASIS_LABELS), help_text="Basis.")


class ProductShape(serializers.Serializer[None]):
    code = serializers.CharField()
    name = serializers.CharField()
    basis = serializers.CharField()
    basis_reference = serializers.CharField()
    basis_text = serializers.CharField(help_text="As shown beside every status.")
    rule_profile = serializers.CharField()
    label_claim = serializers.CharField(help_text="Particles per vial, as on the label.")
    fill_volume_ml = serializers.CharField()
    storage = serializers.CharField()
    shelf_life_months = serializers.IntegerField(allow_null=True)
    latest_specification = serializers.IntegerField(
        allow_null=True, help_text="Highest approved version."
    )


class ProductBody(ActionBody):
    code = Text(max_length=32)
    name = Text(max_length=200)
    basis = word_of(Basis)
    basis_reference = Text(allow_blank=True, default="", max_length=100)
    rule_profile = word_of(RuleProfile, default=RuleProfile.STRICT.value)
    label_claim = Text(allow_blank=True, default="", max_length=64)
    fill_volume_ml = Text(allow_blank=True, default="", max_length=64)
    storage = Text(max_length=100)
    shelf_life_months = serializers.IntegerField(
        allow_null=True, default=None, min_value=1, max_value=1200
    )


class Products(View):
    @lists("list_products", "Products, by code", ProductShape, tag=TAG, filters=ProductFilters)
    def get(self, request: Request) -> Response:
        return listed(request, catalogue.products(), BY_CODE, _bodies, ProductFilters)

    @acts(
        "product.register",
        "register_product",
        "Register a product under its basis",
        tag=TAG,
        request=ProductBody,
        shape=ProductShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, ProductBody)
        product = register_product(context, **given)
        return _response(product.code, status=201)


class OneProduct(View):
    @reads("read_product", "One product", ProductShape, tag=TAG)
    def get(self, request: Request, product: str) -> Response:
        only_parameters(request, [])
        return _response(product)


def _response(code: str, *, status: int = 200) -> Response:
    found = catalogue.products().filter(code__iexact=code).first()
    if found is None:
        raise NotFoundError(f"There is no product {code!r}.", field="product")
    return Response(_bodies([found])[0], status=status)


def _bodies(rows: list[Product]) -> list[Body]:
    return [
        {
            "code": row.code,
            "name": row.name,
            "basis": row.basis,
            "basis_reference": row.basis_reference,
            "basis_text": basis_text(row.basis, row.basis_reference),
            "rule_profile": row.rule_profile,
            "label_claim": row.label_claim,
            "fill_volume_ml": row.fill_volume_ml,
            "storage": row.storage,
            "shelf_life_months": row.shelf_life_months,
            "latest_specification": getattr(row, "latest_specification", None),
        }
        for row in rows
    ]
