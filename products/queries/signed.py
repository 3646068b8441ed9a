"""What the records say today of what each signature was given for, read set-wise by kind.

Each part returns, for the signatures of its kind, the signed content with every fact of the records
written over it. What no record holds, such as the name of an account of the day, stays as signed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from uuid import UUID

from products.models import Signature
from products.queries import signed_accounts, signed_lots, signed_registers, signed_runs
from products.queries.signed_parts import Shown, Signed


def content_of(signature: Signature) -> Shown:
    """What the signature's document says was shown; empty when it cannot be read."""
    try:
        document = json.loads(bytes(signature.content))
    except ValueError:
        return {}
    shown: Shown = document.get("shown", {}) if isinstance(document, dict) else {}
    return shown


def present_contents(signatures: Collection[Signature]) -> dict[UUID, Shown]:
    """By the signature's key; as many queries for a hundred signatures of a kind as for one."""
    by_kind: dict[str, list[Signature]] = defaultdict(list)
    for signature in signatures:
        by_kind[signature.record_kind].append(signature)
    found: dict[UUID, Shown] = {}
    for kind, rows in by_kind.items():
        read = READERS.get(kind)
        if read is None:
            continue
        keys = {row.record_id: row for row in rows}
        shown = {row.record_id: content_of(row) for row in rows}
        now = dict(read(shown))
        for key, row in keys.items():
            # A record that is not there any more states nothing.
            found[row.pk] = now.get(key, {"signer": shown[key].get("signer")})
    return found


READERS: Mapping[str, Callable[[Signed], Iterator[tuple[UUID, Shown]]]] = {
    "acknowledgement": signed_lots.acknowledgements,
    "amendment": signed_runs.amendments,
    "conclusion": signed_runs.conclusions,
    "determination": signed_registers.determinations,
    "disposition": signed_lots.decisions,
    "go_live": signed_registers.go_lives,
    "laboratory_qualification": signed_registers.qualifications,
    "lot": signed_registers.stability_studies,
    "method_version": signed_registers.methods,
    "profile_assignment": signed_registers.profiles,
    "review": signed_runs.reviews,
    "role_approval": signed_registers.role_approvals,
    "second_signature": signed_runs.second_signatures,
    "signature_policy": signed_accounts.policies,
    "specification_change": signed_runs.changes,
    "specification_version": signed_registers.specifications,
    "trail_review": signed_accounts.trail_reviews,
    "training": signed_registers.trainings,
    "verification": signed_registers.verifications,
}
