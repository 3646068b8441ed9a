"""What is typed about accounts."""

from __future__ import annotations

from typing import Any

from django import forms

from products.admin.forms import ActionForm, day, text
from products.admin.trainings import people, person_choice
from products.domain.roles import Role


class RolesField(forms.MultipleChoiceField):
    """Any words: the action says which are roles."""

    is_whole = True

    def __init__(self) -> None:
        super().__init__(
            label="Roles",
            required=False,
            choices=[(role.value, role.value) for role in Role],
            widget=forms.CheckboxSelectMultiple({"class": "checks"}),
        )

    def valid_value(self, value: str) -> bool:
        return True


def first_password() -> forms.Field:
    return forms.CharField(
        label="First password",
        help_text="Told to the person, who changes it at the first use.",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


class AccountForm(ActionForm):
    aliases = {"password": "password_given"}
    person = person_choice()
    username = text(
        "Account name", "Never reused.", widget=forms.TextInput({"autocomplete": "off"})
    )
    roles = RolesField()
    password_given = first_password()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("person", people())


class SetRolesForm(ActionForm):
    roles = RolesField()
    reason = text("Reason", whole=True)


class ResetForm(ActionForm):
    account = forms.CharField(
        label="Account", disabled=True, widget=forms.TextInput({"autocomplete": "username"})
    )
    new = first_password()
    reason = text("Reason", whole=True)


class ExpiryForm(ActionForm):
    expires_on = day("Last day of use", "Empty: no end.", required=False)
    reason = text("Reason", whole=True)


class ReasonForm(ActionForm):
    reason = text("Reason", whole=True)
