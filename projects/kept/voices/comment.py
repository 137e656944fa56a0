"""The base of all comments, in threads of one level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Self, TypeVar, cast

from django.apps import apps
from django.db import models
from django.utils import timezone

from core.periods import UNDO_WITHIN
from core.refusals import Refused

EVERY_S = 3600.0
MAX_TEXT_CHARS = 5000
MAX_COMMENTS = 5000  # at one place: a board, a share
FULL = f"There are already {MAX_COMMENTS:,} comments here, and no more fit."
GONE = "This comment no longer exists."
REMOVED = "Somebody who manages this page deleted the comment. Only they can bring it back."
Row = TypeVar("Row", bound="Saying")


class CommentQuerySet(models.QuerySet[Row]):
    """Filters for comments."""

    def kept(self) -> Self:
        """The comments that are not deleted."""
        return self.filter(deleted_at=None)

    def require_room(self) -> None:
        """Raise Refused if no more comments fit where these are."""
        if self.count() >= MAX_COMMENTS:
            raise Refused(FULL)


class Saying(models.Model):
    """A comment, or an answer to one: an answer has a `parent`, which itself has none.

    An app's model adds the subject, the author, and who resolved a thread (`resolved_by`).
    """

    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="replies",
        help_text="the comment that it answers; empty: it begins a thread",
    )
    text = models.TextField(max_length=MAX_TEXT_CHARS)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True, help_text="of a thread's first one")
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="can be undone for a while")
    is_removed = models.BooleanField(null=True, help_text="deleted by who looks after the place")
    parent_id: Any
    resolved_by: Any

    objects = CommentQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def first(self) -> Self:
        """Return the comment that begins its thread."""
        return cast("Self", self.parent or self)

    def set_resolved(self, is_resolved: bool, by: models.Model | None = None) -> None:
        """Mark its thread as resolved by `by`, or as open again."""
        first = self.first
        first.resolved_at = timezone.now() if is_resolved else None
        first.resolved_by = by if is_resolved else None
        first.save(update_fields=["resolved_at", "resolved_by"])  # type: ignore[misc]  # a room's

    def take_back(self, *, is_removed: bool = False) -> None:
        """Delete it; `is_removed` means that somebody else than its author does. Its answers stay.

        It can be brought back within UNDO_WITHIN.
        """
        self.deleted_at, self.is_removed = timezone.now(), is_removed
        self.save(update_fields=["deleted_at", "is_removed"])

    def bring_back(self, *, may_remove: bool = False) -> None:
        """Undo its deletion; raises Refused if that is too long ago.

        Only with `may_remove` can a comment come back that somebody else than its author deleted.
        """
        if self.deleted_at is None or self.deleted_at < timezone.now() - UNDO_WITHIN:
            raise Refused(GONE)
        if self.is_removed and not may_remove:
            raise Refused(REMOVED)
        self.deleted_at, self.is_removed = None, False
        self.save(update_fields=["deleted_at", "is_removed"])


@dataclass(frozen=True)
class Thread(Generic[Row]):
    """A comment with its answers."""

    first: Row
    answers: list[Row] = field(default_factory=list)

    @property
    def is_resolved(self) -> bool:
        """Whether somebody has marked it as resolved."""
        return self.first.resolved_at is not None


def threads_of(comments: Iterable[Row]) -> list[Thread[Row]]:
    """Return comments as threads, in their order.

    A deleted comment stays only while it has answers, and its text is not shown.
    """
    all_comments = list(comments)
    threads = {opener.pk: Thread(opener) for opener in all_comments if opener.parent_id is None}
    for comment in all_comments:
        if comment.parent_id in threads and comment.deleted_at is None:
            threads[comment.parent_id].answers.append(comment)
    return [item for item in threads.values() if item.answers or item.first.deleted_at is None]


def delete_for_good() -> float:
    """Delete comments that cannot be brought back; returns the seconds until the next call.

    A comment with answers keeps its row, without its text, so that the thread stays.
    """
    for model in apps.get_models():
        if issubclass(model, Saying):
            deleted: Any = model._base_manager.filter(deleted_at__lt=timezone.now() - UNDO_WITHIN)
            deleted.filter(replies=None).delete()
            deleted.filter(replies__isnull=False).exclude(text="").update(text="")
    return EVERY_S
