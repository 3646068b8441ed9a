"""Every version of a run's result: which one counts, which waits, and who signed for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from products.domain.amendments import SecondOutcome
from products.domain.criteria import Verdict
from products.models import (
    Amendment,
    Investigation,
    Rejudgement,
    Result,
    SecondSignature,
)

COUNTS, WAITS, REFUSED, REPLACED = "counts", "waits", "refused", "replaced"


@dataclass(frozen=True, slots=True)
class VersionLine:
    """``standing``: it counts, waits for a second signature, was refused, or was replaced.

    ``amendment`` is the correction that made it, ``superseded_by`` the one that took its place or
    asks to. ``verdicts`` are (specification version, verdict), the one of its recording first.
    """

    row: Result
    standing: str
    verdict: Verdict
    amendment: Amendment | None
    second: SecondSignature | None
    superseded_by: Amendment | None
    verdicts: tuple[tuple[int, Verdict], ...]

    @property
    def counts(self) -> bool:
        return self.standing == COUNTS

    @property
    def counts_until(self) -> Amendment | None:
        """The correction whose second signature would take this version's place."""
        return self.superseded_by if self.counts else None

    @property
    def is_rejudged(self) -> bool:
        return len(self.verdicts) > 1

    @property
    def counted_fail(self) -> bool:
        """A fail under either specification version counts."""
        return any(verdict is Verdict.FAIL for _, verdict in self.verdicts)

    @property
    def must_stay_visible(self) -> bool:
        """A value that was corrected, or is proposed or refused, is never out of sight."""
        return not self.counts and (
            self.row.verdict in {Verdict.FAIL, Verdict.INVALID}
            or self.amendment is not None
            or self.superseded_by is not None
        )


def second_of(amendment: Amendment | None) -> SecondSignature | None:
    return getattr(amendment, "second", None)


def is_in_effect(amendment: Amendment | None) -> bool:
    """Submissions always; a correction at once, or from the second person's confirmation on."""
    if amendment is None or not amendment.needs_second:
        return True
    second = second_of(amendment)
    return second is not None and second.outcome == SecondOutcome.CONFIRMED


def is_waiting(amendment: Amendment) -> bool:
    return amendment.needs_second and second_of(amendment) is None


def state_of(amendment: Amendment) -> str:
    """In one word: ``waits``, ``refused`` or ``in_effect``."""
    if is_waiting(amendment):
        return WAITS
    return "in_effect" if is_in_effect(amendment) else REFUSED


def versions_of(runs: Collection[UUID]) -> Mapping[UUID, tuple[VersionLine, ...]]:
    """Of each run every version of its result, the latest first."""
    rows: dict[UUID, list[Result]] = defaultdict(list)
    found = (
        Result.objects.filter(run__in=runs)
        .select_related(
            "run__criterion__specification",
            "submitted_by__person",
            "performed_by",
            "review_item__review__reviewer",
            "review_item__review__signature",
            "review_item__compared_with",
            "amendment__signature",
            "amendment__second__signature",
        )
        .defer("review_item__compared_with__content")
    )
    for row in found.order_by("run", "-version"):
        rows[row.run_id].append(row)
    rejudged: dict[UUID, list[Rejudgement]] = defaultdict(list)
    changes = Rejudgement.objects.filter(result__run__in=runs).select_related("change__to_version")
    for change in changes.order_by("change__number"):
        rejudged[change.result_id].append(change)
    invalidated = set(
        Investigation.objects.filter(
            run__in=runs, conclusion__outcome=Verdict.INVALIDATED.value
        ).values_list("result", flat=True)
    )
    return {run: tuple(_lines(versions, rejudged, invalidated)) for run, versions in rows.items()}


def _lines(
    versions: list[Result],
    rejudged: Mapping[UUID, list[Rejudgement]],
    invalidated: Collection[UUID],
) -> list[VersionLine]:
    made_by: dict[UUID, Amendment | None] = {
        row.pk: getattr(row, "amendment", None) for row in versions
    }
    in_force = next((row for row in versions if is_in_effect(made_by[row.pk])), None)
    corrected_by = {
        amendment.corrects_id: amendment
        for amendment in reversed(list(made_by.values()))
        if amendment is not None and (is_in_effect(amendment) or is_waiting(amendment))
    }
    return [
        VersionLine(
            row=row,
            standing=_standing(row, in_force, made_by[row.pk]),
            verdict=Verdict.INVALIDATED if row.pk in invalidated else Verdict(row.verdict),
            amendment=made_by[row.pk],
            second=second_of(made_by[row.pk]),
            superseded_by=corrected_by.get(row.pk),
            verdicts=_verdicts(row, rejudged[row.pk]),
        )
        for row in versions
    ]


def _standing(row: Result, in_force: Result | None, amendment: Amendment | None) -> str:
    if row is in_force:
        return COUNTS
    if amendment is not None and is_waiting(amendment):
        return WAITS
    return REPLACED if is_in_effect(amendment) else REFUSED


def _verdicts(row: Result, rejudged: list[Rejudgement]) -> tuple[tuple[int, Verdict], ...]:
    criterion = row.run.criterion
    first = criterion.specification.version if criterion else 0
    return (
        (first, Verdict(row.verdict)),
        *((one.change.to_version.version, Verdict(one.verdict)) for one in rejudged),
    )
