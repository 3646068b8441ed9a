"""What the API shows of results: every version, what made it, and how it was judged."""

from __future__ import annotations

from collections.abc import Sequence

from rest_framework import serializers

from products.api.shown import FileShape, SignatureShape, file_body, name_of, signature_body
from products.api.surface import Body
from products.domain.criteria import Verdict
from products.domain.investigations import InvestigationOutcome
from products.models import Amendment, Rejudgement, Result, Run
from products.queries.versions import VersionLine


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


class InvalidatedShape(serializers.Serializer[None]):
    investigation = serializers.CharField()
    cause = serializers.CharField()
    evidence = serializers.CharField()
    signature = SignatureShape()


def result_body(run: Run, line: VersionLine, rejudged: Sequence[Rejudgement]) -> Body:
    result = line.row
    opened = [found.number for found in run.investigations.all() if found.result_id == result.pk]
    return {
        "version": result.version,
        "standing": line.standing,
        "amendment": _number(line.amendment),
        "superseded_by": _number(line.superseded_by),
        "verdict": result.verdict,
        "reported": result.reported,
        "raw_value": result.raw_text,
        "unit": result.unit,
        "final": result.final,
        "final_at": result.final_at,
        "explanation": result.explanation,
        "details": result.details,
        "judgements": [
            _judgement_body(result, line.verdicts[0][0] or None),
            *(_judgement_body(found, found.change.to_version.version) for found in rejudged),
        ],
        "reason": result.reason,
        "recorded_at": result.recorded_at,
        "submitted_by": name_of(result.submitted_by),
        "performed_by": result.performed_by.printed_name,
        "review": _review_body(result),
        "investigation": opened[0] if opened else None,
    }


def invalidated_by(run: Run, lines: Sequence[VersionLine]) -> Body | None:
    """The conclusion that invalidated the result which counts."""
    current = next((line.row.pk for line in lines if line.counts), None)
    for found in run.investigations.all():
        conclusion = getattr(found, "conclusion", None)
        if (
            conclusion is not None
            and conclusion.outcome == InvestigationOutcome.INVALIDATED
            and found.result_id == current
        ):
            return {
                "investigation": found.number,
                "cause": conclusion.cause,
                "evidence": conclusion.evidence,
                "signature": signature_body(conclusion.signature),
            }
    return None


def _number(amendment: Amendment | None) -> str | None:
    return amendment.number if amendment else None


def _judgement_body(judged: Result | Rejudgement, version: int | None) -> Body:
    return {
        "specification_version": version,
        "verdict": judged.verdict,
        "reported": judged.reported,
        "unit": judged.unit,
        "explanation": judged.explanation,
    }


def _review_body(result: Result) -> Body | None:
    item = getattr(result, "review_item", None)
    if item is None:
        return None
    return {
        "comment": item.review.comment,
        "compared_with": item.compared_with and file_body(item.compared_with),
        "signature": signature_body(item.review.signature),
    }
