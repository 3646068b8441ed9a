"""Second factors as people hold them: an app that shows codes, an authenticator that signs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from products.actions.accounts import change_password, sign_in_fully
from products.actions.factors import (
    confirm_totp,
    enrol_passkey,
    enrol_totp,
    issue_recovery_codes,
)
from products.actions.tokens import issue_token
from products.domain.accounts import SignInMethod
from products.domain.passkeys import PasskeyAnswer, Purpose
from products.domain.second_factor import STEPS_EITHER_SIDE, code_of, step_of
from products.models import ApiToken, Factor, User
from products.queries.factors import challenge_for
from tests.authenticators import HOST, SoftwareKey
from tests.records import context, now, people


@dataclass
class App:
    """Shows each code once, from the earliest that is taken: three at any moment."""

    factor: Factor
    secret: bytes
    last: int = field(default=0)

    def code(self) -> str:
        self.last = max(self.last + 1, step_of(now()) - STEPS_EITHER_SIDE)
        return code_of(self.secret, self.last)

    def wrong_code(self) -> str:
        """Of no step near."""
        near = range(step_of(now()) - 3, step_of(now()) + 4)
        known = {code_of(self.secret, step) for step in near}
        return next(text for text in (f"{number:06d}" for number in range(20)) if text not in known)


def new_app(username: str, name: str = "Pocket", **changes: Any) -> App:
    """Enrolled and not confirmed."""
    factor, secret = enrol_totp(context(getattr(people(), username), **changes), name=name)
    return App(factor, secret)


def app_of(username: str, name: str = "Pocket", **changes: Any) -> App:
    app = new_app(username, name, **changes)
    account = getattr(people(), username)
    confirm_totp(context(account, second_factor=app.code()), factor=app.factor.pk)
    return app


def signs_with(app: App, username: str) -> None:
    """Prove password and code, as every signature does: enrol another app, which stays unused."""
    new_app(username, "Another", second_factor=app.code())


def recovery_codes_of(username: str, app: App) -> list[str]:
    account = getattr(people(), username)
    _, codes = issue_recovery_codes(context(account, second_factor=app.code()))
    return codes


def comes_in(
    username: str,
    typed: str = "",
    method: SignInMethod = SignInMethod.PASSWORD,
    **changes: Any,
) -> User | None:
    """The second step at the door, from an address that the account does not know."""
    system = User.objects.get(username="system")
    request = HttpRequest()
    asked = context(system, "", **({"second_factor": typed} | changes))
    request.META["REMOTE_ADDR"] = asked.address
    return sign_in_fully(asked, request, username=username, method=method)


def token_by(username: str, typed: str, **changes: Any) -> ApiToken:
    asked = context(getattr(people(), username), second_factor=typed, **changes)
    token, _ = issue_token(asked, kind="personal", scope="read", purpose="x", days=1)
    return token


def new_password(username: str, password: str, old: str) -> None:
    account = User.objects.get(username=username)
    change_password(context(account), old=old, new=password)


@dataclass
class Authenticator:
    """The security key of an account."""

    account: User
    key: SoftwareKey

    def made(self) -> PasskeyAnswer:
        return self.key.made(challenge_for(self.account.pk, Purpose.ENROL, now()))

    def signed(self, *, counts: int = 1) -> PasskeyAnswer:
        challenge = challenge_for(self.account.pk, Purpose.PROVE, now())
        return self.key.signed(challenge, counts=counts)


def enrolled_passkey(
    username: str, app: App | None = None, host: str = HOST
) -> tuple[Factor, Authenticator]:
    account = getattr(people(), username)
    authenticator = Authenticator(account, SoftwareKey(host, f"https://{host}"))
    asked = context(account, second_factor=app.code() if app else "")
    return enrol_passkey(asked, name="Key", made=authenticator.made()), authenticator
