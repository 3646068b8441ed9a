"""Actions on sites."""

from __future__ import annotations

from products.actions.base import Context, action
from products.actions.checks import check_zone
from products.actions.records import insert_once
from products.domain.roles import Permission
from products.models import Site


@action("site.register", permission=Permission.ADMINISTER)
def register_site(context: Context, *, name: str, zone: str, late_after_hours: int = 24) -> Site:
    """Register a site; its days begin and end in ``zone`` (an IANA name).

    Raises:
        InvalidValueError: an unknown zone, or no name.
        DuplicateError: there is a site of that name.
    """
    check_zone(zone, "zone")
    site = Site(name=name.strip(), zone=zone, late_after_hours=late_after_hours)
    insert_once(
        site,
        Site.objects.filter(name__iexact=site.name),
        lambda taken: f"There is a site {taken.name} already.",
        "name",
    )
    return site


def home_site() -> Site:
    """The first site, which provisioning made: for what belongs to no site."""
    return Site.objects.earliest("recorded_at", "id")


def home_zone() -> str:
    return home_site().zone
