"""Reads and checks a prompt's fields, in the same way for its form and for an import."""

from __future__ import annotations

from typing import Any

from django import forms

from core.formatting import shorten
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
    "choice. {red|green|blue} makes one prompt of each, {2 of red|green|blue} of two drawn at "
    "random. A text such as “{prompt}, ink drawing” can be put around any prompt. Write "
    "\\{ for a brace."
)


class FolderField(LineField):
    """A path without empty parts: ` /Campaign//fox/` is `Campaign/fox`."""

    def to_python(self, value: Any) -> str:
        """Return the path."""
        return folder_of(super().to_python(value))


class TagsField(forms.CharField):
    """Tags in lower case, without duplicates; takes a text with commas, or a list."""

    def to_python(self, value: Any) -> Any:
        """Return a tuple of tags."""
        tag_texts = value if isinstance(value, list | tuple) else str(value or "").split(",")
        line = LineField(max_length=MAX_TEXT_CHARS)
        tags = (line.to_python(tag).lower() for tag in tag_texts)
        return tuple(dict.fromkeys(tag for tag in tags if tag))

    def prepare_value(self, value: Any) -> Any:
        """Return the tags as text with commas."""
        return ", ".join(value) if isinstance(value, list | tuple) else value

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


class Fields(forms.Form):
    """The fields of a prompt."""

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

    @property
    def values(self) -> Values:
        """Return the values of a valid form; of an invalid one, the valid fields."""
        return Values(**{name: self.cleaned_data.get(name, "") for name in Values._fields})


class PromptForm(Fields, KeptForm):
    """A prompt's form; `seen` is the version of the text that it has shown."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta(KeptForm.Meta):
        model = Prompt
        fields = ("name", "text", "folder")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if not self.is_new:
            self.initial["tags"] = [tag.name for tag in self.instance.tags.all()]
            self.initial["seen"] = self.instance.versions.values_list("pk", flat=True).first()

    def save(self, commit: bool = True) -> Any:
        """Save the prompt with its tags and version.

        Raises Refused if there is no room, or somebody has changed the text since; pressing again
        replaces that text.
        """
        by, prompt = self.by, self.instance
        if self.is_new:
            (prompt,) = saving.create(by, prompt.project, [self.values], is_hidden=self.is_hidden)
            return prompt
        try:
            seen_version = self.cleaned_data["seen"]
            saving.change(prompt, self.values, by, is_hidden=self.is_hidden, seen=seen_version)
        except saving.PromptChanged as changed:
            self.data = {**self.data, "seen": changed.version.pk}
            raise
        return prompt


def checked(values: dict[str, Any]) -> tuple[Values, str]:
    """Return the tidied values of a prompt, and why it cannot be saved; empty if it can."""
    form = Fields({**values, "name": values.get("name") or name_of(values.get("text", ""))})
    problem = " ".join(sentence for errors in form.errors.values() for sentence in map(str, errors))
    return form.values, problem


def folder_of(path: str) -> str:
    """Return a folder's path without empty parts."""
    return "/".join(filter(None, (" ".join(part.split()) for part in path.split("/"))))


def name_of(text: str) -> str:
    """Return a name for a prompt without one: the beginning of its text."""
    return shorten(" ".join(text.split()), MAX_NAME_CHARS)
