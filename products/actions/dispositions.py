"""Dispositions: release, rejection, recall, each one signed decision on a whole lot.

Beside them the acknowledgement of what changed on a lot since it was released, which decides
nothing: the status stays as it is.
"""

from __future__ import annotations

import uuid

from products.actions.base import Context, action, lock_lot
from products.actions.lookups import find_lot
from products.actions.signing import sign
from products.domain.canonical import canonical_bytes, sha256_hex
from products.domain.dispositions import DECIDES, MEANINGS, DispositionKind
from products.domain.errors import ReleaseBlockedError, WrongStatusError
from products.domain.facts import plain
from products.domain.lots import STATUS_LABELS, WAS_RELEASED, Decision, decisions_possible
from products.domain.ordering import normalised
from products.domain.release import Evaluation, LotFacts, evaluate, signer_blocks
from products.domain.roles import Permission
from products.domain.rules_on_lots import acknowledged_as
from products.models import Acknowledgement, Disposition, Lot
from products.models.fields import uuid7
from products.queries.changes import changes_since_release
from products.queries.decisions import last_decision
from products.queries.facts import descendants_of, lot_facts
from products.queries.signed_lots import record_of_lot


@action("lot.release", permission=Permission.DECIDE, signed=True)
def release_lot(context: Context, *, lot: str) -> Disposition:
    """Release a lot from quarantine under the actor's signature, meaning "Approved for release".

    The lot is judged afresh under its lock: nothing can change between judgement and release.

    Raises:
        WrongStatusError: the lot is not in quarantine.
        ReleaseBlockedError: rules speak against it, the signer's part in the lot included; the
            error carries every reason.
    """
    found = find_lot(lot)
    locked = lock_lot(context, found)
    facts = lot_facts([locked.pk])[locked.pk]
    evaluation = evaluate(facts, context.at)
    person = context.actor.person
    assert person is not None  # a signed action has a person
    blocks = evaluation.blocks + signer_blocks(facts, str(person.pk), person.printed_name)
    # While nothing was decided the reasons are the answer; afterwards the decision is.
    if facts.decision is not Decision.NONE:
        check_transition(facts, evaluation, DispositionKind.RELEASE)
    if blocks:
        reasons = "1 reason speaks" if len(blocks) == 1 else f"{len(blocks)} reasons speak"
        raise ReleaseBlockedError(
            f"Lot {locked.number} cannot be released: {reasons} against it.", blocks
        )
    check_transition(facts, evaluation, DispositionKind.RELEASE)
    return decide(
        context,
        locked,
        found.site.zone,
        DispositionKind.RELEASE,
        facts=facts,
        evaluation=evaluation,
    )


@action("lot.reject", permission=Permission.DECIDE, signed=True)
def reject_lot(context: Context, *, lot: str) -> Disposition:
    """Reject a lot for good (21 CFR 211.165(f)); it is never released afterwards.

    Raises:
        WrongStatusError: the lot was released, or is rejected already.
    """
    found = find_lot(lot)
    locked = lock_lot(context, found)
    facts = lot_facts([locked.pk])[locked.pk]
    evaluation = evaluate(facts, context.at)
    check_transition(facts, evaluation, DispositionKind.REJECT)
    return decide(
        context, locked, found.site.zone, DispositionKind.REJECT, facts=facts, evaluation=evaluation
    )


@action("lot.recall", permission=Permission.DECIDE, signed=True)
def recall_lot(context: Context, *, lot: str) -> Disposition:
    """Recall a lot that was released, for good (21 CFR 211.150(b)).

    What is signed names every lot made from it. These are judged again: one that was released
    goes on hold.

    Raises:
        WrongStatusError: the lot was never released, or is rejected, recalled or void.
    """
    found = find_lot(lot)
    locked = lock_lot(context, found)
    facts = lot_facts([locked.pk])[locked.pk]
    evaluation = evaluate(facts, context.at)
    if facts.decision is Decision.NONE:
        raise WrongStatusError(
            f"Lot {facts.number} was never released and is not recalled. Reject it instead."
        )
    check_transition(facts, evaluation, DispositionKind.RECALL)
    made_from_it = Lot.objects.filter(pk__in=descendants_of([locked.pk]) - {locked.pk})
    return decide(
        context,
        locked,
        found.site.zone,
        DispositionKind.RECALL,
        facts=facts,
        evaluation=evaluation,
        shown={
            "descendants": list(made_from_it.order_by("number").values_list("number", flat=True))
        },
    )


@action("lot.acknowledge_changes", permission=Permission.DECIDE, signed=True)
def acknowledge_changes(context: Context, *, lot: str) -> Acknowledgement:
    """Sign for having seen what changed on a released lot since its release.

    Whatever changed: a result, a determination, a training. A changed result no longer speaks
    against the lot by itself; a rule that it breaks still does. A hold that the change forced is
    lifted under a signature of its own.

    Raises:
        WrongStatusError: the lot is not released, or nothing changed that is not acknowledged yet.
    """
    found = find_lot(lot)
    locked = lock_lot(context, found)
    facts = normalised(lot_facts([locked.pk])[locked.pk])
    if facts.decision not in WAS_RELEASED:
        raise WrongStatusError(
            f"Lot {facts.number} is not released: there is no release that a change could follow."
        )
    changes = changes_since_release(facts)
    if changes is None or not changes.new:
        raise WrongStatusError(
            f"Nothing changed on lot {facts.number} since its release that is not acknowledged yet."
        )
    key = uuid7()
    signature = sign(
        context,
        record_kind="acknowledgement",
        record_id=key,
        meaning="Changes since release acknowledged",
        zone=found.site.zone,
        content={
            "lot": facts.number,
            "changes": plain(changes.new),
            "facts": plain(facts),
            "evaluation": evaluate(facts, context.at).as_data(),
        },
    )
    return Acknowledgement.objects.create(
        id=key,
        lot=locked,
        number=locked.acknowledgements.count() + 1,
        results={
            run.number: acknowledged_as(run)
            for run in (*facts.inherited, *facts.runs)
            if run.result_id
        },
        facts=canonical_bytes(plain(facts)),
        signature=signature,
    )


def check_transition(facts: LotFacts, evaluation: Evaluation, kind: DispositionKind) -> None:
    """Raises `WrongStatusError`, naming the last decision, when the status allows no such one."""
    if kind.value in decisions_possible(evaluation.status, facts.decision):
        return
    decided = last_decision(facts.number)
    raise WrongStatusError(
        f"Lot {facts.number} is {STATUS_LABELS[evaluation.status].lower()}: "
        f"{MEANINGS[kind].lower()} is not a decision that its status allows."
        + (f" The last decision on it: {decided.text}" if decided else "")
    )


def decide(
    context: Context,
    lot: Lot,
    zone: str,
    kind: DispositionKind,
    *,
    facts: LotFacts,
    evaluation: Evaluation,
    shown: dict[str, object] | None = None,
) -> Disposition:
    """Sign and store the next decision on a locked lot."""
    key: uuid.UUID = uuid7()
    number = lot.decision_number + 1
    document = evaluation.to_bytes()
    signature = sign(
        context,
        record_kind="disposition",
        record_id=key,
        meaning=MEANINGS[kind],
        zone=zone,
        content={
            "lot": facts.number,
            "decision_number": number,
            "decision": kind.value,
            "facts": plain(normalised(facts)),
            "evaluation": evaluation.as_data(),
            "record": record_of_lot(lot),
            **(shown or {}),
        },
    )
    disposition = Disposition.objects.create(
        id=key,
        lot=lot,
        number=number,
        kind=kind,
        reason=context.reason,
        evaluation=document,
        evaluation_sha256=sha256_hex(document),
        signature=signature,
    )
    lot.decision_number = number
    if kind in DECIDES:
        lot.decision = DECIDES[kind]
    lot.save(update_fields=["decision", "decision_number"])
    return disposition
