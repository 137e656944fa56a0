"""Reads and checks a prompt's fields."""

from __future__ import annotations

from typing import Any

from django import forms

from core.forms import LineField, TextField
from features.library.models import Prompt
from features.library.prompts import saving
from features.library.prompts.saving import Values
from projects.kept.forms import KeptForm

MAX_NAME_CHARS = 80
MAX_TEXT_CHARS = 10_000
MAX_FOLDER_CHARS = 200
MAX_TAGS = 20
MAX_TAG_CHARS = 40
GRAMMAR = (
    "When you use the prompt, {subject} asks for a text, and {subject: fox | otter} offers a "
    "choice. {red|green|blue} makes one prompt of each. Write \\{ for a brace."
)


class FolderField(LineField):
    """A path without empty parts: ` /Campaign//fox/` is `Campaign/fox`."""

    def to_python(self, value: Any) -> str:
        """Return the path."""
        return folder_of(super().to_python(value))


class TagsField(forms.CharField):
    """Tags in lower case, without duplicates, separated by commas."""

    def to_python(self, value: Any) -> Any:
        """Return a tuple of tags."""
        line = LineField(max_length=MAX_TEXT_CHARS)
        tags = (line.to_python(tag).lower() for tag in str(value or "").split(","))
        return tuple(dict.fromkeys(tag for tag in tags if tag))

    def prepare_value(self, value: Any) -> Any:
        """Return the tags as text with commas."""
        return ", ".join(value) if isinstance(value, list) else value

    def validate(self, value: Any) -> None:
        """Raise ValidationError if there are too many, or one is too long."""
        if len(value) > MAX_TAGS:
            raise forms.ValidationError(f"There are {len(value)} tags; the most is {MAX_TAGS}.")
        if long := next((tag for tag in value if len(tag) > MAX_TAG_CHARS), ""):
            raise forms.ValidationError(
                f"Keep a tag to {MAX_TAG_CHARS} characters: “{long[:MAX_TAG_CHARS]}…”."
            )

    def run_validators(self, value: Any) -> None:
        """Do nothing: `validate` has checked each tag."""


class PromptForm(KeptForm):
    """A prompt's form; `seen` is the digest of the text that it has shown."""

    name = LineField(max_length=MAX_NAME_CHARS, required="Give the prompt a name.")
    text = TextField(
        max_length=MAX_TEXT_CHARS,
        required="Write the prompt.",
        help_text=GRAMMAR,
        widget=forms.Textarea({"rows": 8}),
    )
    folder = FolderField(
        max_length=MAX_FOLDER_CHARS,
        required=False,
        widget=forms.TextInput({"placeholder": "campaign/fox"}),
    )
    tags = TagsField(label="Tags, separated by commas", required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta(KeptForm.Meta):
        model = Prompt
        fields = ("name", "text", "folder")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if not self.is_new:
            self.initial["tags"] = [tag.name for tag in self.instance.tags.all()]
            self.initial["seen"] = saving.digest_of(self.instance.text)

    def save(self, commit: bool = True) -> Any:
        """Save the prompt with its tags.

        Raises Refused if there is no room, or somebody has changed the text since; pressing again
        replaces that text.
        """
        by, prompt = self.by, self.instance
        values = Values(**{name: self.cleaned_data[name] for name in Values._fields})
        if self.is_new:
            return saving.create(by, prompt.project, values, is_hidden=bool(self.is_hidden))
        try:
            seen = self.cleaned_data["seen"]
            saving.change(prompt, values, is_hidden=self.is_hidden, seen=seen)
        except saving.PromptChanged as changed:
            self.data = {**self.data, "seen": saving.digest_of(changed.text)}
            raise
        return prompt


def folder_of(path: str) -> str:
    """Return a folder's path without empty parts."""
    return "/".join(filter(None, (" ".join(part.split()) for part in path.split("/"))))
