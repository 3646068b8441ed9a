"""What the timeline and the trends of a lot are written with."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.urls import reverse

from products.domain.criteria import Verdict
from products.domain.lots import local_text
from products.domain.timeline import Event, EventKind, Subject
from products.domain.trending import TrendValue
from products.templatetags.exolot import VERDICT_MARKS

register = template.Library()

KINDS: dict[EventKind, tuple[str, str]] = {
    EventKind.LOT: ("▣", "Lot"),
    EventKind.SAMPLE: ("◉", "Sample"),
    EventKind.RUN: ("▷", "Run"),
    EventKind.RESULT: ("✎", "Result"),
    EventKind.REVIEW: ("✓", "Review"),
    EventKind.CORRECTION: ("≠", "Correction"),
    EventKind.INVESTIGATION: ("?", "Investigation"),
    EventKind.HOLD: ("‖", "Hold"),
    EventKind.SPECIFICATION: ("§", "Specification"),
    EventKind.DECISION: ("★", "Decision"),
    EventKind.ATTACHED: ("+", "Attached"),
}


@register.filter
def event_glyph(event: Event) -> str:
    return KINDS[event.kind][0]


@register.filter
def event_kind(event: Event) -> str:
    return KINDS[event.kind][1]


@register.filter
def event_time(event: Event) -> str:
    """With its zone, a plain day as well: it begins at another instant elsewhere."""
    at: datetime | date = event.at
    return local_text(at, event.zone) if isinstance(at, datetime) else f"{at} ({event.zone})"


@register.filter
def subject_url(subject: Subject) -> str:
    return reverse(f"admin:products_{subject.model}_change", args=[subject.key])


@register.filter
def trend_text(value: TrendValue) -> str:
    """``95``, and where it does not simply pass, how it was judged: ``130 ✕ fail``."""
    if value.verdict is Verdict.PASS:
        return value.text
    glyph, word = VERDICT_MARKS[value.verdict]
    return f"{value.text} {glyph} {word.lower()}"
