"""Products: what is made, under which basis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from products.actions.products import register_product
from products.admin.forms import ActionForm, text, whole_number, word
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.parts import Shown, Table, link, option
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.domain.products import BASIS_LABELS, Basis, basis_text
from products.models import Product
from products.models.fields import choices_of
from products.templatetags.exolot import mark


class ProductForm(ActionForm):
    code = text("Product code", "Never reused.")
    name = text("Name")
    basis = word("Basis", choices_of(Basis, BASIS_LABELS), "Stands beside every status.")
    basis_reference = text(
        "Reference of the basis", "IND or authorisation number, protocol; or the name of the basis."
    )
    label_claim = text("Label claim", "Particles per vial, as on the label; empty without one.")
    fill_volume_ml = text("Fill volume", "mL per vial.")
    storage = text("Storage", "Such as: at or below -70 °C.")
    shelf_life_months = whole_number("Shelf life", "Months; empty while unknown.", required=False)


@admin.register(Product, site=site)
class ProductAdmin(RecordAdmin[Product]):
    registers = "product.register"
    register_label = "Register a product"
    list_display = ("code", "name", "basis_shown", "storage")
    search_fields = ("code__istartswith", "name__icontains")
    search_help_text = "Code or name"
    ordering = ("code",)

    @admin.display(description="Basis")
    def basis_shown(self, row: Product) -> str:
        return basis_text(row.basis, row.basis_reference)

    def list_links(self, request: HttpRequest) -> list[Crumb]:
        links = super().list_links(request)
        if self.may(request, "specification.draft"):
            url = reverse("admin:products_specificationversion_add")
            links.append(Crumb("Draft a specification", url))
        return links

    def shown(self, request: HttpRequest, record: Product) -> Mapping[str, Any]:
        versions = record.specifications.order_by("-version")
        lots = reverse("admin:products_lot_changelist")
        drafting = reverse("admin:products_specificationversion_add")
        months = record.shelf_life_months
        return Shown(
            facts=[
                ("Name", record.name),
                ("Basis", self.basis_shown(record)),
                ("Rule profile", record.rule_profile),
                ("Label claim", record.label_claim and f"{record.label_claim} particles per vial"),
                ("Fill volume", record.fill_volume_ml and f"{record.fill_volume_ml} mL per vial"),
                ("Storage", record.storage),
                ("Shelf life", f"{months} months" if months else "not stated"),
                ("Lots", link("all lots of this product", f"{lots}?product={record.code}")),
            ],
            tables=[
                Table(
                    "Specification versions",
                    ("Version", "State", "Document", "Effective from"),
                    [
                        (
                            link(
                                f"version {row.version}",
                                reverse(
                                    "admin:products_specificationversion_change", args=[row.pk]
                                ),
                            ),
                            mark(row.state),
                            row.document,
                            str(row.effective_from),
                        )
                        for row in versions
                    ],
                )
            ],
            options=[
                option(
                    request,
                    "specification.draft",
                    "Draft a specification version",
                    f"{drafting}?product={record.code}",
                )
            ],
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            product = register_product(context, **typed)
            return Done(self.url("change", product.pk), f"Product {product.code} is registered.")

        return ActionPage(
            action="product.register",
            title="Register a product",
            form_class=ProductForm,
            perform=perform,
            submit="Register the product",
            back=self.url("changelist"),
            crumbs=(self.list_crumb(),),
        )
