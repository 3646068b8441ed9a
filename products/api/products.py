"""Products: what is made, and under which basis."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.products import assign_profile, register_product
from products.api.accepting import accept
from products.api.bodies import ActionBody, SignedBody, Text
from products.api.filters import Recorded, Words, word
from products.api.listing import Listing, by, listed
from products.api.schema import acts, lists, reads, word_of
from products.api.shown_profiles import ProfileShape, assignment_body, profile_body
from products.api.surface import Body, View, only_parameters
from products.domain.errors import NotFoundError
from products.domain.products import BASIS_LABELS, Basis, RuleProfile, basis_text
from products.models import Product
from products.queries import catalogue

TAG = "Products and specifications"


class ProductFilters(Recorded):
    basis = Words(word("basis"), Basis, BASIS_LABELS, help_text="Basis.")


class ProductShape(serializers.Serializer[None]):
    code = serializers.CharField()
    name = serializers.CharField()
    basis = serializers.CharField()
    basis_reference = serializers.CharField()
    basis_text = serializers.CharField(help_text="As shown beside every status.")
    rule_profile = serializers.CharField(help_text="In force; see profile.")
    profile = ProfileShape()
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


class ProfileBody(SignedBody):
    profile = word_of(RuleProfile)


class ProfilesShape(serializers.Serializer[None]):
    product = serializers.CharField()
    in_force = ProfileShape()
    assignments = ProfileShape(many=True, help_text="Every one ever signed, the latest first.")


PRODUCTS = Listing(ProductShape, name="products", orders=by("code", "code"), filters=ProductFilters)


class Products(View):
    @lists("list_products", "Products, by code", PRODUCTS, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, PRODUCTS, catalogue.products(), _bodies)

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


class Profile(View):
    @reads("read_profile", "The rule profile of a product", ProfilesShape, tag=TAG)
    def get(self, request: Request, product: str) -> Response:
        only_parameters(request, [])
        return _profile_response(product)

    @acts(
        "product.assign_profile",
        "assign_profile",
        "Sign which rules apply to a product",
        tag=TAG,
        request=ProfileBody,
        shape=ProfilesShape,
    )
    def post(self, request: Request, product: str) -> Response:
        context, given = accept(request, ProfileBody)
        assign_profile(context, product=product, **given)
        return _profile_response(product, status=201)


def _find(code: str) -> Product:
    found = catalogue.products().filter(code__iexact=code).first()
    if found is None:
        raise NotFoundError(f"There is no product {code!r}.", field="product")
    return found


def _response(code: str, *, status: int = 200) -> Response:
    return Response(_bodies([_find(code)])[0], status=status)


def _profile_response(code: str, *, status: int = 200) -> Response:
    found = _find(code)
    body = {
        "product": found.code,
        "in_force": profile_body(found),
        "assignments": [assignment_body(row) for row in found.profiles.all()],
    }
    return Response(body, status=status)


def _bodies(rows: list[Product]) -> list[Body]:
    return [
        {
            "code": row.code,
            "name": row.name,
            "basis": row.basis,
            "basis_reference": row.basis_reference,
            "basis_text": basis_text(row.basis, row.basis_reference),
            "rule_profile": profile_body(row)["profile"],
            "profile": profile_body(row),
            "label_claim": row.label_claim,
            "fill_volume_ml": row.fill_volume_ml,
            "storage": row.storage,
            "shelf_life_months": row.shelf_life_months,
            "latest_specification": getattr(row, "latest_specification", None),
        }
        for row in rows
    ]
