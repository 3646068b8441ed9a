"""Judging what time alone has changed: by the account `system`, from the command `judge`."""

from __future__ import annotations

from products.actions.base import Context, action
from products.queries.lots import lots_due


@action("lot.judge", permission=None)
def judge_due(context: Context, *, limit: int = 500) -> int:
    """Judge up to ``limit`` lots afresh whose stored judgement ended before ``context.at``.

    Returns how many were judged; fewer than ``limit`` means that nothing more is due. A lot that
    somebody is working on is left out: that action judges it itself.
    """
    due = lots_due(context.at).select_for_update(no_key=True, skip_locked=True)
    context.touched.update(due.values_list("pk", flat=True)[:limit])
    return len(context.touched)
