"""Writes, changes, deletes and restores comments; resolves and reopens threads."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction
from django.utils import timezone

from core.refusals import Refused
from features.sharing import events
from features.sharing.models import Comment, Reviewer, Share, ShareItem
from features.sharing.review import news
from features.sharing.review.places import Place
from features.sharing.review.rules import require
from projects.kept.voices import forms
from projects.kept.voices.forms import CommentField

NOT_YOURS = "Only a comment's author can change it."


class CommentForm(forms.CommentForm):
    """A comment on a share, an answer to one, or the new text of one's own."""

    comment = CommentField()


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
    """Create a comment on the share, an item or a place in it, or an answer to another comment.

    The caller has tidied the text. An answer joins its thread and reopens it. Raises Refused.
    """
    share = Share.objects.get(pk=reviewer.share_id)
    require(share, share.takes_comments)
    share.comments.all().require_room()
    if parent is not None:
        parent = parent.first
        item, place = parent.item, None
        parent.set_resolved(False)
    comment = Comment.objects.create(
        share=share,
        item=item,
        reviewer=reviewer,
        parent=parent,
        text=text,
        **asdict(place or Place()),
    )
    news.notify_mentioned(comment, share, is_maker=is_maker)
    news.note(reviewer)
    events.raise_version(share.pk)
    return comment


@transaction.atomic
def change(reviewer: Reviewer, comment: Comment, text: str) -> None:
    """Change the text of the reviewer's own comment; raises Refused."""
    _require_own(reviewer, comment)
    news.tell_anew(comment, text)
    comment.text = text
    comment.changed_at = timezone.now()
    comment.save(update_fields=["text", "changed_at"])
    events.raise_version(comment.share_id)


@transaction.atomic
def delete(reviewer: Reviewer | None, comment: Comment, *, is_maker: bool = False) -> None:
    """Delete the reviewer's own comment, or any as a maker; it can be restored for an hour."""
    if not is_maker:
        _require_own(reviewer, comment)
    comment.take_back(is_removed=not _is_by(reviewer, comment))
    news.tell_anew(comment, "")
    events.raise_version(comment.share_id)


@transaction.atomic
def bring_back(reviewer: Reviewer | None, comment: Comment, *, is_maker: bool = False) -> None:
    """Restore a comment that was deleted within the last hour."""
    if not is_maker:
        _require_own(reviewer, comment)
    comment.bring_back(may_remove=is_maker)
    news.tell_anew(comment, comment.text)
    events.raise_version(comment.share_id)


@transaction.atomic
def resolve(
    reviewer: Reviewer | None, comment: Comment, is_resolved: bool, *, is_maker: bool
) -> None:
    """Resolve or reopen a thread, as a maker of the share or the thread's author."""
    thread = comment.first
    if not is_maker:
        _require_own(reviewer, thread)
    thread.set_resolved(is_resolved, reviewer)
    events.raise_version(thread.share_id)


def _require_own(reviewer: Reviewer | None, comment: Comment) -> None:
    if not _is_by(reviewer, comment):
        raise Refused(NOT_YOURS)
    share = Share.objects.get(pk=comment.share_id)
    require(share, share.takes_comments)


def _is_by(reviewer: Reviewer | None, comment: Comment) -> bool:
    return reviewer is not None and comment.reviewer_id == reviewer.pk
