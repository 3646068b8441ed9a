"""Persons, and the accounts they sign in with. Separation of duties is judged on the person."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper

from products.domain.accounts import USERNAME_PATTERN, CountedFor, SignInKind, SignInMethod
from products.models.fields import Record, UUIDv7, choices_of, one_of, uuid7, word_field


class Person(Record):
    printed_name = models.CharField(max_length=100, help_text="As printed beside a signature.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="person_has_a_name", condition=~Q(printed_name=""))
        ]

    def __str__(self) -> str:
        return self.printed_name


class User(AbstractBaseUser, PermissionsMixin):
    """An account. Roles are groups; `is_superuser` opens no laboratory or quality action."""

    # Sign-ins are rows of their own: a column here would be a write outside any action.
    last_login = None

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UUIDv7(), editable=False)
    username = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts"
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May open the admin.")
    must_change_password = models.BooleanField(default=False)
    locked_at = models.DateTimeField(null=True, blank=True)
    expires_on = models.DateField(
        null=True, blank=True, help_text="Last day of use, where the first site is; empty: no end."
    )
    password_set_at = models.DateTimeField(db_default=Now(), editable=False)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = BaseUserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Upper("username"), name="user_name_never_reused"),
            # Letters and digits of ASCII alone: no two names look or normalise alike.
            models.CheckConstraint(
                name="user_name_is_plain", condition=Q(username__regex=USERNAME_PATTERN)
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def check_password(self, raw_password: str | None) -> bool:
        """Compares only: a re-hash at sign-in would be a write outside any action."""
        return check_password(raw_password, self.password)

    @property
    def printed_name(self) -> str:
        return self.person.printed_name if self.person else self.username


class SignIn(Record):
    """One attempt to prove who one is: at the door, or for a signature."""

    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="sign_ins")
    username = models.CharField(max_length=150, help_text="As typed.")
    kind = word_field(SignInKind)
    succeeded = models.BooleanField()
    counted_for = models.CharField(
        max_length=32, choices=choices_of(CountedFor), default=CountedFor.NOTHING
    )
    method = models.CharField(
        max_length=32, choices=choices_of(SignInMethod), default=SignInMethod.PASSWORD
    )
    address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            one_of("signin_kind_known", "kind", SignInKind),
            one_of("signin_counted_for_known", "counted_for", CountedFor),
            one_of("signin_method_known", "method", SignInMethod),
        ]
        indexes = [models.Index(fields=["user", "-recorded_at"], name="signin_by_user")]

    def __str__(self) -> str:
        return f"{self.username}: {'succeeded' if self.succeeded else 'refused'}"
