"""The forms of a series: its name, note and name for prompts; its captions; files to add."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from core.forms import LineField, TextField
from fal.db_safe import db_safe_text
from features.library.models import Series, SeriesItem
from features.library.models.series import MAX_CAPTION_CHARS, MAX_NOTE_CHARS, MAX_WORDS_CHARS
from features.library.series.items import MAX_ITEMS
from projects.kept.forms import KeptForm
from runs.files.uploads import store
from schemas.uses import mentions

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import User

    from projects.models import Project
    from runs.models import Upload

_RESERVED = {"me"}  # `@me/bottle` is the user's own series
CAPTIONS = (".txt", ".caption")  # endings of files with the caption of another file
CAPTION = "caption."  # prefix of the control with an item's caption


class MentionField(LineField):
    """A name that a prompt can mention, with or without its @."""

    def to_python(self, value: Any) -> str:
        """Return the name without the @."""
        return super().to_python(value).removeprefix("@")

    def validate(self, value: str) -> None:
        """Raise ValidationError unless prompts can mention the name."""
        super().validate(value)
        if value and not mentions.NAME.fullmatch(value):
            raise forms.ValidationError(
                f"“{value}” cannot be a name for prompts. It has letters, digits, - and _, begins "
                "with a letter and has no spaces. Try “brand-bottle”."
            )
        if mentions.key_of(value) in _RESERVED:
            raise forms.ValidationError("“@me” stands for yourself. Choose another name.")


class SeriesForm(KeptForm):
    """The texts of a series."""

    mention = MentionField(
        label="Name for prompts",
        max_length=mentions.MAX_NAME_CHARS,
        required=False,
        help_text="Write @name in any prompt or field for pictures: each model gets as many of "
        "the pictures as it takes.",
        widget=forms.TextInput(
            {"placeholder": "bottle", "autocapitalize": "off", "spellcheck": "false"}
        ),
    )
    words = LineField(
        label="Words for prompts",
        max_length=MAX_WORDS_CHARS,
        required=False,
        help_text="Replace the name in a prompt. Without them, models read the name.",
        widget=forms.Textarea({"rows": 2, "placeholder": "a slim amber glass bottle with a cork"}),
    )
    note = TextField(max_length=MAX_NOTE_CHARS, required=False, widget=forms.Textarea({"rows": 3}))

    class Meta(KeptForm.Meta):
        model = Series
        fields = ("name", "mention", "words", "note")

    field_order = ("name", "mention", "words", "note", "used_by")

    def save(self, commit: bool = True) -> Any:
        """Save it. Raises Refused if there is no room, or its name for prompts is taken."""
        row = self.instance
        key = mentions.key_of(row.mention)
        with transaction.atomic():
            if key and key != row.mention_key:
                Series.objects.require_free(self.by, row.project, row.mention)
            row.mention_key = key
            return super().save(commit)


class CaptionsForm(forms.Form):
    """A text for each item of a series; somebody else's change of another one stays."""

    def __init__(self, rows: Sequence[SeriesItem], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.rows = rows
        for row in rows:
            self.fields[f"{CAPTION}{row.pk}"] = TextField(
                label="Caption",
                max_length=MAX_CAPTION_CHARS,
                required=False,
                initial=row.caption,
                show_hidden_initial=True,  # the page's own changes differ from it
                widget=forms.Textarea({"rows": 2}),
            )

    def save(self) -> None:
        """Write the captions that were changed."""
        changed_rows = [row for row in self.rows if f"{CAPTION}{row.pk}" in self.changed_data]
        for row in changed_rows:
            row.caption = self.cleaned_data[f"{CAPTION}{row.pk}"]
        SeriesItem.objects.bulk_update(changed_rows, ["caption"])


class FilesInput(forms.FileInput):
    """Takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, which are stored one by one."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the list of files."""
        files = data or []
        if not files:
            raise forms.ValidationError("No file arrived. Choose some and try again.")
        if len(files) > 2 * MAX_ITEMS:
            raise forms.ValidationError(f"Choose at most {MAX_ITEMS} files at once.")
        return files


class FilesForm(forms.Form):
    """Files to add to a series: `cat.txt` is the caption of `cat.png`."""

    files = FilesField()  # type: ignore[assignment]  # Django takes it out of the class

    def stored(
        self, user: User, project: Project
    ) -> tuple[list[Upload], dict[uuid.UUID, str], list[str]]:
        """Store the files; return the uploads, captions by their keys, and why others were refused.

        A text that fits no file is an upload like any other.
        """
        texts, files = _told_apart(self.cleaned_data["files"])
        uploads: list[Upload] = []
        captions: dict[uuid.UUID, str] = {}
        refusals: list[str] = []
        for file in files:
            try:
                upload = store(user.pk, file, project=project)
            except ValueError as refusal:
                refusals.append(str(refusal))
                continue
            uploads.append(upload)
            if caption := texts.get(_stem(file), ""):
                captions[upload.pk] = caption
        return uploads, captions, refusals


def _told_apart(
    posted: Sequence[UploadedFile[Any]],
) -> tuple[dict[str, str], list[UploadedFile[Any]]]:
    """Return the captions by the stem of their file, and the other files, in order."""
    is_caption = {file: _suffix(file) in CAPTIONS for file in posted}
    stems = {_stem(file) for file in posted if not is_caption[file]}
    texts = dict(_captions(file for file in posted if is_caption[file] and _stem(file) in stems))
    files = [file for file in posted if not (is_caption[file] and _stem(file) in stems)]
    return texts, files


def _captions(files: Iterator[UploadedFile[Any]]) -> Iterator[tuple[str, str]]:
    for file in files:
        text = file.read(4 * MAX_CAPTION_CHARS).decode("utf-8-sig", "replace")
        yield _stem(file), db_safe_text(text).strip()[:MAX_CAPTION_CHARS]


def _stem(file: UploadedFile[Any]) -> str:
    """Return a name without its ending, whatever its case: `IMG_1.JPG` and `img_1.txt`."""
    return PurePosixPath(file.name or "").stem.casefold()


def _suffix(file: UploadedFile[Any]) -> str:
    return PurePosixPath(file.name or "").suffix.lower()
