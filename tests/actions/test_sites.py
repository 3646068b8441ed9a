"""Sites: their zone says when their days begin and end."""

from __future__ import annotations

import pytest

from products.actions.sites import home_zone, register_site
from products.domain.errors import DuplicateError, InvalidValueError, NotPermittedError
from tests import records

pytestmark = pytest.mark.django_db


def test_an_administrator_registers_a_site() -> None:
    site = register_site(
        records.context(records.people().admin), name=" Berlin ", zone="Europe/Berlin"
    )

    site.refresh_from_db()
    assert (site.name, site.zone, site.late_after_hours) == ("Berlin", "Europe/Berlin", 24)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="IANA") as refusal:
        register_site(records.context(records.people().admin), name="Berlin", zone="Berlin")

    assert refusal.value.field == "zone"


def test_a_name_is_taken_in_whatever_case() -> None:
    with pytest.raises(DuplicateError, match="Main site already"):
        register_site(records.context(records.people().admin), name="MAIN SITE", zone="UTC")


def test_a_site_needs_a_name() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        register_site(records.context(records.people().admin), name=" ", zone="UTC")

    assert refusal.value.field == "name"


def test_quality_does_not_register_sites() -> None:
    with pytest.raises(NotPermittedError):
        register_site(records.context(records.people().quality), name="Berlin", zone="UTC")


def test_what_belongs_to_no_site_is_signed_in_the_zone_of_the_first() -> None:
    register_site(records.context(records.people().admin), name="Annex", zone="Europe/Berlin")

    assert home_zone() == records.ZONE
