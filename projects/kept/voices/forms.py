"""The form of a comment: its text, and what it answers."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms

from core.forms import TextField
from projects.kept.voices.comment import GONE, MAX_TEXT_CHARS, CommentQuerySet

_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


class CommentField(TextField):
    """What somebody says, without characters that cannot be seen or turn the text around."""

    def __init__(self) -> None:
        """Make a field with the limit that all comments have."""
        too_long = f"That is %(show_value)d characters; {MAX_TEXT_CHARS:,} fit."
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
    """A comment, or with `parent` an answer to one of `comments`; a room names its text's field."""

    def __init__(self, *args: Any, comments: CommentQuerySet[Any], **more: Any) -> None:
        """Make the form of a place where these comments can be answered; see Form for the rest."""
        super().__init__(*args, **more)
        self.fields["parent"] = forms.ModelChoiceField(
            comments, required=False, error_messages={"invalid_choice": GONE}
        )


def _is_control(char: str) -> bool:
    return unicodedata.category(char) == "Cc"
