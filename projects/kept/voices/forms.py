"""The form of a comment: its text, the people whom it mentions, and the comment that it answers."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms

from core.forms import TextField
from core.names import name_key
from projects.kept.voices.comment import GONE, MAX_TEXT_CHARS, CommentQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_MENTIONS = 20  # of one comment
_WORD = r"[\p{L}\p{M}\p{N}_]"
_BEGIN = rf"(?<!{_WORD})@"
_END = rf"(?<={_WORD})(?!{_WORD})"  # of a word
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


def mentioned_in(text: str, people: Mapping[str, User]) -> list[User]:
    """Return the people whom a text mentions, each once; the longest matching name counts.

    The `@` must not follow a letter (`x@annaberg.com` mentions nobody), and the word must end with
    the name: `@annabergmann` does not mention `annaberg`.
    """
    if "@" not in text:
        return []
    import regex  # 1 MB that few processes need

    users: dict[int, User] = {}
    by_key = {name_key(name): user for name, user in people.items()}
    longest = max(map(len, people), default=0) + 1  # one more character shows that the name ends
    most_words = max((len(regex.findall(_END, name)) for name in people), default=0)
    for at in regex.finditer(_BEGIN, text):
        after = text[at.end() : at.end() + longest]
        ends = [end.start() for end in regex.finditer(_END, after)][:most_words]
        candidates = (by_key.get(name_key(after[:end])) for end in reversed(ends))
        if user := next(filter(None, candidates), None):
            users.setdefault(user.pk, user)
    return list(users.values())[:MAX_MENTIONS]
