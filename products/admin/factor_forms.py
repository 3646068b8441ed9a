"""What is typed about one's own second factors."""

from __future__ import annotations

from django import forms

from products.admin.asking import code_field, passkey_field
from products.admin.forms import ActionForm, Confirms, text


class NameForm(ActionForm):
    confirms = Confirms.BOTH
    name = text(
        "Name",
        "What you call it, such as: work telephone.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class PasskeyForm(NameForm):
    aliases = {"made": "name"}
    made = passkey_field()


class FirstCodeForm(ActionForm):
    second_factor = code_field("The six digits that the new app shows now.")


class CodesForm(ActionForm):
    confirms = Confirms.BOTH


class RemovalForm(ActionForm):
    confirms = Confirms.BOTH
    reason = text("Reason", whole=True, widget=forms.TextInput({"autocomplete": "off"}))
