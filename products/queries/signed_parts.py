"""What the parts that read signed records share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from products.domain.facts import plain
from products.models import Reading
from products.queries.runs import reading_facts

Shown = dict[str, Any]
Signed = Mapping[UUID, Shown]
"""By the record's key: what was shown."""


def over(shown: Shown, **facts: object) -> Shown:
    return {**shown, **{key: value for key, value in facts.items() if key in shown}}


def reading_shown(row: Reading) -> Shown:
    """A reading as a signer is shown it."""
    facts = plain(reading_facts(row))
    assert isinstance(facts, dict)
    return facts
