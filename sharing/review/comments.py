"""Comments: said, answered, changed, deleted and brought back, resolved and reopened."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from sharing import events
from sharing.models import Comment, Reviewer, Share, ShareItem
from sharing.review import mentions, news
from sharing.review.places import Place
from sharing.review.rules import Refused, require
from sharing.review.texts import read_text

MAX_COMMENTS = 5000  # of one share
UNDO_WITHIN = timedelta(hours=1)
FULL = f"{MAX_COMMENTS:,} comments are on this share, which is all that fit."
GONE = "This comment is not there any more."
NOT_YOURS = "Only who wrote a comment can change it."


@transaction.atomic
def say(
    reviewer: Reviewer,
    text: str,
    item: ShareItem | None = None,
    place: Place | None = None,
    parent: Comment | None = None,
    *,
    is_maker: bool = False,
) -> Comment:
    """Write a comment on the share, an item or a place in it, or an answer to another comment.

    An answer to an answer joins its thread. Raises Refused.
    """
    share = Share.objects.get(pk=reviewer.share_id)
    require(share, share.takes_comments)
    kept = read_text(text)
    if Comment.objects.filter(share=share).count() >= MAX_COMMENTS:
        raise Refused(FULL, "comment")
    if parent is not None:
        parent = parent.parent or parent
        item, place = parent.item, None
    where = place or Place()
    comment = Comment.objects.create(
        share=share,
        item=item,
        reviewer=reviewer,
        parent=parent,
        text=kept,
        x=where.x,
        y=where.y,
        from_ms=where.from_ms,
        to_ms=where.to_ms,
    )
    mentions.notify(comment, share, is_maker=is_maker)
    _said(reviewer)
    return comment


@transaction.atomic
def change(reviewer: Reviewer, comment: Comment, text: str) -> None:
    """Write one's own comment anew; raises Refused."""
    _require_own(reviewer, comment)
    comment.text = read_text(text)
    comment.changed_at = timezone.now()
    comment.save(update_fields=["text", "changed_at"])
    events.raise_version(reviewer.share_id)


@transaction.atomic
def delete(reviewer: Reviewer | None, comment: Comment, *, is_maker: bool = False) -> None:
    """Delete one's own comment, or any as a maker; it can be brought back for an hour."""
    if not is_maker:
        _require_own(reviewer, comment)
    Comment.objects.filter(pk=comment.pk, deleted_at=None).update(deleted_at=timezone.now())
    events.raise_version(comment.share_id)


@transaction.atomic
def bring_back(reviewer: Reviewer | None, comment: Comment, *, is_maker: bool = False) -> None:
    """Bring back what was deleted within the last hour."""
    if not is_maker:
        _require_own(reviewer, comment)
    deleted = Comment.objects.filter(pk=comment.pk, deleted_at__gt=timezone.now() - UNDO_WITHIN)
    if not deleted.update(deleted_at=None):
        raise Refused(GONE)
    events.raise_version(comment.share_id)


@transaction.atomic
def resolve(
    reviewer: Reviewer | None, comment: Comment, is_resolved: bool, *, is_maker: bool
) -> None:
    """Close a thread or open it again: its makers and whoever began it may."""
    thread = comment.parent or comment
    if not is_maker:
        _require_own(reviewer, thread)
    thread.resolved_at = timezone.now() if is_resolved else None
    thread.resolved_by = reviewer if is_resolved else None
    thread.save(update_fields=["resolved_at", "resolved_by"])
    events.raise_version(thread.share_id)


def delete_for_good() -> float:
    """Delete the rows of deleted comments once they cannot be brought back; an hour until next.

    What others answered keeps its thread: the first comment's row stays, without its text.
    """
    over = Comment.objects.filter(deleted_at__lt=timezone.now() - UNDO_WITHIN).exclude(text="")
    over.filter(replies__isnull=False).update(text="")
    over.filter(replies=None).delete()
    return UNDO_WITHIN.total_seconds()


def _require_own(reviewer: Reviewer | None, comment: Comment) -> None:
    if reviewer is None or comment.reviewer_id != reviewer.pk:
        raise Refused(NOT_YOURS)
    share = Share.objects.get(pk=comment.share_id)
    require(share, share.takes_comments)


def _said(reviewer: Reviewer) -> None:
    news.note(reviewer)
    events.raise_version(reviewer.share_id)
