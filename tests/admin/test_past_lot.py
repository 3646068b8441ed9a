"""The page of a lot as of an instant: what was on record, under which seal, and no way to act."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from products.models import AuditEntry, Checkpoint, Hold, Lot
from tests.admin.pages import Page, address, the_lot, visitor
from tests.admin.test_lots import BASIS, released
from tests.records import ZONE, lot
from tests.sealing import seal, sign_head

pytestmark = pytest.mark.django_db


def sealed() -> Checkpoint:
    seal()
    return sign_head()


def sealed_before_the_release() -> Checkpoint:
    released()
    entry = AuditEntry.objects.filter(action="lot.release").earliest("id")
    seal(AuditEntry.objects.filter(id__lt=entry.pk).count())
    head = sign_head()
    sealed()
    return head


def past_page(as_of: str, number: str = "EV-26-001", reader: str = "quality") -> Page:
    return visitor(reader).open(address("lot_change", the_lot(number)), as_of=as_of)


def test_the_page_shows_what_was_on_record_then_and_which_seal_says_so() -> None:
    first = sealed_before_the_release()
    second = Checkpoint.objects.latest("number")

    before = past_page(first.sealed_at.isoformat())
    after = past_page(second.sealed_at.isoformat())

    assert f"stood as quarantine under the basis “{BASIS}”" in before
    assert "Approved for release" not in before
    assert f"Checkpoint 1 answers: it seals the first {first.size} entries" in before
    assert f"stood as released under the basis “{BASIS}”" in after
    assert "Approved for release" in after
    assert "98.2 %" in after


def test_the_page_of_the_past_offers_nothing_to_do() -> None:
    head = sealed_before_the_release()

    page = past_page(head.sealed_at.isoformat())
    now = visitor("quality").open(address("lot_change", the_lot()))

    assert "Nothing can be changed here" in page
    assert f'href="{address("lot_change", the_lot())}"' in page.html
    for name in ("release", "hold", "reject", "recall", "draw_sample", "open_run", "void", "note"):
        assert address(f"lot_{name}", the_lot()) not in page.html
    assert address("lot_hold", the_lot()) in now.html
    # To sign out. The others ask: for another instant, for a number, for the keys.
    assert page.html.count('method="post"') == 1
    assert page.html.count("<form") == 4


def test_the_form_asks_in_the_zone_of_the_site() -> None:
    head = sealed_before_the_release()
    local = head.sealed_at.astimezone(ZoneInfo(ZONE)) + timedelta(seconds=1)
    sealed_later = Checkpoint.objects.latest("number")
    assert sealed_later.number == 2

    form = visitor("auditor").open(address("lot_change", the_lot()))
    page = past_page(sealed_later.sealed_at.astimezone(ZoneInfo(ZONE)).isoformat()[:26])

    assert "As of America/New_York Show what was on record" in form
    assert f"As of {local:%Y-%m-%d}" in page
    assert "(America/New_York)" in page


@pytest.mark.parametrize(
    ("as_of", "says"),
    [
        ("", "is no instant"),
        ("yesterday", "is no instant"),
        ("2026-01-05", "is no instant"),
        ("2026-03-08T02:30", "skipped this time"),
        ("2026-11-01T01:30", "twice"),
        ("2999-01-01T00:00", "Nothing is sealed up to"),
        ("9999-12-31T23:59", "No clock of America/New_York shows this time."),
        ("2020-01-01T00:00:00Z", "No checkpoint was made at or before"),
    ],
)
def test_what_cannot_be_shown_is_said_beside_the_form(as_of: str, says: str) -> None:
    lot()
    sealed()

    page = past_page(as_of)

    assert page.status == 400
    assert says in page
    assert "Show what was on record" in page


def test_a_lot_that_was_registered_later_was_not_there() -> None:
    lot()
    head = sealed()
    lot("EV-26-002")
    sealed()

    assert "There is no lot 'EV-26-002'" in past_page(head.sealed_at.isoformat(), "EV-26-002")


def test_nothing_is_changed_as_of_an_instant() -> None:
    lot()
    head = sealed()
    person, at = visitor("quality"), head.sealed_at.isoformat()

    for name in ("hold", "release", "change"):
        to = f"{address(f'lot_{name}', the_lot())}?as_of={at.replace('+', '%2B')}"
        refused = person.client.post(to, {"reason": "Broken vial"})
        assert refused.status_code == 403, name
        assert b"as of an instant" in refused.content, name
    typed = {"reason": "Broken vial", "as_of": at}
    assert person.client.post(address("lot_hold", the_lot()), typed).status_code == 403
    assert Hold.objects.count() == 0


def test_other_records_have_no_page_of_the_past() -> None:
    made = lot()
    at = sealed().sealed_at.isoformat()

    page = visitor("auditor").open(address("product_change", made.product), as_of=at)

    assert page.status == 403


def test_the_page_of_now_has_every_record_after_one_of_the_past() -> None:
    """What hides the tables does not outlast the page."""
    head = sealed_before_the_release()
    past_page(head.sealed_at.isoformat())
    past_page("2999-01-01T00:00Z")

    assert Lot.objects.get().decision == "released"
