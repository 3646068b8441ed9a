"""The signature policy and the reviews that come round, at the pages."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from products.actions.policies import issue_policy
from products.models import CredentialReview, SignaturePolicy, TrailReview
from tests.admin.pages import address, visitor
from tests.records import context, people
from tests.sealing import seal

pytestmark = pytest.mark.django_db


def new_policy() -> SignaturePolicy:
    return issue_policy(context(people().quality), text="1. Sign only what is true.")


def test_a_policy_that_waits_stands_on_the_home_page_until_it_is_accepted() -> None:
    analyst = visitor("analyst")
    assert "accept it before you sign" not in analyst.open("/admin/")
    policy = new_policy()
    assert "accept it before you sign" in analyst.open("/admin/")

    page = analyst.send(address("signaturepolicy_accept", policy))

    assert "You accepted version 2 of the signature policy." in page
    assert "Anna Alvarez" in page
    assert "accept it before you sign" not in analyst.open("/admin/")


def test_the_page_that_accepts_shows_the_whole_text() -> None:
    page = visitor("analyst").open(address("signaturepolicy_accept", new_policy()))

    assert "1. Sign only what is true." in page


def test_a_superseded_version_is_read_and_not_accepted() -> None:
    new_policy()
    first = SignaturePolicy.objects.get(version=1)

    page = visitor("analyst").open(address("signaturepolicy_change", first))

    assert "Superseded" in page
    assert "another version is in force" in page


def test_quality_issues_a_policy_that_starts_from_the_present_text() -> None:
    quality = visitor("quality")
    offered = quality.open(address("signaturepolicy_add"))
    assert "legally binding" in offered

    page = quality.sign(address("signaturepolicy_add"), text="1. Sign only what is true.")

    assert "Version 2 is in force." in page


def test_a_review_of_credentials_shows_every_open_account() -> None:
    admin = visitor("admin")
    assert "Quirina Quist" in admin.open(address("credentialreview_add"))

    page = admin.send(address("credentialreview_add"), findings="All fit")

    assert "The review is recorded." in page
    assert CredentialReview.objects.get().findings == "All fit"


def test_a_review_of_the_trail_is_signed_up_to_what_is_sealed() -> None:
    last = seal(20) - 1
    quality = visitor("quality")
    assert "20 sealed entries, 0 to 19" in quality.open(address("trailreview_add"))

    page = quality.sign(address("trailreview_add"), scope="All sign-ins", findings="None")

    review = TrailReview.objects.get()
    assert (review.first_index, review.last_index) == (0, last)
    assert "Review of the trail, entries 0 to 19 is signed." in page


def test_overdue_reviews_stand_on_the_home_page_of_who_does_them(settings: Settings) -> None:
    settings.TRAIL_REVIEW_DAYS = settings.CREDENTIAL_REVIEW_DAYS = -1

    admin = visitor("admin").open("/admin/")
    quality = visitor("quality").open("/admin/")
    analyst = visitor("analyst").open("/admin/")

    assert "Review of credentials: overdue since" in admin
    assert "Review of the audit trail: overdue since" in quality
    assert "Review of credentials" not in quality
    assert "overdue" not in analyst
