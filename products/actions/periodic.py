"""Reviews that come round: of all credentials, and of the audit trail."""

from __future__ import annotations

from products.actions.base import Context, action
from products.actions.records import check_record, insert, insert_once
from products.actions.signing import sign
from products.actions.sites import home_zone
from products.domain.errors import InvalidValueError
from products.domain.roles import Permission
from products.models import AuditEntry, CredentialReview, TrailReview
from products.queries.periodic import open_accounts, root_of, unreviewed


@action("credentials.review", permission=Permission.ADMINISTER)
def review_credentials(context: Context, *, findings: str) -> CredentialReview:
    """Record that all accounts, roles and tokens were gone through (21 CFR 11.300(b)).

    Raises:
        InvalidValueError: no findings.
    """
    row = CredentialReview(
        accounts=open_accounts().count(), findings=findings.strip(), recorded_by=context.actor
    )
    insert(row)
    return row


@action("trail.review", permission=Permission.REVIEW_TRAIL, signed=True)
def review_trail(context: Context, *, last_index: int, scope: str, findings: str) -> TrailReview:
    """Sign that the entries after the last review, up to ``last_index``, were reviewed.

    ``scope`` says what was looked at and how. The signature binds the root of the tree up to there:
    what was reviewed cannot become something else.

    Raises:
        InvalidValueError: nothing new is sealed up to there; no scope; no findings.
        DuplicateError: somebody else reviewed from the same entry on.
    """
    new = unreviewed()
    if not new.first_index <= last_index <= new.last_index:
        raise InvalidValueError(
            f"Entries {new.first_index} to {new.last_index} are sealed and not reviewed yet."
            if new.count
            else "Every sealed entry is reviewed already.",
            field="last_index",
        )
    times = dict(
        AuditEntry.objects.filter(leaf__index__in=[new.first_index, last_index]).values_list(
            "leaf__index", "recorded_at"
        )
    )
    row = TrailReview(
        first_index=new.first_index,
        last_index=last_index,
        began_at=times[new.first_index],
        ended_at=times[last_index],
        root=root_of(last_index + 1),
        scope=scope.strip(),
        findings=findings.strip(),
    )
    check_record(row)
    row.signature = sign(
        context,
        record_kind="trail_review",
        record_id=row.pk,
        meaning="Audit trail reviewed",
        zone=home_zone(),
        content={
            "first_index": row.first_index,
            "last_index": row.last_index,
            "began_at": row.began_at,
            "ended_at": row.ended_at,
            "root": row.root.hex(),
            "scope": row.scope,
            "findings": row.findings,
        },
    )
    insert_once(
        row,
        TrailReview.objects.filter(first_index=row.first_index),
        lambda taken: f"Entry {taken.first_index} and what follows was reviewed at the same time.",
        "last_index",
    )
    return row
