"""Notes on a model: plain text for the team, editable by the author only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from accounts.permissions import DELETE_NOTE, may
from catalog.models import Endpoint, Note
from core.forms import TextField

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

LONGEST = 4000
SHOWN = 50


class NoteForm(forms.Form):
    """A note on a model."""

    text = TextField(
        label="A note for the team",
        max_length=LONGEST,
        required="Write something first.",
        widget=forms.Textarea(
            {"rows": "2", "placeholder": "What did you find out? Everybody here reads it."}
        ),
    )

    def __init__(self, *args: Any, is_focused: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        if is_focused:
            self.fields["text"].widget.attrs["autofocus"] = True


def notes_for(endpoint: Endpoint) -> list[Note]:
    """A model's notes with their writers, the oldest first, in one query."""
    newest = endpoint.notes.select_related("user").order_by("-pk")[:SHOWN]
    return list(newest)[::-1]


def editable_by(user: User) -> QuerySet[Note]:
    """The notes that a user may edit: their own."""
    return Note.objects.filter(user=user)


def removable_by(user: User) -> QuerySet[Note]:
    """The notes that a user may delete, or bring back: their own, or all with the permission."""
    rows = Note.with_deleted.select_related("endpoint", "user")
    return rows if may(user, DELETE_NOTE) else rows.filter(user=user)


def write(endpoint: Endpoint, by: User, text: str) -> Note:
    """A new note."""
    return Note.objects.create(endpoint=endpoint, user=by, text=text)


def edit(note: Note, text: str) -> None:
    """Change a note's text."""
    note.text, note.edited_at = text, timezone.now()
    note.save(update_fields=["text", "edited_at"])
