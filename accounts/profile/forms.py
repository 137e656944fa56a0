"""The forms of the account page."""

from __future__ import annotations

from django import forms
from django.contrib.auth import get_user_model


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    """First and last name, as shown to colleagues."""

    class Meta:
        model = get_user_model()
        fields = ["first_name", "last_name"]
        widgets = {
            "first_name": forms.TextInput({"autocomplete": "given-name"}),
            "last_name": forms.TextInput({"autocomplete": "family-name"}),
        }
