"""Reviews: a second person's signed check of results (21 CFR 211.194(a)(8))."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.models.evidence import Evidence
from products.models.fields import Record
from products.models.lots import Lot
from products.models.people import Person
from products.models.results import Result
from products.models.runs import Run
from products.models.signatures import Signature


class Review(Record):
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="reviews")
    comment = models.CharField(max_length=1000, blank=True)
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return f"{self.lot}: {self.reviewer}"


class ReviewItem(Record):
    """One result version that the review covers. A trigger refuses its recorders as reviewers."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="items")
    result = models.OneToOneField(Result, on_delete=models.PROTECT, related_name="review_item")
    compared_with = models.ForeignKey(
        Evidence,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="review_items",
        help_text="The report or scan that the transcribed values were compared with.",
    )

    def __str__(self) -> str:
        return f"{self.review}: {self.result}"


class RunReturn(Record):
    """A run sent back to its analyst, who answers by submitting it again or by a correction."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="returns")
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="returns")
    comment = models.CharField(max_length=1000)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [
            models.CheckConstraint(name="runreturn_says_why", condition=~Q(comment="")),
            models.UniqueConstraint(fields=["result"], name="runreturn_once_per_result"),
        ]

    def __str__(self) -> str:
        return f"{self.run} returned"
