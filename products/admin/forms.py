"""Forms as actions need them: the action judges what was typed, the form keeps and shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from products.admin.asking import CODE, PASSKEY, Asked
from products.admin.once import TOKEN, new_token
from products.domain.blocks import Block
from products.domain.errors import ConfigurationError, DomainError, ReleaseBlockedError
from products.domain.lots import zone_named

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Tokyo",
    "UTC",
)
LOCAL_TIMES = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"]
"""As browsers send them."""
SIGNATURE = ("reason", "password", CODE)
VERSION = "lot_version"
DECISION = "lot_decision"


class Confirms(Enum):
    NOTHING = 0
    FACTOR = 1
    BOTH = 2


class Suggesting(forms.TextInput):
    """A text input that offers known values but takes any: the action says what exists."""

    template_name = "admin/exolot/suggest.html"

    def __init__(
        self, suggestions: Iterable[str | tuple[str, str]] = (), attrs: dict[str, str] | None = None
    ) -> None:
        super().__init__({"autocomplete": "off", **(attrs or {})})
        self.suggestions = [item if isinstance(item, tuple) else (item, "") for item in suggestions]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        listed = f"{context['widget']['attrs'].get('id', name)}_known"
        context["widget"]["attrs"]["list"] = listed
        context["widget"]["listed"] = listed
        context["widget"]["suggestions"] = self.suggestions
        return context


def text(label: str, help_text: str = "", *, whole: bool = False, **options: Any) -> forms.Field:
    """Text that the action judges, empty included."""
    field = forms.CharField(label=label, help_text=help_text, required=False, **options)
    field.is_whole = whole  # type: ignore[attr-defined]  # read by the template
    return field


def long_text(label: str, help_text: str = "") -> forms.Field:
    return text(label, help_text, whole=True, widget=forms.Textarea({"rows": 2}))


def reference(label: str, help_text: str = "") -> forms.Field:
    """The code or number of another record; `ActionForm.suggest` fills in what is known."""
    return text(label, help_text, widget=Suggesting())


def word(
    label: str, choices: Iterable[tuple[str, str]], help_text: str = "", *, empty: str = ""
) -> forms.Field:
    """One word of a closed list; the action refuses any other."""
    offered = [*([("", empty)] if empty else []), *choices]
    return text(label, help_text, widget=forms.Select(choices=offered))


def whole_number(label: str, help_text: str = "", *, required: bool = True) -> forms.Field:
    return forms.IntegerField(label=label, help_text=help_text, required=required)


def day(label: str, help_text: str = "", *, required: bool = True) -> forms.Field:
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )


def instant(label: str, help_text: str = "", *, required: bool = True) -> forms.Field:
    """A local time; its zone is another field, named in the form's `instants`."""
    return forms.DateTimeField(
        label=label,
        help_text=help_text,
        required=required,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=LOCAL_TIMES,
    )


def file_choice(label: str, help_text: str = "", *, empty: str = "none") -> forms.Field:
    """One of the files attached to the record; `ActionForm.offer` fills in which."""
    return forms.UUIDField(
        label=label,
        help_text=help_text,
        required=False,
        widget=forms.Select(choices=[("", empty)]),
    )


def zone(label: str = "Time zone") -> forms.Field:
    return text(label, widget=Suggesting(ZONES))


class ListField(forms.CharField):
    """Several codes, separated by commas or lines."""

    def __init__(self, *, label: str, help_text: str = "", known: Iterable[str] = ()) -> None:
        super().__init__(label=label, help_text=help_text, required=False, widget=Suggesting(known))

    def clean(self, value: Any) -> list[str]:
        typed = super().clean(value)
        found = [part.strip() for part in typed.replace("\n", ",").split(",") if part.strip()]
        if typed and not found:
            raise forms.ValidationError(
                "Nothing stands between the commas. Name at least one, or leave it empty.",
                code="nothing_named",
            )
        return found


@dataclass(frozen=True, slots=True)
class LotSeen:
    """A lot as a person has it on the screen: its version, and the number of its last decision."""

    version: int
    decision: int


class ActionForm(forms.Form):
    """The parameters of an action; signed ones ask for the reason and the password too.

    ``instants`` names, for each local time, the field that holds its zone; ``aliases``, for each
    parameter of the action that is asked for under another name, that name. ``confirms`` is what a
    form that is not signed asks of who sends it besides: the own password, and the second factor.
    """

    required_css_class = "required"
    use_required_attribute = False
    instants: Mapping[str, str] = {}
    aliases: Mapping[str, str] = {}
    confirms: Confirms = Confirms.NOTHING

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: MultiValueDict[str, UploadedFile[Any]] | None = None,
        *,
        initial: dict[str, Any] | None = None,
        is_signed: bool = False,
        asked: Asked | None = None,
        lot_seen: LotSeen | None = None,
        suggestions: Mapping[str, Iterable[str | tuple[str, str]]] | None = None,
    ) -> None:
        super().__init__(data, files, initial=initial, label_suffix="")
        self.is_signed = is_signed
        self.refused_blocks: tuple[Block, ...] = ()
        if is_signed:
            self.fields["reason"] = long_text(
                "Reason", "Why you sign. It stays with the signature."
            )
        if is_signed or self.confirms is Confirms.BOTH:
            self.fields["password"] = forms.CharField(
                label="Your password",
                strip=False,
                widget=forms.PasswordInput({"autocomplete": "current-password"}),
            )
        self.asked = asked
        self.fields |= asked.fields() if asked else {}
        self.fields[TOKEN] = forms.CharField(
            initial=new_token, widget=forms.HiddenInput(), required=False, max_length=64
        )
        if lot_seen is not None:
            self.fields[VERSION] = _unseen_number(lot_seen.version)
            if is_signed:
                self.fields[DECISION] = _unseen_number(lot_seen.decision)
        for name, known in (suggestions or {}).items():
            widget = self.fields[name].widget
            assert isinstance(widget, Suggesting)
            widget.suggestions = [item if isinstance(item, tuple) else (item, "") for item in known]

    def offer(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        """Add to what the select ``name`` offers."""
        widget = self.fields[name].widget
        assert isinstance(widget, forms.Select)
        widget.choices = [*widget.choices, *choices]

    @property
    def record_fields(self) -> list[BoundField]:
        apart = SIGNATURE if self.is_signed else ()
        return [field for field in self.visible_fields() if field.name not in apart]

    @property
    def signature_fields(self) -> list[BoundField]:
        return [self[name] for name in SIGNATURE if name in self.fields]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, zone_field in self.instants.items():
            if cleaned.get(name) is not None:
                try:
                    cleaned[name] = at_local_time(cleaned[name], cleaned.get(zone_field, ""))
                except forms.ValidationError as error:
                    self.add_error(name, error)
        return cleaned

    def refuse(self, error: DomainError) -> None:
        """Show what the action said beside the input it is about, with all that was typed."""
        field = self.aliases.get(error.field, error.field)
        if field == CODE and PASSKEY in self.fields and CODE not in self.fields:
            field = "password"
        self.add_error(field if field in self.fields else None, error.message)
        if isinstance(error, ReleaseBlockedError):
            self.refused_blocks = error.blocks

    def state_seen(self, seen: LotSeen) -> None:
        """The person has now seen the lot as it is."""
        self._state(VERSION, str(seen.version))
        if DECISION in self.fields:
            self._state(DECISION, str(seen.decision))

    def renew(self) -> None:
        """What is sent next is another request."""
        self._state(TOKEN, new_token())

    def _state(self, name: str, value: str) -> None:
        assert isinstance(self.data, QueryDict)
        self.data = self.data.copy()
        self.data[name] = value


def _unseen_number(value: int) -> forms.Field:
    return forms.IntegerField(initial=value, widget=forms.HiddenInput(), required=False)


def at_local_time(typed: datetime, zone_name: str) -> datetime:
    """The instant that the wall clock of ``zone_name`` showed as ``typed``.

    Raises:
        ValidationError: the clock was never at that time, or twice, or the calendar ends there.
    """
    try:
        tz = zone_named(zone_name)
    except ConfigurationError:
        return typed  # The action names the unknown zone.
    first = typed.replace(tzinfo=tz, fold=0)
    try:
        shown = first.astimezone(UTC).astimezone(tz)
    except OverflowError:
        raise forms.ValidationError(f"No clock of {zone_name} shows this time.") from None
    if shown.replace(tzinfo=None) != typed.replace(tzinfo=None):
        raise forms.ValidationError(
            f"The clocks of {zone_name} skipped this time: they were put forward."
        )
    if first.utcoffset() != first.replace(fold=1).utcoffset():
        raise forms.ValidationError(
            f"The clocks of {zone_name} showed this time twice: state it in the zone UTC."
        )
    return first


class PasswordChangeForm(ActionForm):
    old = forms.CharField(
        label="Present password",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label="New password",
        help_text="At least 15 characters, or 8 if you have a second factor; several unrelated "
        "words are good.",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="New password, again",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "new" in cleaned and "again" in cleaned and cleaned["new"] != cleaned["again"]:
            self.add_error("again", "The two new passwords differ.")
        return cleaned
