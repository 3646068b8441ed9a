"""From which day on a site records here, and no longer on paper."""

from __future__ import annotations

from datetime import date

from products.actions.base import Context, action
from products.actions.dates import check_day_not_future, today_in
from products.actions.locks import lock
from products.actions.lookups import (
    find_site,
)
from products.actions.records import insert
from products.actions.signing import sign
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
)
from products.domain.roles import Permission
from products.models import (
    GoLive,
    Run,
    Site,
)


@action("site.declare_go_live", permission=Permission.APPROVE, signed=True)
def declare_go_live(context: Context, *, site: str, on: date) -> GoLive:
    """Sign from which day on a site records here; once, and not ahead of that day.

    Raises:
        UnknownReferenceError: there is no such site.
        InvalidValueError: a day that has not come: until then the paper is still the record; or one
            after a run was recorded here, which would let that time be told from paper.
        DuplicateError: the site has a go-live date.
    """
    found = find_site(site)
    check_day_not_future(on, today_in(found.zone, context.at), "The go-live date", "on")
    _check_nothing_recorded_before(found, on)
    lock(f"go-live of site {found.pk}")
    declared = GoLive.objects.filter(site=found).first()
    if declared is not None:
        raise DuplicateError(
            f"The site {found.name} records here since {declared.on}, as signed; the date is not "
            "changed."
        )
    row = GoLive(site=found, on=on)
    row.signature = sign(
        context,
        record_kind="go_live",
        record_id=row.pk,
        meaning="Go-live declared",
        zone=found.zone,
        content={"site": found.name, "on": on},
    )
    insert(row)
    return row


def _check_nothing_recorded_before(site: Site, on: date) -> None:
    first = Run.objects.filter(lot__site=site).order_by("recorded_at").first()
    if first is None:
        return
    recorded_on = today_in(site.zone, first.recorded_at)
    if recorded_on < on:
        raise InvalidValueError(
            f"The site {site.name} recorded run {first.number} here on {recorded_on}: it records "
            "here since that day at the latest.",
            field="on",
        )
