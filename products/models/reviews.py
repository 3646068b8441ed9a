"""Reviews: a second person's signed check of results (21 CFR 211.194(a)(8))."""

from __future__ import annotations

from django.db import models

from products.models.fields import Record
from products.models.lots import Lot
from products.models.people import Person
from products.models.results import Result
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

    def __str__(self) -> str:
        return f"{self.review}: {self.result}"
