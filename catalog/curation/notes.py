"""Notes on a model: plain text for the team, editable by the author only."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core import signing
from django.utils import timezone

from accounts.permissions import DELETE_NOTE, may
from catalog.models import Endpoint, Note
from core.forms import TextField
from core.periods import UNDO_WITHIN

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

LONGEST = 4000
SHOWN = 50
SALT = "vitrine.note"


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
    """The notes that a user may delete: their own, or all with the permission."""
    return Note.objects.all() if may(user, DELETE_NOTE) else editable_by(user)


def write(endpoint: Endpoint, by: User, text: str) -> Note:
    """A new note."""
    return Note.objects.create(endpoint=endpoint, user=by, text=text)


def edit(note: Note, text: str) -> None:
    """Change a note's text."""
    note.text, note.edited_at = text, timezone.now()
    note.save(update_fields=["text", "edited_at"])


def delete(note: Note) -> str:
    """Delete a note; returns a signed token for `restore`."""
    edited = note.edited_at.isoformat() if note.edited_at else ""
    note_fields = [note.endpoint_id, note.user_id, note.text, note.created_at.isoformat(), edited]
    note.delete()
    return signing.dumps(note_fields, salt=SALT, compress=True)


def restore(signed: str, by: User) -> Note | None:
    """Restore a deleted note once; None if the token is invalid or another user's."""
    try:
        note_fields: Any = signing.loads(signed, salt=SALT, max_age=UNDO_WITHIN)
    except signing.BadSignature:
        return None
    endpoint_id, user_id, text, created, edited = note_fields
    if user_id != by.pk and not may(by, DELETE_NOTE):
        return None
    created_at = datetime.fromisoformat(created)
    same = Note.objects.filter(endpoint_id=endpoint_id, user_id=user_id, created_at=created_at)
    if same.exists() or not Endpoint.objects.filter(pk=endpoint_id).exists():
        return same.first()
    edited_at = datetime.fromisoformat(edited) if edited else None
    note = Note(endpoint_id=endpoint_id, user_id=user_id, text=text, edited_at=edited_at)
    note.save()
    Note.objects.filter(pk=note.pk).update(created_at=created_at)
    note.refresh_from_db()
    return note
