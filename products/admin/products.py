"""Products: what is made, under which basis, and by which rule profile it is released."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from products.actions.products import assign_profile, register_product
from products.admin.attachments import signed_by
from products.admin.forms import ActionForm, text, whole_number, word
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.parts import Shown, Table, link, option
from products.admin.site import site
from products.admin.specification_shown import state_mark, with_successor
from products.admin.surface import RecordAdmin
from products.admin.validity import today_of
from products.domain.products import (
    BASIS_LABELS,
    PROFILE_LABELS,
    Basis,
    RuleProfile,
    basis_text,
)
from products.domain.profiles import PROFILES
from products.domain.rules import RULES
from products.models import Product
from products.models.fields import choices_of
from products.queries.catalogue import products

NOTHING = "nothing: all rules apply"


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


class ProfileForm(ActionForm):
    profile = word("Rule profile", choices_of(RuleProfile, PROFILE_LABELS), empty="choose")


@admin.register(Product, site=site)
class ProductAdmin(RecordAdmin[Product]):
    registers = "product.register"
    register_label = "Register a product"
    list_display = ("code", "name", "basis_shown", "profile_shown", "storage")
    search_fields = ("code__istartswith", "name__icontains")
    search_help_text = "Code or name"
    ordering = ("code",)

    def page_names(self) -> tuple[str, ...]:
        return ("profile",)

    @admin.display(description="Basis")
    def basis_shown(self, row: Product) -> str:
        return basis_text(row.basis, row.basis_reference)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return products()

    def get_queryset_of_one(self) -> QuerySet[Product]:
        return products()

    @admin.display(description="Rule profile")
    def profile_shown(self, row: Product) -> str:
        return PROFILE_LABELS[profile_of(row)]

    def list_links(self, request: HttpRequest) -> list[Crumb]:
        links = super().list_links(request)
        if self.may(request, "specification.draft"):
            url = reverse("admin:products_specificationversion_add")
            links.append(Crumb("Draft a specification", url))
        return links

    def shown(self, request: HttpRequest, record: Product) -> Mapping[str, Any]:
        versions = with_successor(record.specifications.order_by("-version"), today_of(request))
        lots = reverse("admin:products_lot_changelist")
        drafting = reverse("admin:products_specificationversion_add")
        months = record.shelf_life_months
        return Shown(
            facts=[
                ("Name", record.name),
                ("Basis", self.basis_shown(record)),
                ("Rule profile", self.profile_shown(record)),
                ("What the profile leaves out", left_out(profile_of(record))),
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
                            state_mark(row.state, row.successor),
                            row.document,
                            str(row.effective_from),
                        )
                        for row in versions
                    ],
                ),
                Table(
                    "Rule profiles, the one in effect first",
                    ("Version", "Profile", "Leaves out", "Signed"),
                    [
                        (
                            row.version,
                            PROFILE_LABELS[row.profile],
                            left_out(RuleProfile(row.profile)),
                            signed_by(row.signature),
                        )
                        for row in record.profiles.all()
                    ],
                    empty="Nobody has assigned a profile: all rules apply (strict).",
                ),
            ],
            options=[
                option(
                    request,
                    "specification.draft",
                    "Draft a specification version",
                    f"{drafting}?product={record.code}",
                ),
                option(
                    request,
                    "product.assign_profile",
                    "Assign a rule profile",
                    self.url("profile", record.pk),
                ),
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

    def profile_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        back = self.url("change", record.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            row = assign_profile(context, product=record.code, profile=typed["profile"])
            return Done(
                back, f"Product {record.code} has the profile {PROFILE_LABELS[row.profile]}."
            )

        return self.answer(
            request,
            ActionPage(
                action="product.assign_profile",
                title=f"Assign a rule profile to {record.code}",
                form_class=ProfileForm,
                perform=perform,
                submit="Sign the profile",
                meaning="Rule profile assigned",
                intro="A profile says which rules a release of this product does without. It is in "
                "effect at once; every lot that is not rejected, recalled or void is judged again, "
                "and each lot's page names what is left out and who signed.",
                template="admin/exolot/sign_records.html",
                back=back,
                shown=lambda: {"table": _profiles_table(self.record(record.pk))},
                crumbs=self.record_crumbs(record),
                is_wide=True,
            ),
        )


def profile_of(product: Product) -> RuleProfile:
    """The profile that was signed last; strict while nobody has signed one."""
    latest = next(iter(product.profiles.all()), None)
    return RuleProfile(latest.profile) if latest else RuleProfile.STRICT


def left_out(profile: RuleProfile) -> str:
    """The rules that a profile does without, in words."""
    rules = [rule for rule in RULES if rule.id in PROFILES[profile].left_out]
    named = "; ".join(f"“{rule.title}” ({rule.id})" for rule in rules)
    return f"the rules {named}" if len(rules) > 1 else f"the rule {named}" if rules else NOTHING


def _profiles_table(product: Product) -> Table:
    present = profile_of(product)
    rows = []
    for profile, content in PROFILES.items():
        allowed = Basis(product.basis) in content.bases
        rows.append(
            (
                f"{PROFILE_LABELS[profile]}{' (in effect)' if profile is present else ''}",
                left_out(profile),
                "yes" if content.reviewer_may_release else "no",
                "every basis"
                if content.bases == frozenset(Basis)
                else "; ".join(sorted(BASIS_LABELS[basis] for basis in content.bases)),
                "yes" if allowed else f"no: its basis is {BASIS_LABELS[product.basis]}",
            )
        )
    return Table(
        "What each profile leaves out",
        (
            "Profile",
            "Leaves out",
            "A reviewer may release",
            "For products that are",
            "Possible for this product",
        ),
        rows,
    )
