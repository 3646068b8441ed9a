"""Words and marks of the pages: a status never without its basis, a time never without its zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from products.domain.amendments import AMENDMENT_LABELS, AmendmentKind
from products.domain.blocks import gravity
from products.domain.comparison import CHANGE_LABELS, ChangeKind, CriterionChange
from products.domain.criteria import CATEGORY_LABELS, STAGE_LABELS, Category, Stage, Verdict
from products.domain.laboratories import CONTROLS_LABELS, ControlsStatement
from products.domain.lots import (
    STATUS_GLYPHS,
    STATUS_LABELS,
    ReleaseStatus,
    local_text,
    seconds_text,
)
from products.domain.products import basis_text
from products.domain.release import Outcome
from products.domain.results import PURPOSE_LABELS, Purpose
from products.domain.sources import TISSUE_LABELS
from products.domain.units import label_of
from products.models import Lot, Run
from products.queries.facts import expiry_of
from products.queries.versions import VersionLine

register = template.Library()

VERDICT_MARKS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.PENDING: ("…", "Pending"),
    Verdict.INTERIM: ("◔", "Interim"),
    Verdict.PASS: ("✓", "Pass"),
    Verdict.FAIL: ("✕", "Fail"),
    Verdict.INVALID: ("⊘", "Invalid"),
    Verdict.INVALIDATED: ("⊖", "Invalidated"),
    Verdict.INDETERMINATE: ("?", "Indeterminate"),
    Verdict.NOT_COMPARABLE: ("≠", "Not comparable"),
    Verdict.REPORT_ONLY: ("ⓘ", "Report only"),
}
OTHER_MARKS: Mapping[str, str] = {
    "eligible": "✓",
    "ineligible": "✕",
    "incomplete": "◔",
    "undetermined": "?",
    "draft": "✎",
    "approved": "✓",
    "retired": "∅",
    "open": "!",
    "confirmed": "✕",
    "invalidated": "⊖",
    "saved": "✎",
    "submitted": "✓",
    "discarded": "∅",
    "returned": "↶",
    "retracted": "⊗",
    "removed": "∅",
    "refused": "✕",
    "recording_error": "✎",
    "lifted": "✓",
    "active": "✓",
    "signs": "✓",
    "inactive": "∅",
    "revoked": "∅",
    "expired": "◷",
}


def badge(kind: str, glyph: str, word: str, size: str = "") -> SafeString:
    """A mark that is told by glyph and word as well as by colour."""
    return format_html(
        '<span class="badge badge-{}{}"><span aria-hidden="true">{}</span> {}</span>',
        kind,
        f" {size}" if size else "",
        glyph,
        word,
    )


def standing_mark(status: str, basis: str, reference: str, size: str = "") -> SafeString:
    """A lot's status, and what it is under: "released" alone would claim too much."""
    word = ReleaseStatus(status)
    return format_html(
        '<span class="standing">{} <span class="basis">{}</span></span>',
        badge(word.value, STATUS_GLYPHS[word], STATUS_LABELS[word], size),
        basis_text(basis, reference),
    )


@register.simple_tag
def standing(status: str, basis: str, reference: str, size: str = "") -> SafeString:
    return standing_mark(status, basis, reference, size)


@register.filter
def verdict(value: str) -> SafeString:
    glyph, word = VERDICT_MARKS[Verdict(value)]
    return badge(value, glyph, word)


@register.filter
def status_mark(status: str) -> SafeString:
    """For counts of lots of every basis, which say so beside them."""
    word = ReleaseStatus(status)
    return badge(word.value, STATUS_GLYPHS[word], STATUS_LABELS[word])


OUTCOME_MARKS: Mapping[Outcome, tuple[str, str, str]] = {
    Outcome.MET: ("pass", "✓", "Met"),
    Outcome.BROKEN: ("fail", "✕", "Broken"),
    Outcome.DECIDED_AT_SIGNING: ("interim", "✎", "Decided at signing"),
    Outcome.NOT_REQUIRED: ("draft", "∅", "Not required"),
}


@register.filter
def outcome_mark(outcome: Outcome) -> SafeString:
    return badge(*OUTCOME_MARKS[outcome])


CHANGE_MARKS: Mapping[ChangeKind, tuple[str, str]] = {
    ChangeKind.ADDED: ("approved", "+"),
    ChangeKind.REMOVED: ("fail", "−"),  # noqa: RUF001  # a minus, as wide as the plus
    ChangeKind.CHANGED: ("open", "≠"),
    ChangeKind.SAME: ("draft", "="),
}


@register.filter
def change_mark(change: CriterionChange) -> SafeString:
    kind, glyph = CHANGE_MARKS[change.kind]
    return badge(kind, glyph, CHANGE_LABELS[change.kind])


AMENDMENT_MARKS: Mapping[str, tuple[str, str, str]] = {
    "waits": ("open", "!", "Waits for a second signature"),
    "refused": ("refused", "✕", "Refused"),
    "in_effect": ("approved", "✓", "In effect"),
}
VERSION_STATES: Mapping[str, str] = {
    "counts": "counts",
    "waits": "proposed, does not count",
    "refused": "refused, never counts",
    "replaced": "replaced",
}


@register.filter
def amendment_mark(state: str) -> SafeString:
    return badge(*AMENDMENT_MARKS[state])


@register.filter
def amendment_kind(kind: str) -> str:
    return AMENDMENT_LABELS[AmendmentKind(kind)]


@register.filter
def version_state(line: VersionLine) -> str:
    if line.counts_until is not None:
        return "counts until a second person signs"
    return VERSION_STATES[line.standing]


@register.filter
def controls(statement: str) -> str:
    return CONTROLS_LABELS[ControlsStatement(statement)]


def paper_mark(run: Run) -> SafeString:
    return _origin("▤", "from paper") if run.from_paper else SafeString("")


def outside_mark(run: Run) -> SafeString:
    if run.laboratory is None:
        return SafeString("")
    return _origin("⇥", f"outside laboratory {run.laboratory.code}")


def _origin(glyph: str, words: str) -> SafeString:
    return format_html(
        ' <span class="origin"><span aria-hidden="true">{}</span> {}</span>', glyph, words
    )


@register.simple_tag
def now_text(zone: str) -> str:
    """When the page was made, as its print says."""
    return local_text(timezone.now(), zone)


@register.filter
def expiry(lot: Lot) -> str:
    return expiry_of(lot, lot.site.zone).text


@register.filter
def tissue(kind: str) -> str:
    return TISSUE_LABELS.get(kind, kind)


@register.simple_tag
def list_url(model: str) -> str:
    """The list of the records of a model."""
    return reverse(f"admin:products_{model}_changelist")


@register.filter
def mark(value: str) -> SafeString:
    return badge(value, OTHER_MARKS.get(value, "•"), value.replace("_", " ").capitalize())


@register.filter
def to_second(value: datetime, zone: str) -> str:
    return seconds_text(value, zone)


@register.filter
def local(value: datetime | None, zone: str) -> str:
    return local_text(value, zone) if value else ""


@register.filter
def local_seconds(value: datetime, zone: str) -> str:
    """For the trail, in which several things happen in a minute."""
    return seconds_text(value, zone)


@register.filter
def unit(code: str) -> str:
    return label_of(code)


@register.filter
def category(value: str) -> str:
    return CATEGORY_LABELS[Category(value)]


@register.filter
def stage(value: str) -> str:
    return STAGE_LABELS[Stage(value)]


@register.filter
def purpose(value: str) -> str:
    return PURPOSE_LABELS[Purpose(value)]


@register.filter
def words(value: str) -> str:
    """A code of a closed list as people read it."""
    return str(value).replace("_", " ")


@register.filter
def chosen(choices: Iterable[Mapping[str, object]]) -> str:
    """The choice of a filter that narrows the list, if one does."""
    for number, choice in enumerate(choices):
        if choice["selected"] and number:
            return str(choice["display"])
    return ""


@register.filter
def gravest(blocks: list[dict[str, str]]) -> str:
    """The message of the stored reason that people have to know first."""
    return min(blocks, key=lambda block: gravity(block["code"]))["message"]
