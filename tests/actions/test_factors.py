"""Second factors: enrolling, confirming, removing, and what they prove."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from products.actions.accounts import change_password, reset_password, set_active
from products.actions.factors import (
    confirm_totp,
    issue_recovery_codes,
    remove_factor,
    remove_factor_of,
)
from products.domain.accounts import LOCK_AFTER
from products.domain.errors import (
    ConfigurationError,
    DomainError,
    InvalidValueError,
    NotPermittedError,
    SignatureRefusedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.domain.factors import RECOVERY_CODES
from products.domain.second_factor import code_of, step_of
from products.models import (
    AuditEntry,
    Factor,
    FactorRemoval,
    FactorStep,
    Lockout,
    RecoveryCode,
    SignIn,
    User,
)
from products.queries.factors import factors_in_force, kinds_held, secret_of
from tests.accounts import PASSWORD
from tests.factors import (
    App,
    app_of,
    comes_in,
    new_app,
    new_password,
    recovery_codes_of,
    signs_with,
    token_by,
)
from tests.records import context, now, people

pytestmark = pytest.mark.django_db
SHORT = "tulip-9-cellar"


def refused(code: str, **expected: Any) -> Any:
    return pytest.raises(SignatureRefusedError, check=lambda error: error.code == code, **expected)


def test_an_app_counts_once_its_first_code_confirmed_it() -> None:
    app = new_app("analyst")
    assert kinds_held(people().analyst.pk) == set()

    confirm_totp(context(people().analyst, second_factor=app.code()), factor=app.factor.pk)

    assert kinds_held(people().analyst.pk) == {"totp"}


def test_a_secret_is_kept_encrypted_and_opens_for_its_own_account_alone() -> None:
    app = new_app("analyst")
    stored = Factor.objects.get()

    assert secret_of(stored) == app.secret
    assert app.secret.hex() not in stored.secret
    stored.user = people().analyst2
    assert secret_of(stored) is None


def test_no_secret_code_or_digest_is_in_the_trail() -> None:
    app = app_of("analyst")
    codes = recovery_codes_of("analyst", app)

    hidden = [Factor.objects.first(), *RecoveryCode.objects.all()]
    secrets = [getattr(row, "secret", "") or getattr(row, "digest", "") for row in hidden]
    bodies = b"".join(bytes(entry.body) for entry in AuditEntry.objects.all())
    assert b"products_recoverycode" in bodies
    assert [text for text in [*secrets, *codes, app.secret.hex()] if text.encode() in bodies] == []


def test_without_a_key_no_app_is_enrolled(settings: Settings) -> None:
    settings.FACTOR_KEYS = []

    with pytest.raises(ConfigurationError, match="FACTOR_KEY"):
        new_app("analyst")


def test_a_further_key_still_opens_and_the_first_encrypts(settings: Settings) -> None:
    old, new = settings.FACTOR_KEYS[0], bytes(range(32))
    app = app_of("analyst")

    settings.FACTOR_KEYS = [new, old]
    signs_with(app, "analyst")

    settings.FACTOR_KEYS = [new]
    assert secret_of(Factor.objects.get(name="Another")) is not None
    assert secret_of(app.factor) is None


@pytest.mark.parametrize(
    "code",
    ["", "12345", "1234567", "abcdef", "１２３４５６"],  # noqa: RUF001  # other digits
)
def test_a_new_app_is_not_confirmed_by_what_is_no_code_of_it(code: str) -> None:
    app = new_app("analyst")

    with pytest.raises(InvalidValueError, match="not the code that the app shows now"):
        confirm_totp(context(people().analyst, second_factor=code), factor=app.factor.pk)


def test_a_new_app_waits_ten_minutes_for_its_code(settings: Settings) -> None:
    app = new_app("analyst")
    later = context(people().analyst, at=now() + timedelta(minutes=11))

    with pytest.raises(DomainError) as refusal:
        confirm_totp.__wrapped__(later, factor=app.factor.pk)  # type: ignore[attr-defined]  # its body

    assert "within 10 minutes" in str(refusal.value)


def test_an_app_is_confirmed_once_and_by_its_owner() -> None:
    app = app_of("analyst")

    with pytest.raises(WrongStatusError, match="confirmed already"):
        confirm_totp(context(people().analyst, second_factor=app.code()), factor=app.factor.pk)
    with pytest.raises(UnknownReferenceError, match="analyst2 has no second factor"):
        confirm_totp(context(people().analyst2, second_factor=app.code()), factor=app.factor.pk)


@pytest.mark.parametrize("given", [{"password": "wrong"}, {"password": ""}])
def test_who_does_not_know_the_password_enrols_nothing(given: dict[str, str]) -> None:
    with pytest.raises(SignatureRefusedError, match="The password is not that of analyst"):
        new_app("analyst", **given)

    assert not Factor.objects.exists()
    assert SignIn.objects.filter(user=people().analyst, succeeded=False).count() == 1


def test_a_name_is_needed() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        new_app("analyst", " ")

    assert refusal.value.field == "name"


def test_a_service_token_enrols_nothing() -> None:
    with pytest.raises(SignatureRefusedError, match="service token"):
        new_app("analyst", may_sign=False)


def test_an_account_has_ten_factors_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("products.actions.factors.MOST", 1)
    app = app_of("analyst")

    with pytest.raises(WrongStatusError, match="1 second factors"):
        signs_with(app, "analyst")


# What proves.


def test_each_code_proves_once_and_none_before_it_again() -> None:
    app = app_of("analyst")
    steps = [app.last - 1, app.last]
    signs_with(app, "analyst")

    for step in [*steps, app.last]:
        with refused("signature_refused"):
            new_app("analyst", second_factor=code_of(app.secret, step))

    assert [row.step for row in FactorStep.objects.order_by("step")] == [steps[1], app.last]


@pytest.mark.parametrize(
    ("drift", "is_proved"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_one_step_off(drift: int, *, is_proved: bool) -> None:
    app, at = new_app("analyst"), now()
    typed = code_of(app.secret, step_of(at) + drift)

    with contextlib.suppress(InvalidValueError):
        confirm_totp(context(people().analyst, at=at, second_factor=typed), factor=app.factor.pk)

    assert bool(kinds_held(people().analyst.pk)) == is_proved


def test_spaces_in_a_code_do_not_count() -> None:
    app = app_of("analyst")
    code = app.code()

    new_app("analyst", second_factor=f" {code[:3]} {code[3:]} ")


def test_of_two_apps_either_proves() -> None:
    app = app_of("analyst")
    other = app_of("analyst", "Tablet", second_factor=app.code())

    signs_with(other, "analyst")
    signs_with(app, "analyst")


def test_an_app_that_is_not_confirmed_proves_nothing() -> None:
    app = app_of("analyst")
    other = new_app("analyst", "Tablet", second_factor=app.code())

    with refused("signature_refused"):
        new_app("analyst", second_factor=other.code())


def test_somebody_elses_code_proves_nothing() -> None:
    app_of("analyst")
    other = app_of("analyst2")

    with refused("signature_refused"):
        new_app("analyst", second_factor=other.code())


def test_a_wrong_password_and_a_wrong_code_are_refused_in_the_same_words() -> None:
    app = app_of("analyst")
    said = set()

    for password, code in (("wrong", app.code()), (PASSWORD, app.wrong_code())):
        with refused("signature_refused") as refusal:
            new_app("analyst", password=password, second_factor=code)
        said.add((str(refusal.value), refusal.value.field))

    assert len(said) == 1
    rows = SignIn.objects.filter(user=people().analyst, succeeded=False)
    assert {(row.kind, row.counted_for) for row in rows} == {("signature", "account")}


def test_a_code_beside_a_wrong_password_is_not_used_up() -> None:
    app = app_of("analyst")
    code = app.code()
    with refused("signature_refused"):
        new_app("analyst", password="wrong", second_factor=code)

    new_app("analyst", second_factor=code)


def test_wrong_codes_lock_the_account() -> None:
    app = app_of("analyst")
    for _ in range(LOCK_AFTER - 1):
        with refused("signature_refused"):
            new_app("analyst", second_factor=app.wrong_code())

    with refused("account_locked"):
        new_app("analyst", second_factor=app.wrong_code())
    assert Lockout.objects.get().user == people().analyst
    with refused("account_locked"):
        signs_with(app, "analyst")


def test_a_password_alone_begins_no_new_count_of_an_account_with_two_components() -> None:
    app = app_of("analyst")
    for _ in range(LOCK_AFTER - 1):
        with refused("signature_refused"):
            new_app("analyst", second_factor=app.wrong_code())
    change_password(context(people().analyst), old=PASSWORD, new="another long pass phrase")

    with pytest.raises(SignatureRefusedError):
        new_app("analyst", second_factor=app.wrong_code())

    assert Lockout.objects.filter(user=people().analyst).exists()
    assert SignIn.objects.filter(kind="password", succeeded=True).count() == 1


def test_who_has_a_factor_and_gives_none_is_asked_for_it_and_not_counted() -> None:
    app_of("analyst")

    with refused("second_factor_needed"):
        new_app("analyst")

    assert not SignIn.objects.filter(user=people().analyst, succeeded=False).exists()


def test_with_another_key_codes_are_refused_as_a_fault_of_the_installation(
    settings: Settings,
) -> None:
    app = app_of("analyst")
    settings.FACTOR_KEYS = [bytes(32 * [7])]

    with pytest.raises(ConfigurationError, match="restores FACTOR_KEY"):
        signs_with(app, "analyst")

    assert not SignIn.objects.filter(user=people().analyst, succeeded=False).exists()


# The door.


def test_the_door_opens_by_a_code_once() -> None:
    app = app_of("analyst")
    code = app.code()

    assert comes_in("analyst", code) == people().analyst
    assert comes_in("analyst", code) is None
    rows = SignIn.objects.filter(kind="sign_in").order_by("recorded_at")
    assert [(row.succeeded, row.counted_for) for row in rows] == [
        (True, "nothing"),
        (False, "account"),
    ]


def test_wrong_codes_from_outside_count_for_the_address() -> None:
    app = app_of("analyst")

    assert comes_in("analyst", app.wrong_code(), address="203.0.113.7") is None

    assert SignIn.objects.get(kind="sign_in").counted_for == "address"


def test_a_closed_account_stays_outside_with_the_right_code() -> None:
    app = app_of("analyst")
    set_active(context(people().admin), username="analyst", is_active=False)

    assert comes_in("analyst", app.code()) is None


# Recovery codes.


def test_a_recovery_code_opens_the_door_once_however_it_is_typed() -> None:
    codes = recovery_codes_of("analyst", app_of("analyst"))

    assert len(set(codes)) == RECOVERY_CODES
    assert comes_in("analyst", f" {codes[0].upper().replace('-', ' ')} ") == people().analyst
    assert comes_in("analyst", codes[0]) is None
    assert comes_in("analyst", codes[1]) == people().analyst


def test_a_recovery_code_signs_nothing_and_issues_no_token() -> None:
    codes = recovery_codes_of("analyst", app_of("analyst"))

    for attempt in (
        lambda: new_app("analyst", second_factor=codes[0]),
        lambda: token_by("analyst", codes[0]),
    ):
        with refused("signature_refused"):
            attempt()

    assert comes_in("analyst", codes[0]) == people().analyst


def test_somebody_elses_recovery_code_opens_nothing() -> None:
    codes = recovery_codes_of("analyst2", app_of("analyst2"))
    app_of("analyst")

    assert comes_in("analyst", codes[0]) is None
    assert comes_in("reviewer", codes[0]) is None


def test_new_recovery_codes_replace_those_of_before() -> None:
    app = app_of("analyst")
    first = recovery_codes_of("analyst", app)

    second = recovery_codes_of("analyst", app)

    assert comes_in("analyst", first[0]) is None
    assert comes_in("analyst", second[0]) == people().analyst


def test_recovery_codes_stand_in_for_a_factor_and_need_one() -> None:
    with pytest.raises(WrongStatusError, match="Enrol an authenticator app"):
        issue_recovery_codes(context(people().analyst))


# Tokens.


def test_a_token_needs_the_factor_of_who_has_one() -> None:
    app = app_of("analyst")
    code = app.code()

    with refused("second_factor_needed"):
        token_by("analyst", "")
    with refused("signature_refused", match="The second factor is not that of analyst"):
        token_by("analyst", app.wrong_code())
    token_by("analyst", code)
    with refused("signature_refused"):
        token_by("analyst", code)


def test_wrong_codes_for_a_token_lock_the_account() -> None:
    app = app_of("analyst")
    for _ in range(LOCK_AFTER - 1):
        with refused("signature_refused"):
            token_by("analyst", app.wrong_code())

    with refused("account_locked"):
        token_by("analyst", app.wrong_code())
    with refused("account_locked"):
        token_by("analyst", app.code())


# Removal, and short passwords.


def test_its_owner_removes_a_factor_by_password_and_factor() -> None:
    app = app_of("analyst")

    with refused("second_factor_needed"):
        remove_factor(context(people().analyst), factor=app.factor.pk)
    remove_factor(
        context(people().analyst, "New telephone", second_factor=app.code()), factor=app.factor.pk
    )

    row = FactorRemoval.objects.get()
    assert (row.factor, row.reason, row.recorded_by) == (
        app.factor,
        "New telephone",
        people().analyst,
    )
    assert kinds_held(people().analyst.pk) == set()
    new_app("analyst")


def test_a_factor_is_removed_once_with_a_reason_and_by_its_owner() -> None:
    app = app_of("analyst")

    with pytest.raises(InvalidValueError) as refusal:
        remove_factor(
            context(people().analyst, " ", second_factor=app.code()), factor=app.factor.pk
        )
    assert refusal.value.field == "reason"
    with pytest.raises(UnknownReferenceError):
        remove_factor(context(people().analyst2), factor=app.factor.pk)
    remove_factor(context(people().analyst, second_factor=app.code()), factor=app.factor.pk)
    with pytest.raises(WrongStatusError, match="was removed on"):
        remove_factor(context(people().analyst), factor=app.factor.pk)


def test_an_app_that_was_removed_is_not_confirmed() -> None:
    app = new_app("analyst")
    remove_factor(context(people().analyst), factor=app.factor.pk)

    with pytest.raises(WrongStatusError, match="was removed on"):
        confirm_totp(context(people().analyst, second_factor=app.code()), factor=app.factor.pk)


def test_with_the_last_factor_the_recovery_codes_go() -> None:
    app = app_of("analyst")
    codes = recovery_codes_of("analyst", app)

    remove_factor(context(people().analyst, second_factor=app.code()), factor=app.factor.pk)

    assert comes_in("analyst", codes[0]) is None
    assert not factors_in_force(people().analyst.pk).exists()


def test_while_another_factor_signs_the_recovery_codes_and_a_short_password_stay() -> None:
    app = app_of("analyst")
    other = app_of("analyst", "Tablet", second_factor=app.code())
    codes = recovery_codes_of("analyst", app)

    remove_factor(context(people().analyst, second_factor=other.code()), factor=app.factor.pk)

    assert comes_in("analyst", codes[0]) == people().analyst
    assert not User.objects.get(username="analyst").must_change_password


def test_an_administrator_removes_a_factor_of_another_person_alone() -> None:
    app = app_of("analyst")
    own = app_of("admin")

    remove_factor_of(context(people().admin, "Lost"), username="analyst", factor=app.factor.pk)

    assert kinds_held(people().analyst.pk) == set()
    with pytest.raises(NotPermittedError, match="account of one's own"):
        remove_factor_of(context(people().admin), username="admin", factor=own.factor.pk)
    with pytest.raises(NotPermittedError, match="may not do account"):
        remove_factor_of(context(people().quality), username="admin", factor=own.factor.pk)
    with pytest.raises(UnknownReferenceError):
        remove_factor_of(context(people().admin), username="analyst", factor=uuid4())


def short_password_of_analyst() -> App:
    app = app_of("analyst")
    new_password("analyst", SHORT, PASSWORD)
    return app


def test_eight_characters_are_enough_beside_a_factor_alone() -> None:
    with pytest.raises(InvalidValueError, match="15 characters or more"):
        new_password("analyst", SHORT, PASSWORD)

    short_password_of_analyst()

    with pytest.raises(InvalidValueError, match="8 characters or more"):
        new_password("analyst", "tul-9x", SHORT)


def test_who_removes_the_last_factor_lengthens_a_short_password() -> None:
    app = short_password_of_analyst()

    remove_factor(
        context(people().analyst, password=SHORT, second_factor=app.code()), factor=app.factor.pk
    )

    assert User.objects.get(username="analyst").must_change_password
    new_password("analyst", "another long pass phrase", SHORT)
    assert not User.objects.get(username="analyst").must_change_password


def test_a_long_password_stays_when_the_last_factor_goes() -> None:
    app = app_of("analyst")

    remove_factor(context(people().analyst, second_factor=app.code()), factor=app.factor.pk)

    assert not User.objects.get(username="analyst").must_change_password


def test_a_short_password_left_alone_has_to_be_lengthened_when_next_proved() -> None:
    app = short_password_of_analyst()
    remove_factor_of(context(people().admin, "Lost"), username="analyst", factor=app.factor.pk)
    assert not User.objects.get(username="analyst").must_change_password

    new_app("analyst", password=SHORT)

    assert User.objects.get(username="analyst").must_change_password


def test_a_first_password_may_be_short_for_who_has_a_factor() -> None:
    app_of("analyst")

    reset_password(context(people().admin), username="analyst", new=SHORT)

    assert User.objects.get(username="analyst").must_change_password
