"""Signing with a second factor: each signed action, by its setting and by who has one."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

import products.actions
from products.actions.base import ACTIONS, ActionInfo
from products.actions.holds import place_hold
from products.domain.errors import SignatureRefusedError
from products.domain.passkeys import PasskeyAnswer
from products.domain.roles import ROLE_PERMISSIONS, Role
from products.models import Hold, PasskeyUse, SignIn, User
from tests.accounts import PASSWORD
from tests.factors import Authenticator, app_of, enrolled_passkey, recovery_codes_of
from tests.records import context, lot, people

pytestmark = pytest.mark.django_db
OF_ROLE = {Role.ANALYST: "analyst", Role.REVIEWER: "reviewer", Role.QUALITY: "quality"}
OF_ROLE[Role.ADMINISTRATOR] = "admin"


def signed_actions() -> dict[str, Callable[..., Any]]:
    """Each signed action by its name, as the surfaces call it."""
    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.iter_modules(products.actions.__path__):
        for one in vars(importlib.import_module(f"products.actions.{module.name}")).values():
            if inspect.isfunction(one) and hasattr(one, "__wrapped__"):
                info = inspect.getclosurevars(one).nonlocals.get("info")
                if isinstance(info, ActionInfo) and info.signed:
                    found[info.name] = one
    return found


def signer_of(name: str) -> User:
    permission = ACTIONS[name].permission
    role = next(role for role in OF_ROLE if permission in ROLE_PERMISSIONS[role])
    account: User = getattr(people(), OF_ROLE[role])
    return account


def held(reason: str = "As agreed", **given: Any) -> Hold:
    return place_hold(context(people().analyst, reason, **given), lot="EV-26-001")


def test_every_signed_action_is_known_here() -> None:
    signed = {name for name, info in ACTIONS.items() if info.signed}

    assert set(signed_actions()) == signed
    assert len(signed) > 20


@pytest.mark.parametrize("name", sorted(signed_actions()))
def test_where_the_setting_asks_no_action_is_signed_without_a_factor(
    name: str, settings: Settings
) -> None:
    settings.SIGNERS_NEED_SECOND_FACTOR = True

    with pytest.raises(SignatureRefusedError, match="Enrol one") as refusal:
        signed_actions()[name](context(signer_of(name)))

    assert refusal.value.code == "second_factor_missing"
    assert not SignIn.objects.filter(
        user=signer_of(name), kind="signature", address="192.0.2.1", succeeded=False
    ).exists()


@pytest.mark.parametrize("name", sorted(signed_actions()))
def test_who_has_a_factor_signs_no_action_without_it_or_by_a_wrong_one(name: str) -> None:
    account = signer_of(name)
    app = app_of(account.username)

    for typed, code in (("", "second_factor_needed"), (app.wrong_code(), "signature_refused")):
        with pytest.raises(SignatureRefusedError) as refusal:
            signed_actions()[name](context(account, second_factor=typed))
        assert refusal.value.code == code


def test_with_password_and_code_it_is_signed_once() -> None:
    lot()
    app = app_of("analyst")
    code = app.code()

    held(second_factor=code)

    with pytest.raises(SignatureRefusedError, match="password or the second factor"):
        held("Again", second_factor=code)
    held("Again", second_factor=app.code())
    assert Hold.objects.count() == 2
    kinds = SignIn.objects.filter(user=people().analyst).values_list("kind", flat=True)
    assert set(kinds) == {"signature"}


def test_a_wrong_password_beside_the_right_code_signs_nothing() -> None:
    lot()
    app = app_of("analyst")

    with pytest.raises(SignatureRefusedError, match="password or the second factor"):
        held(password="wrong", second_factor=app.code())

    assert not Hold.objects.exists()


def test_a_recovery_code_signs_nothing_where_the_setting_asks(settings: Settings) -> None:
    lot()
    codes = recovery_codes_of("analyst", app_of("analyst"))
    settings.SIGNERS_NEED_SECOND_FACTOR = True

    with pytest.raises(SignatureRefusedError, match="password or the second factor"):
        held(second_factor=codes[0])


def test_a_short_password_without_a_factor_signs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    lot()
    monkeypatch.setattr("products.actions.proving.SHORTEST", len(PASSWORD) + 1)

    with pytest.raises(SignatureRefusedError) as refusal:
        held()

    assert refusal.value.code == "password_to_be_changed"
    assert people().analyst.must_change_password
    assert not Hold.objects.exists()


@pytest.fixture
def passkey() -> Authenticator:
    lot()
    return enrolled_passkey("analyst")[1]


def test_a_passkey_signs_once_with_each_answer(passkey: Authenticator) -> None:
    answer = passkey.signed()

    held(passkey=answer)

    with pytest.raises(SignatureRefusedError):
        held("Again", passkey=answer)
    held("Again", passkey=passkey.signed())
    assert PasskeyUse.objects.filter(went_back=False).count() == 3


def test_a_passkey_whose_counter_went_back_is_refused_and_noted(passkey: Authenticator) -> None:
    held(passkey=passkey.signed(counts=5))

    with pytest.raises(SignatureRefusedError):
        held("Again", passkey=passkey.signed(counts=-3))

    copied = PasskeyUse.objects.get(went_back=True)
    assert copied.counter == 2
    assert Hold.objects.count() == 1


def test_a_copy_is_noted_beside_a_wrong_password_too(passkey: Authenticator) -> None:
    held(passkey=passkey.signed(counts=5))

    with pytest.raises(SignatureRefusedError):
        held("Again", password="wrong", passkey=passkey.signed(counts=-3))

    assert PasskeyUse.objects.filter(went_back=True).exists()


@pytest.mark.parametrize(
    "answer", [PasskeyAnswer("{}", "localhost"), PasskeyAnswer("", "localhost")]
)
def test_what_is_no_answer_of_a_passkey_signs_nothing(answer: PasskeyAnswer) -> None:
    lot()
    app_of("analyst")

    with pytest.raises(SignatureRefusedError):
        held(passkey=answer)
