"""What the demo prints: logins, lots with their reasons, and where to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from products.demo.logins import Logins
from products.demo.people import EVERYBODY
from products.domain.blocks import gravity
from products.domain.holds import HoldKind
from products.domain.lots import STATUS_GLYPHS, STATUS_LABELS, TERMINAL, ReleaseStatus
from products.domain.products import basis_text
from products.domain.release import BLOCK_CODES
from products.models import Lot
from products.queries.lots import lots_at

MOST_REASONS = 3
TOLD_BY_STATUS = {ReleaseStatus.ON_HOLD: "hold_open", ReleaseStatus.EXPIRED: "expired"}


def demo_text(logins: Logins, url: str, now: datetime) -> str:
    return "\n".join(
        (
            "",
            "DEMO DATA: no real donor, lot or result; no product here is approved for anything.",
            *_lots(now),
            "",
            "Logins (kept, readable by you only, and printed again next time):",
            *_logins(logins),
            "",
            f"Admin     {url}/admin/",
            f"API       {url}/api/v1/",
            f"Described {url}/api/v1/schema/",
            "",
            "To try the API as the auditor:",
            f"  curl -H 'Authorization: Bearer {logins.token}' {url}/api/v1/lots/",
            "",
            "Serving on this machine only. Ctrl-C stops it.",
            "",
        )
    )


def _logins(logins: Logins) -> Iterator[str]:
    for person in EVERYBODY:
        password = logins.passwords[person.username]
        yield f"  {person.role:<14} {person.username:<14} {password}  {person.printed_name}"


def _lots(now: datetime) -> Iterator[str]:
    product = ""
    for lot in lots_at(now).select_related("product").order_by("product__code", "number"):
        if lot.product.code != product:
            product = lot.product.code
            basis = basis_text(lot.product.basis, lot.product.basis_reference)
            yield f"\n{lot.product.name}\n  {basis}"
        status = ReleaseStatus(lot.status)
        name = f"{STATUS_GLYPHS[status]} {STATUS_LABELS[status]}"
        yield f"    {lot.number:<10} {name:<14} {_reasons(lot, status, now)}".rstrip()


def _reasons(lot: Lot, status: ReleaseStatus, now: datetime) -> str:
    """The first reasons by kind, the gravest first; of a final decision its own reason."""
    if status.value in TERMINAL:
        return lot.dispositions.latest("number").reason
    if lot.judged_until <= now:
        return "to be judged again"
    if not lot.blocks:
        is_open = status is ReleaseStatus.QUARANTINED
        return "nothing speaks against a release" if is_open else ""
    told = TOLD_BY_STATUS.get(status)
    counted = Counter(block["code"] for block in lot.blocks if block["code"] != told)
    named = [*_holds_of_people(lot)] + [
        BLOCK_CODES[code].title + (f" ({count})" if count > 1 else "")
        for code, count in sorted(counted.items(), key=lambda pair: _rank(pair[0]))
    ]
    more = len(named) - MOST_REASONS
    return "; ".join(named[:MOST_REASONS]) + (f"; {more} more" if more > 0 else "")


def _holds_of_people(lot: Lot) -> Iterator[str]:
    """A hold that a rule forced is told by what the rule found."""
    yield from lot.holds.filter(lift=None, kind=HoldKind.SITE, rule="").values_list(
        "reason", flat=True
    )


def _rank(code: str) -> tuple[int, bool]:
    """Missing results come last: most lots here lack some, and few stories are about that."""
    return gravity(code), code == "result_missing"
