"""The form of a comment: its text, and the comment that it answers."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms

from core.forms import TextField
from projects.kept.voices.comment import GONE, MAX_TEXT_CHARS, CommentQuerySet

_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


class CommentField(TextField):
    """A comment's text, without characters that are invisible or change the text's direction."""

    def __init__(self) -> None:
        """Create a field with the length limit of all comments."""
        too_long = f"That has %(show_value)d characters, but only {MAX_TEXT_CHARS:,} fit."
        super().__init__(
            max_length=MAX_TEXT_CHARS,
            required="Write something first.",
            error_messages={"max_length": too_long},
        )

    def to_python(self, value: Any) -> str:
        """Return the tidied text."""
        lines = super().to_python(value).replace("\r", "\n").translate(_TURNING)
        return "".join(char for char in lines if char in "\n\t" or not _is_control(char)).strip()


class CommentForm(forms.Form):
    """A comment, or with `parent` an answer to one of `comments`; an app adds the text's field."""

    def __init__(self, *args: Any, comments: CommentQuerySet[Any], **more: Any) -> None:
        """Create the form; `comments` can be answered. See Form for the other arguments."""
        super().__init__(*args, **more)
        self.fields["parent"] = forms.ModelChoiceField(
            comments, required=False, error_messages={"invalid_choice": GONE}
        )


def _is_control(char: str) -> bool:
    return unicodedata.category(char) == "Cc"
