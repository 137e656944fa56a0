"""The form for the names of a data set."""

from __future__ import annotations

from typing import Any

from django import forms

from core.forms import LineField
from features.training.models import Dataset
from projects.kept.forms import TextsForm

WORD = "A rare word that stands for what is learned, such as “vtrnfox”."


class DatasetForm(TextsForm):
    """A data set's name and trigger word; a new data set needs neither."""

    trigger_word = LineField(max_length=100, widget=forms.TextInput({"spellcheck": "false"}))

    class Meta(TextsForm.Meta):
        model = Dataset
        fields = ("name", "trigger_word")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if self.instance._state.adding:
            self.fields["trigger_word"].help_text = WORD

    def clean(self) -> dict[str, Any]:
        """Name a data set that has no name yet."""
        cleaned = super().clean()
        if cleaned.get("name") == "":
            default = f"Data set for {self.instance.endpoint.name}"[:200]
            cleaned["name"] = cleaned.get("trigger_word") or default
        return cleaned
