"""Answers are written as the framework writes them."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from django.utils.html import format_html
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ErrorDetail
from rest_framework.renderers import JSONRenderer

from products.api.rendering import FastJsonRenderer

WORDS = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.none() | st.booleans() | st.integers() | WORDS
VALUES = st.recursive(PLAIN, lambda of: st.lists(of) | st.dictionaries(WORDS, of), max_leaves=12)


class Colour(StrEnum):
    RED = "red"


@given(VALUES)
def test_any_answer_is_written_as_the_framework_writes_it(answer: Any) -> None:
    assert FastJsonRenderer().render(answer) == JSONRenderer().render(answer)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 11, 29, 12, 30, 0, 123456, tzinfo=UTC),
        datetime(2026, 11, 29, 12, 30, tzinfo=UTC),
        date(2026, 11, 29),
        time(12, 30),
        Decimal("0.050"),
        UUID(int=7),
        Colour.RED,
        format_html("<b>{}</b>", "&"),
        ErrorDetail("Too long.", code="max_length"),
        OrderedDict(b=1, a=2),
        ("a", 1),
        {1: "a number as a name"},
        2**64,
        "\u2028\u2029",
        {Colour.RED: "a word as a name"},
    ],
    ids=repr,
)
def test_a_value_is_written_as_the_framework_writes_it(value: Any) -> None:
    answer = {"value": value}

    assert FastJsonRenderer().render(answer) == JSONRenderer().render(answer)


def test_an_answer_without_a_body_is_empty() -> None:
    assert FastJsonRenderer().render(None) == b""
