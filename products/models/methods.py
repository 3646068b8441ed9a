"""Test methods and their versions: data, not code."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from products.domain.calculations import Formula
from products.domain.criteria import CATEGORY_LABELS, Category
from products.domain.methods import FAMILY_LABELS, DocumentState, MethodFamily
from products.models.fields import Record, one_of, word_field
from products.models.signatures import Signature


class Method(Record):
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    attribute = models.CharField(max_length=100)
    category = word_field(Category, labels=CATEGORY_LABELS)
    family = word_field(MethodFamily, labels=FAMILY_LABELS, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(Upper("code"), name="method_code_never_reused"),
            one_of("method_category_known", "category", Category),
            one_of("method_family_known", "family", MethodFamily, blank=True),
        ]

    def __str__(self) -> str:
        return self.code


class MethodVersion(Record):
    """How a test is done and calculated. Frozen by the database once approved."""

    method = models.ForeignKey(Method, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    state = word_field(DocumentState)
    document = models.CharField(
        max_length=200, help_text="Number of the written procedure, and what it was chosen after."
    )
    formula = word_field(Formula)
    unit = models.CharField(max_length=32, help_text="UCUM code of the reportable value.")
    replicates = models.PositiveSmallIntegerField(default=1)
    incubation_hours = models.PositiveIntegerField(null=True, blank=True)
    media = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    lod = models.CharField(max_length=64, blank=True)
    loq = models.CharField(max_length=64, blank=True)
    max_cv_percent = models.CharField(max_length=64, blank=True)
    minimum_count = models.PositiveIntegerField(null=True, blank=True)
    sensitivity = models.CharField(
        max_length=64, blank=True, help_text="Lambda of an endotoxin test, in EU/mL."
    )
    min_recovery_percent = models.CharField(max_length=64, blank=True)
    max_recovery_percent = models.CharField(max_length=64, blank=True)
    min_correlation = models.CharField(max_length=64, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approval = models.OneToOneField(
        Signature, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    retirement = models.OneToOneField(
        Signature, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["method", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["method", "version"], name="methodversion_once"),
            one_of("methodversion_state_known", "state", DocumentState),
            one_of("methodversion_formula_known", "formula", Formula),
            models.CheckConstraint(
                name="methodversion_replicates_at_least_one", condition=Q(replicates__gte=1)
            ),
            models.CheckConstraint(
                name="methodversion_approved_under_signature",
                condition=Q(
                    state=DocumentState.DRAFT.value, approved_at__isnull=True, approval__isnull=True
                )
                | (
                    ~Q(state=DocumentState.DRAFT.value)
                    & Q(approved_at__isnull=False, approval__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="methodversion_retired_under_signature",
                condition=Q(
                    state=DocumentState.RETIRED.value,
                    retired_at__isnull=False,
                    retirement__isnull=False,
                )
                | (
                    ~Q(state=DocumentState.RETIRED.value)
                    & Q(retired_at__isnull=True, retirement__isnull=True)
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} v{self.version}"
