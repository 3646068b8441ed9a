"""Rule profiles: which release rules apply to a product, under quality's signature."""

from __future__ import annotations

from django.db import models

from products.domain.products import RuleProfile
from products.models.fields import Record, one_of, word_field
from products.models.products import Product
from products.models.signatures import Signature


class ProfileAssignment(Record):
    """The highest version is in effect; without one the product is strict."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="profiles")
    version = models.PositiveIntegerField()
    profile = word_field(RuleProfile)
    reason = models.CharField(max_length=1000)
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    class Meta:
        ordering = ["product", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["product", "version"], name="profile_version_once"),
            one_of("profile_known", "profile", RuleProfile),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.profile}"
