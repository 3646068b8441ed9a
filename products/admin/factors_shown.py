"""How second factors look on pages: their state, their row, and a new secret."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from products.admin.parts import link
from products.admin.qr import qr_code
from products.domain.factors import FactorKind
from products.domain.lots import local_text
from products.models import Factor, User
from products.queries.factors import codes_left, copied_passkeys
from products.templatetags.exolot import badge


def copies_told(account: User, zone: str) -> list[str]:
    """A sentence for each time that one of the account's passkeys answered as a copy would."""
    return [
        f"{use.factor} answered on {local_text(use.recorded_at, zone)} as a copy of itself would, "
        "and was refused. It is to be removed, and the quality unit told."
        for use in copied_passkeys(account.pk)
    ]


def state_of(factor: Factor) -> SafeString:
    if hasattr(factor, "removal"):
        return badge("revoked", "∅", "Removed")
    if hasattr(factor, "confirmation"):
        return badge("signs", "✓", "In force")
    return badge("open", "!", "Waits for its first code")


def factor_row(factor: Factor, zone: str) -> tuple[Any, ...]:
    kind = factor.get_kind_display()
    if factor.kind == FactorKind.RECOVERY_CODES:
        kind = f"{codes_left(factor)} left"
    links = [link("Remove", reverse("admin:second_factor_remove", args=[factor.pk]))]
    if not hasattr(factor, "confirmation"):
        confirming = reverse("admin:second_factor_confirm", args=[factor.pk])
        links.insert(0, link("Confirm", confirming))
    return (
        factor.name,
        kind,
        state_of(factor),
        local_text(factor.recorded_at, zone),
        format_html_join(" · ", "{}", ((one,) for one in links)),
    )


def in_groups(secret: str) -> str:
    """In fours, as people read it aloud; apps take the spaces."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def picture(uri: str) -> SafeString:
    return qr_code(uri, scale=5, border=4)
