"""Paper counts only from before the day on which a site began to record here."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from products.domain.errors import ConflictError, InvalidValueError
from products.domain.laboratories import CONTROLS_LABELS, ControlsStatement
from products.domain.transcriptions import (
    TRANSCRIPTION_LABELS,
    TranscriptionKind,
    check_before_go_live,
)

GO_LIVE = date(2026, 4, 1)
DAY = timedelta(days=1)


def test_paper_of_the_day_before_is_taken() -> None:
    check_before_go_live(GO_LIVE - DAY, GO_LIVE, "Main site")


@pytest.mark.parametrize("dated_on", [GO_LIVE, GO_LIVE + DAY])
def test_paper_from_the_go_live_date_on_is_refused(dated_on: date) -> None:
    with pytest.raises(InvalidValueError, match="records here since 2026-04-01") as refused:
        check_before_go_live(dated_on, GO_LIVE, "Main site")

    assert (refused.value.code, refused.value.field) == ("not_before_go_live", "dated_on")


def test_without_a_go_live_date_nothing_is_transcribed() -> None:
    with pytest.raises(ConflictError, match="Main site has no signed go-live date") as refused:
        check_before_go_live(GO_LIVE - DAY, None, "Main site")

    assert refused.value.code == "go_live_missing"


def test_every_kind_and_statement_has_a_label() -> None:
    assert set(TRANSCRIPTION_LABELS) == set(TranscriptionKind)
    assert set(CONTROLS_LABELS) == set(ControlsStatement)
