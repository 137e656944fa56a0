"""What colleagues write about a model for each other: plain text, changed by its writer alone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.utils import timezone

from catalog.curation.texts import paragraphs
from catalog.models import Endpoint, Note

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

LONGEST = 4000
SHOWN = 50
SALT = "vitrine.note"


def of(endpoint: Endpoint) -> list[Note]:
    """A model's notes with their writers, the oldest first, in one query."""
    newest = endpoint.notes.select_related("user").order_by("-pk")[:SHOWN]
    return list(newest)[::-1]


def editable_by(user: User) -> QuerySet[Note]:
    """The notes that a person may change: one's own."""
    return Note.objects.filter(user=user)


def removable_by(user: User) -> QuerySet[Note]:
    """The notes that a person may take away: one's own; curators everybody's."""
    return Note.objects.all() if user.is_staff else editable_by(user)


def write(endpoint: Endpoint, by: User, text: str) -> Note:
    """A new note; raises ValueError with a sentence."""
    return Note.objects.create(endpoint=endpoint, user=by, text=proper(text))


def edit(note: Note, text: str) -> None:
    """Another text for a note; raises ValueError with a sentence."""
    note.text, note.edited_at = proper(text), timezone.now()
    note.save(update_fields=["text", "edited_at"])


def proper(text: str) -> str:
    """The text as it is kept; raises ValueError when it is empty or too long."""
    text = paragraphs(text, LONGEST, "note")
    if not text.strip():
        raise ValueError("Write something first.")
    return text


def delete(note: Note) -> str:
    """Take a note away; what comes back is a signed text that `bring_back` makes it from again."""
    edited = note.edited_at.isoformat() if note.edited_at else ""
    kept = [note.endpoint_id, note.user_id, note.text, note.created_at.isoformat(), edited]
    note.delete()
    return signing.dumps(kept, salt=SALT, compress=True)


def bring_back(signed: str, by: User) -> Note | None:
    """The note that was deleted, as it was, once; None when `signed` is not ours or not for this person."""
    try:
        kept: Any = signing.loads(signed, salt=SALT, max_age=24 * 3600)
    except signing.BadSignature:
        return None
    endpoint_id, user_id, text, created, edited = kept
    if user_id != by.pk and not by.is_staff:
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
