"""Lots: one production run of one product, with the stored answer to "may it be released?"."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Trim, Upper

from products.domain.lots import NEEDS_JUDGING, Decision, Precision, ReleaseStatus
from products.models.fields import Record, one_of, word_field
from products.models.people import Person
from products.models.products import Product
from products.models.signatures import Signature
from products.models.sites import Site
from products.models.sources import TissueSource
from products.models.specifications import SpecificationVersion


class Lot(Record):
    """``release_status`` holds until ``judged_until``, then ``next_status``: read it through
    `products.queries.lots.effective_status` only.
    """

    number = models.CharField(max_length=32, unique=True, help_text="As printed on the label.")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lots")
    specification = models.ForeignKey(
        SpecificationVersion, on_delete=models.PROTECT, related_name="lots"
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="lots")
    made_on = models.DateField()
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="lots_made")
    vials = models.PositiveIntegerField()
    expires_on = models.DateField(null=True, blank=True, help_text="Last day of use.")
    expires_precision = word_field(Precision, blank=True)
    stability_study = models.CharField(max_length=100, blank=True)
    stability_signature = models.OneToOneField(
        Signature, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    decision = word_field(Decision)
    decision_number = models.PositiveIntegerField(default=0)
    release_status = word_field(ReleaseStatus)
    next_status = word_field(ReleaseStatus)
    judged_until = models.DateTimeField(default=NEEDS_JUDGING)
    judged_at = models.DateTimeField(null=True)
    blocks = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-made_on", "-id"]
        constraints = [
            models.UniqueConstraint(Upper(Trim("number")), name="lot_number_never_reused"),
            models.CheckConstraint(
                name="lot_number_is_trimmed", condition=Q(number=Trim(F("number"))) & ~Q(number="")
            ),
            one_of("lot_decision_known", "decision", Decision),
            one_of("lot_release_status_known", "release_status", ReleaseStatus),
            one_of("lot_next_status_known", "next_status", ReleaseStatus),
            one_of("lot_expires_precision_known", "expires_precision", Precision, blank=True),
            models.CheckConstraint(
                name="lot_expiry_has_a_precision",
                condition=Q(expires_on__isnull=True, expires_precision="")
                | (Q(expires_on__isnull=False) & ~Q(expires_precision="")),
            ),
            models.CheckConstraint(
                name="lot_expires_after_made",
                condition=Q(expires_on__isnull=True) | Q(expires_on__gte=F("made_on")),
            ),
            models.CheckConstraint(
                name="lot_without_expiry_is_signed_for",
                condition=Q(stability_study="", stability_signature__isnull=True)
                | (
                    ~Q(stability_study="")
                    & Q(stability_signature__isnull=False, expires_on__isnull=True)
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["-made_on", "-id"], name="lot_by_made_on"),
            models.Index(fields=["release_status", "-made_on", "-id"], name="lot_by_status"),
            models.Index(fields=["product", "-made_on", "-id"], name="lot_by_product"),
            models.Index(fields=["judged_until"], name="lot_by_judged_until"),
            models.Index(fields=["expires_on"], name="lot_by_expiry"),
            models.Index(Coalesce("expires_on", Value(date.max)), "id", name="lot_by_last_day"),
            models.Index(fields=["recorded_at"], name="lot_by_time"),
            models.Index(
                fields=["judged_at", "id"],
                name="lot_ready",
                condition=Q(release_status=ReleaseStatus.QUARANTINED.value, blocks=[]),
            ),
            GinIndex(OpClass("blocks", name="jsonb_path_ops"), name="lot_by_blocks"),
            models.Index(
                OpClass(Upper("number"), name="text_pattern_ops"), name="lot_by_number_prefix"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class LotSource(Record):
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="source_links")
    source = models.ForeignKey(TissueSource, on_delete=models.PROTECT, related_name="lot_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "source"], name="lotsource_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lot} from {self.source}"


class LotParent(Record):
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="parent_links")
    parent = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="child_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "parent"], name="lotparent_once"),
            models.CheckConstraint(name="lotparent_is_another", condition=~Q(lot=F("parent"))),
        ]

    def __str__(self) -> str:
        return f"{self.lot} from lot {self.parent}"
