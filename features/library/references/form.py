"""The form of a reference; for a new one it also takes the first pictures."""

from __future__ import annotations

from typing import Any

from django import forms

from core.forms import LineField
from features.library.models import Reference
from features.library.references import pictures, saving
from features.library.references.pictures import StoredPictures
from projects.kept.forms import KeptForm
from runs.files import uploads
from schemas.uses import mentions
from schemas.uses.references import MAX_PICTURES

MAX_DESCRIPTION_CHARS = 2_000
_RESERVED = {"me"}  # `@me/bottle` is the user's own reference


class PicturesInput(forms.FileInput):
    """Takes several files."""

    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Several files; storing each one checks whether it is a picture."""

    widget = PicturesInput({"accept": "image/*"})

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the list of files."""
        return data or []


class NameField(LineField):
    """A name that a prompt can mention, with or without its @."""

    def to_python(self, value: Any) -> str:
        """Return the name without the @."""
        return super().to_python(value).removeprefix("@")

    def validate(self, value: str) -> None:
        """Raise ValidationError unless prompts can mention the name."""
        super().validate(value)
        if len(value) <= mentions.MAX_NAME_CHARS and not mentions.NAME.fullmatch(value):
            raise forms.ValidationError(
                f"“{value}” cannot be a name. A name has letters, digits, - and _, begins with a "
                "letter and has no spaces. Try “brand-bottle”."
            )
        if mentions.key_of(value) in _RESERVED:
            raise forms.ValidationError("“@me” stands for yourself. Choose another name.")


class ReferenceForm(KeptForm):
    """A reference's form; for a new reference it also takes files and results."""

    name = NameField(
        max_length=mentions.MAX_NAME_CHARS,
        required="Give it a name, such as “bottle”: prompts call it @bottle.",
        help_text="Prompts use this name. Letters, digits, - and _, without spaces.",
        widget=forms.TextInput(
            {"placeholder": "bottle", "autocapitalize": "off", "spellcheck": "false"}
        ),
    )
    kind = forms.ChoiceField(
        label="What it shows",
        choices=Reference.Kind.choices,
        initial=Reference.Kind.PRODUCT,
        widget=forms.RadioSelect,
        required=False,
    )
    files = PicturesField(  # type: ignore[assignment]  # Django takes it out of the class
        label="Pictures",
        required=False,
        help_text=f"Up to {MAX_PICTURES}. The first is the cover; a model that takes one picture "
        "gets it.",
    )
    description = LineField(
        max_length=MAX_DESCRIPTION_CHARS,
        required=False,
        help_text="Replaces the name in the prompt. If this is empty, models read the name.",
        widget=forms.Textarea({"rows": 3, "placeholder": "a slim amber glass bottle with a cork"}),
    )
    lora = forms.CharField(label="LoRA trained on it", widget=forms.Select, required=False)

    class Meta(KeptForm.Meta):
        model = Reference
        fields = ("name", "kind", "description", "lora")

    field_order = ("name", "kind", "files", "description", "lora", "used_by")

    def __init__(self, *args: Any, chosen: list[str], **more: Any) -> None:
        """Make the form; `chosen` are the first results of a new reference."""
        super().__init__(*args, **more)
        self.chosen = chosen
        self.added = StoredPictures()
        self.held_lora = self.instance.lora
        if not self.is_new:  # its page adds pictures
            del self.fields["files"]
        elif chosen:
            self.fields["files"].label = "More pictures"
        weights = self._weights()
        if weights or self.data.get("lora"):
            self.fields["lora"].widget.choices = [("", "None"), *weights]
        else:
            del self.fields["lora"]

    def _weights(self) -> list[tuple[str, str]]:
        """Return the addresses and names of the project's trained weights."""
        project = self.instance.project
        weights = [
            (choice.address, choice.name)
            for choice in uploads.results(self.by, "weights", project=project).found
        ]
        current_lora = self.held_lora
        is_known = not current_lora or current_lora in dict(weights)
        return weights if is_known else [(current_lora, "Its present weights"), *weights]

    def clean_kind(self) -> str:
        """Return the kind; a product by default."""
        return self.cleaned_data["kind"] or Reference.Kind.PRODUCT

    def clean_lora(self) -> str:
        """Return the address of the weights; the user must be allowed to use new ones."""
        lora = str(self.cleaned_data["lora"]).strip()
        is_new = bool(lora) and lora != self.held_lora
        if is_new and (problem := pictures.lora_problem(self.by, lora)):
            raise forms.ValidationError(problem)
        return lora

    def clean(self) -> dict[str, Any]:
        """Store the pictures of a new reference, which needs a picture or a description."""
        cleaned = super().clean() or self.cleaned_data
        if not self.is_new or self.errors:
            return cleaned
        files = cleaned["files"]
        if not (cleaned.get("description") or files or self.chosen):
            self.add_error("files", "Choose at least one picture, or describe it.")
            return cleaned
        self.added = pictures.add(self.by, self.instance.project, [], files, self.chosen)
        if self.added.refusals and not self.added.addresses and not cleaned.get("description"):
            self.add_error("files", self.added.refusals[0])
        return cleaned

    def save(self, commit: bool = True) -> Any:
        """Save it with a version. Raises Refused if there is no room or its name is taken."""
        reference = self.instance
        cleaned = self.cleaned_data
        values = saving.Values(
            cleaned["name"], cleaned["kind"], cleaned["description"], cleaned.get("lora", "")
        )
        if self.is_new:
            pictures, is_hidden = self.added.addresses, bool(self.is_hidden)
            return saving.create(self.by, reference.project, values, pictures, is_hidden=is_hidden)
        saving.change(reference, values, self.by, is_hidden=self.is_hidden)
        return reference
