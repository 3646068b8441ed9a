"""What changed on a lot since its release was signed: for the page, the API and the signer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from products.domain.changes import Change, changes_between
from products.domain.dispositions import DispositionKind
from products.domain.facts import LotFacts, plain
from products.domain.ordering import normalised
from products.models import Acknowledgement, Disposition


@dataclass(frozen=True, slots=True)
class ChangesSinceRelease:
    """``every`` change since the release was signed; ``new`` are those since quality last signed
    for them.
    """

    every: tuple[Change, ...]
    new: tuple[Change, ...]


def changes_since_release(facts: LotFacts) -> ChangesSinceRelease | None:
    """None for a lot that was never released. An acknowledgement covers all that was there."""
    lot = UUID(facts.id)
    release = (
        Disposition.objects.filter(lot=lot, kind=DispositionKind.RELEASE)
        .select_related("signature")
        .order_by("-number")
        .first()
    )
    if release is None:
        return None
    now = plain(normalised(facts))
    assert isinstance(now, dict)
    every = changes_between(json.loads(bytes(release.signature.content))["shown"]["facts"], now)
    seen = (
        Acknowledgement.objects.filter(lot=lot, recorded_at__gte=release.recorded_at)
        .order_by("-number")
        .first()
    )
    if seen is None:
        return ChangesSinceRelease(every, every)
    return ChangesSinceRelease(every, changes_between(json.loads(bytes(seen.facts)), now))
