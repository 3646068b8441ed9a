"""What the API shows of results: every version, what made it, and how it was judged."""

from __future__ import annotations

from rest_framework import serializers

from products.api.shown import FileShape, SignatureShape
from products.domain.criteria import Verdict


class ReviewedShape(serializers.Serializer[None]):
    comment = serializers.CharField()
    compared_with = FileShape(
        allow_null=True, help_text="The report or scan that transcribed values were compared with."
    )
    signature = SignatureShape()


class JudgementShape(serializers.Serializer[None]):
    specification_version = serializers.IntegerField(allow_null=True)
    verdict = serializers.CharField(help_text=f"One of {', '.join(Verdict)}.")
    reported = serializers.CharField()
    unit = serializers.CharField(help_text="UCUM code.")
    explanation = serializers.CharField()


class InvalidatedShape(serializers.Serializer[None]):
    investigation = serializers.CharField()
    cause = serializers.CharField()
    evidence = serializers.CharField()
    signature = SignatureShape()


class ResultShape(serializers.Serializer[None]):
    version = serializers.IntegerField()
    standing = serializers.CharField(
        help_text="counts, waits (for a second signature), refused (by the second person) or "
        "replaced; one version counts."
    )
    amendment = serializers.CharField(allow_null=True, help_text="The correction that made it.")
    superseded_by = serializers.CharField(
        allow_null=True, help_text="The correction that took its place, or asks to."
    )
    verdict = serializers.CharField(
        help_text=f"As recorded, one of {', '.join(Verdict)}; see judgements."
    )
    reported = serializers.CharField(help_text="Rounded, with its comparator; empty when none.")
    raw_value = serializers.CharField(help_text="Unrounded, as calculated.")
    unit = serializers.CharField(help_text="UCUM code.")
    final = serializers.BooleanField()
    final_at = serializers.DateTimeField(
        allow_null=True, help_text="Earliest end of an incubation that is not final yet."
    )
    explanation = serializers.CharField(help_text="What was compared, and how it came out.")
    details = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Pairs of name and value that the calculation went through.",
    )
    judgements = JudgementShape(
        many=True,
        help_text="The original one first, then each under a later specification version of the "
        "lot. A fail under any of them counts.",
    )
    reason = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    submitted_by = serializers.CharField()
    performed_by = serializers.CharField()
    review = ReviewedShape(allow_null=True)
    investigation = serializers.CharField(allow_null=True, help_text="Opened by this version.")
    invalidated_by = InvalidatedShape(
        allow_null=True, help_text="The signed conclusion that invalidated this version."
    )
