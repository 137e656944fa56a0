"""The forms of the account page."""

from __future__ import annotations

from django import forms
from django.contrib.auth import get_user_model

from accounts.models import Preferences
from accounts.profile import name_template


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    """First and last name, as shown to colleagues."""

    class Meta:
        model = get_user_model()
        fields = ["first_name", "last_name"]
        widgets = {
            "first_name": forms.TextInput({"autocomplete": "given-name"}),
            "last_name": forms.TextInput({"autocomplete": "family-name"}),
        }


class FileNamesForm(forms.ModelForm):  # type: ignore[type-arg]
    """The template of saved results' names; empty for the default."""

    class Meta:
        model = Preferences
        fields = ["file_names"]
        labels = {"file_names": "Template"}
        help_texts = {"file_names": ""}
        widgets = {
            "file_names": forms.TextInput(
                {"autocomplete": "off", "spellcheck": "false", "placeholder": name_template.DEFAULT}
            ),
        }

    def clean_file_names(self) -> str:
        """Return the template; ValidationError if it has a word that nothing replaces."""
        template: str = self.cleaned_data["file_names"]
        if problem := name_template.problem(template):
            raise forms.ValidationError(problem)
        return template
