"""Products: what is made, under which basis, with which label claim."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from products.domain.products import BASIS_LABELS, Basis, RuleProfile
from products.models.fields import Record, one_of, word_field


class Product(Record):
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    basis = word_field(Basis, labels=BASIS_LABELS)
    basis_reference = models.CharField(
        max_length=100, blank=True, help_text="IND or authorisation number, protocol."
    )
    rule_profile = word_field(RuleProfile)
    label_claim = models.CharField(
        max_length=64, blank=True, help_text="Particles per vial, as on the label."
    )
    fill_volume_ml = models.CharField(max_length=64, blank=True, help_text="mL per vial.")
    storage = models.CharField(max_length=100)
    shelf_life_months = models.PositiveSmallIntegerField(null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(Upper("code"), name="product_code_never_reused"),
            one_of("product_basis_known", "basis", Basis),
            one_of("product_rule_profile_known", "rule_profile", RuleProfile),
            models.CheckConstraint(
                name="product_basis_is_named",
                condition=Q(basis=Basis.RESEARCH_USE_ONLY.value) | ~Q(basis_reference=""),
            ),
        ]

    def __str__(self) -> str:
        return self.code
