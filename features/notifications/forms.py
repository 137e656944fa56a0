"""The forms of the settings page: a channel, and the preferences."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django import forms

from core.forms import LineField
from features.notifications import kinds
from features.notifications.channels import (
    CENT,
    MAX_LIMIT,
    MAX_MINUTES,
    MAX_NAME_CHARS,
    Draft,
    Invalid,
)
from features.notifications.models import Channel, Method

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms.boundfield import BoundWidget
    from django.http import QueryDict

    from features.notifications.kinds import Kind

NO_METHOD = "Choose how it is sent."
NO_MINUTES = f"Write whole minutes, from 1 to {MAX_MINUTES}."
NO_LIMIT = "Write dollars such as 20 or 7.50, or leave it empty."
KEEP_ADDRESS = "Leave it empty to keep the present address."
PRIVATE_ADDRESS = "A public https address. It is kept like a password: nobody can see it again."
METHODS = {
    Method.EMAIL: "a mail to the address of your account",
    Method.SLACK: "a message by an incoming webhook of Slack, Mattermost or the like",
    Method.WEBHOOK: "signed JSON for a program of yours",
    Method.RUNS: "the result of each run that you start through the API, in the form of fal's "
    "webhooks",
}


class KindsField(forms.MultipleChoiceField):
    """The kinds that a channel sends; former kinds are left out."""

    widget = forms.CheckboxSelectMultiple

    def to_python(self, value: Any) -> list[str]:
        """Return the names of the kinds."""
        return kinds.known(super().to_python(value))


class ChannelForm(forms.Form):
    """A new channel, or changes of one. Its address is a secret that no form shows again."""

    method = forms.ChoiceField(
        choices=[(method.value, method.label) for method in METHODS],
        initial=Method.EMAIL,
        widget=forms.RadioSelect,
        error_messages={"required": NO_METHOD, "invalid_choice": NO_METHOD},
    )
    address = LineField(
        max_length=2000,
        required=False,
        help_text=PRIVATE_ADDRESS,
        widget=forms.TextInput({"placeholder": "https://hooks.slack.com/services/…"}),
    )
    name = LineField(
        label="Name, if you like",
        max_length=MAX_NAME_CHARS,
        required=False,
        error_messages={"max_length": f"Keep the name to {MAX_NAME_CHARS} characters."},
    )
    kind = KindsField(choices=lambda: [(kind.name, kind.label) for kind in kinds.choices()])
    is_paused = forms.BooleanField(label="Pause this channel", required=False)

    def __init__(self, data: QueryDict | None = None, channel: Channel | None = None) -> None:
        self.channel = channel
        self.id = f"channel-{channel.pk}" if channel else "new"
        every_kind = [kind.name for kind in kinds.choices()]
        columns = ("name", "is_paused")
        initial = {name: getattr(channel, name) for name in columns} if channel else {}
        initial["kind"] = channel.kinds if channel else every_kind
        super().__init__(data, initial=initial, auto_id=f"{self.id}-%s")
        self.fields["kind"].required = False  # `channels` says what is wrong without one
        if channel is None:
            del self.fields["is_paused"]
            return
        self.fields["name"].label = "Name"
        self.fields["address"].label, self.fields["address"].help_text = "New address", KEEP_ADDRESS
        del self.fields["method"]
        if channel.method == Method.EMAIL:
            del self.fields["address"]
        if channel.method == Method.RUNS:
            del self.fields["kind"]

    @property
    def draft(self) -> Draft:
        """Return the channel's contents in the valid form."""
        cleaned = self.cleaned_data
        return Draft(
            self.channel.method if self.channel else cleaned["method"],
            cleaned["name"],
            cleaned.get("address", ""),
            tuple(cleaned.get("kind", ())),
            cleaned.get("is_paused", False),
        )

    def refuse(self, invalid: Invalid) -> None:
        """Add the channel's errors to their fields."""
        for name, why in invalid.errors.items():
            self.add_error(name, why)

    @property
    def methods(self) -> Iterator[tuple[BoundWidget, str]]:
        """Yield the choices of methods, each with its description."""
        return zip(self["method"], METHODS.values(), strict=True)

    @property
    def kinds(self) -> Iterator[tuple[BoundWidget, Kind]]:
        """Yield the choices of kinds, each with its `Kind`."""
        return zip(self["kind"], kinds.choices(), strict=True)


class PreferencesForm(forms.Form):
    """The duration of long runs, and the daily cost that causes a warning."""

    minutes = LineField(
        label="Runs are long from this many minutes",
        max_length=9,
        required=NO_MINUTES,
        help_text="You are notified of a long run once, unless a page showed you its end.",
        error_messages={"max_length": NO_MINUTES},
    )
    limit = LineField(
        label="Warn me of a day's cost, in dollars",
        max_length=40,
        required=False,
        help_text="At 80 % of it and at all of it, once a day. Nothing is stopped. "
        "Empty: no warning.",
        error_messages={"max_length": NO_LIMIT},
        widget=forms.TextInput({"placeholder": "20"}),
    )

    def clean_minutes(self) -> int:
        """Return the minutes."""
        text = self.cleaned_data["minutes"]
        if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MAX_MINUTES):
            raise forms.ValidationError(NO_MINUTES)
        return int(text)

    def clean_limit(self) -> Decimal | None:
        """Return the limit; None if there is none."""
        text = self.cleaned_data["limit"].removeprefix("$").replace(",", ".")
        if not text:
            return None
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or not CENT <= amount < MAX_LIMIT:
            raise forms.ValidationError(NO_LIMIT)
        return amount.quantize(CENT)
