"""Specification versions and their criteria: immutable once approved."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from products.domain.criteria import (
    CATEGORY_LABELS,
    STAGE_LABELS,
    Category,
    CompareOn,
    LimitKind,
    Rounding,
    SatisfiedBy,
    Stage,
)
from products.domain.methods import DocumentState
from products.models.fields import Record, choices_of, one_of, word_field
from products.models.methods import Method
from products.models.products import Product
from products.models.signatures import Signature


class SpecificationVersion(Record):
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="specifications")
    version = models.PositiveIntegerField()
    state = word_field(DocumentState)
    document = models.CharField(
        max_length=300, help_text="Document number, and the publication it follows if any."
    )
    effective_from = models.DateField()
    change_reason = models.CharField(
        max_length=1000, blank=True, help_text="Why this version follows the one before it."
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approval = models.OneToOneField(
        Signature, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["product", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["product", "version"], name="specification_once"),
            one_of("specification_state_known", "state", DocumentState),
            models.CheckConstraint(
                name="specification_approved_under_signature",
                condition=Q(
                    state=DocumentState.DRAFT.value, approved_at__isnull=True, approval__isnull=True
                )
                | (
                    ~Q(state=DocumentState.DRAFT.value)
                    & Q(approved_at__isnull=False, approval__isnull=False)
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} v{self.version}"


class Criterion(Record):
    """One acceptance criterion. Limits are the text of the document: their digits carry meaning."""

    specification = models.ForeignKey(
        SpecificationVersion, on_delete=models.PROTECT, related_name="criteria"
    )
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=48)
    attribute = models.CharField(max_length=100)
    category = word_field(Category, labels=CATEGORY_LABELS)
    stage = word_field(Stage, labels=STAGE_LABELS)
    method = models.ForeignKey(Method, on_delete=models.PROTECT, related_name="criteria")
    kind = word_field(LimitKind)
    lower = models.CharField(max_length=64, blank=True)
    upper = models.CharField(max_length=64, blank=True)
    lower_strict = models.BooleanField(default=False)
    upper_strict = models.BooleanField(default=False)
    unit = models.CharField(max_length=32, blank=True)
    rounding = word_field(Rounding)
    compare_on = word_field(CompareOn, blank=True)
    allowed_words = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    required = models.BooleanField(default=True)
    satisfied_by = models.CharField(
        max_length=32, choices=choices_of(SatisfiedBy), default=SatisfiedBy.THIS_LOT
    )

    class Meta:
        ordering = ["specification", "position"]
        constraints = [
            models.UniqueConstraint(
                "specification", Upper("code"), name="criterion_code_once_per_specification"
            ),
            models.UniqueConstraint(
                fields=["specification", "position"], name="criterion_position_once"
            ),
            one_of("criterion_category_known", "category", Category),
            one_of("criterion_stage_known", "stage", Stage),
            one_of("criterion_kind_known", "kind", LimitKind),
            one_of("criterion_satisfied_by_known", "satisfied_by", SatisfiedBy),
            one_of("criterion_rounding_known", "rounding", Rounding),
            one_of("criterion_compare_on_known", "compare_on", CompareOn, blank=True),
            models.CheckConstraint(
                name="criterion_strict_says_what_it_compares",
                condition=Q(lower_strict=False, upper_strict=False) | ~Q(compare_on=""),
            ),
        ]

    def __str__(self) -> str:
        return self.code
