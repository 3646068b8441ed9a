"""Who acts and when: contexts for the demo's actions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from products.actions.base import Context
from products.demo.calendar import Calendar
from products.models import User


class House:
    """The demo's accounts at work; ``passwords`` are by account name."""

    def __init__(self, calendar: Calendar, passwords: Mapping[str, str]) -> None:
        self.calendar = calendar
        self.passwords = passwords
        self._accounts: dict[str, User] = {}
        self._requests = 0

    def context(self, username: str, at: datetime, reason: str = "") -> Context:
        """As if the account did one thing at ``at``; requests are numbered in their order."""
        self._requests += 1
        return Context(
            actor=self.account(username),
            reason=reason,
            at=at,
            request_id=f"demo-{self._requests:05}",
            password=self.passwords[username],
        )

    def account(self, username: str) -> User:
        if username not in self._accounts:
            self._accounts[username] = User.objects.select_related("person").get(username=username)
        return self._accounts[username]

    def forget(self, username: str) -> None:
        """Read the account anew: it has changed."""
        self._accounts.pop(username, None)
