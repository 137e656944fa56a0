"""Notifies a share's user of feedback, and people whom a comment mentions by `@name`.

Feedback is bundled: one notification for each reviewer's visit. A guest must not learn who works
here, and can only mention reviewers of the share.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Min, Model, QuerySet
from django.urls import reverse

from core.db import clock
from core.formatting import counted
from fal.db_safe import db_safe_text
from features.notifications import kinds, outbox, subjects
from features.notifications.kinds import Kind
from features.notifications.models import Notification
from features.sharing import access, items
from features.sharing.models import Comment, Pick, Rating, Reviewer, Share, ShareItem
from features.sharing.reviewers import display_name
from projects.kept.voices.forms import mentioned_in
from projects.models import Membership

if TYPE_CHECKING:
    from datetime import datetime

MENTION = "mention"
MENTION_KEY = "mention {}"  # of the notifications about a mention
REVIEW = "review"
VERSION = "version"
VERSION_KEY = "version {}"  # of the notification about a version
QUIET_FOR = timedelta(minutes=5)  # after the first feedback, to bundle what follows
REST_S = 600.0
AT_ONCE = 100
EXCERPTS, EXCERPT_CHARS = 5, 300
DELETED = "deleted"
Row = TypeVar("Row", bound=Model)

kinds.register(
    Kind(MENTION, "Mentions", "somebody mentioned you in a comment on a share", asks=True)
)
kinds.register(
    Kind(REVIEW, "Reviews", "somebody picked, rated or commented on what you shared", asks=True)
)
kinds.register(
    Kind(VERSION, "New versions", "a picture that you commented on has a new version", asks=True)
)
subjects.register(Share, access.told_of, pictures=items.pictures_of)


def note(reviewer: Reviewer) -> None:
    """Record new feedback, of which the share's user is notified after QUIET_FOR."""
    if reviewer.user_id is None or reviewer.user_id != reviewer.share.user_id:
        silent = Reviewer.objects.filter(pk=reviewer.pk, news_due_at=None)
        silent.update(news_due_at=clock.now() + QUIET_FOR)


def tell_now(reviewer: Reviewer) -> None:
    """Notify the share's user that the reviewer is done."""
    Reviewer.objects.filter(pk=reviewer.pk).update(news_due_at=None)
    if reviewer.user_id is None or reviewer.user_id != reviewer.share.user_id:
        _tell(reviewer, is_done=True)


def tell_due() -> float:
    """Send the due notifications; returns the seconds until the next is due."""
    keys = Reviewer.objects.filter(news_due_at__lte=clock.now()).values_list("pk", flat=True)
    for pk in list(keys[:AT_ONCE]):
        with transaction.atomic():
            reviewers = Reviewer.objects.select_for_update(no_key=True, of=("self",))
            reviewer = reviewers.select_related("share__user").get(pk=pk)
            if reviewer.news_due_at is not None and reviewer.news_due_at <= clock.now():
                Reviewer.objects.filter(pk=pk).update(news_due_at=None)
                _tell(reviewer)
    next_at = Reviewer.objects.aggregate(at=Min("news_due_at"))["at"]
    return max(1.0, min((next_at - clock.now()).total_seconds(), REST_S)) if next_at else REST_S


def _tell(reviewer: Reviewer, *, is_done: bool = False) -> None:
    share, since, now = reviewer.share, reviewer.told_at, clock.now()
    actions = _said_since(reviewer, since)
    if not actions and not is_done:
        return
    Reviewer.objects.filter(pk=reviewer.pk).update(told_at=now)
    action_text = " and ".join(actions)
    subject = f"{reviewer.name} {action_text} on “{share}”"
    if not actions:
        subject = f"{reviewer.name} is done with “{share}”"
    comments = _new(Comment.objects.filter(reviewer=reviewer, deleted_at=None), since)
    excerpts = [_excerpt(comment.text) for comment in comments[:EXCERPTS]]
    done_lines = [f"{reviewer.name} has finished the review."] if is_done else []
    outbox.notify(
        share.user,
        REVIEW,
        subject=subject,
        text="\n".join([*done_lines, *excerpts]),
        path=reverse("sharing:answers", args=[share.pk]),
        key=f"review {reviewer.pk} {now.isoformat()}",
        about=share,
    )


def tell_anew(comment: Comment, text: str) -> None:
    """Replace a comment's text in its notifications; an empty text means that it is deleted."""
    outbox.tell_anew(MENTION_KEY.format(comment.pk), text[:EXCERPT_CHARS])
    before, now = _excerpt(comment.text), _excerpt(text or DELETED)
    notifications = Notification.objects.filter(
        user=comment.share.user_id,
        key__startswith=f"review {comment.reviewer_id} ",
        text__contains=before,
    )
    for line in notifications:
        outbox.tell_anew(line.key, line.text.replace(before, now))


def _excerpt(text: str) -> str:
    return f"“{db_safe_text(text[:EXCERPT_CHARS])}”"


def _said_since(reviewer: Reviewer, since: datetime | None) -> list[str]:
    """Return the feedback in words, such as “picked 2”, “rated 1”, “wrote 3 comments”."""
    picks = _new(Pick.objects.filter(reviewer=reviewer), since).count()
    ratings = _new(Rating.objects.filter(reviewer=reviewer), since, "changed_at").count()
    comments = _new(Comment.objects.filter(reviewer=reviewer, deleted_at=None), since).count()
    words = [
        f"picked {picks}" if picks else "",
        f"rated {ratings}" if ratings else "",
        f"wrote {counted(comments, 'comment')}" if comments else "",
    ]
    return [word for word in words if word]


def _new(rows: QuerySet[Row], since: datetime | None, column: str = "created_at") -> QuerySet[Row]:
    return rows.filter(**{f"{column}__gt": since}) if since else rows


def notify_answered(version: ShareItem) -> None:
    """Notify a comment's author that a version answers it; guests see it on the share."""
    comment, sender = version.answers, version.sent_by
    author = comment.reviewer.user if comment else None
    if comment is None or sender is None or author is None or author == sender:
        return
    who = display_name(sender)
    outbox.notify(
        author,
        VERSION,
        subject=f"{who} answered your comment on “{comment.share}” with a new version",
        text=comment.text[:EXCERPT_CHARS],
        path=reverse("sharing:answers-comment", args=[comment.share_id, comment.pk]),
        key=VERSION_KEY.format(version.pk),
        about=comment.share,
    )


def withdraw_answer(version: ShareItem) -> None:
    """Remove the notification of a version that is taken back, and what is not sent of it yet."""
    if version.answers and (author := version.answers.reviewer.user):
        key = VERSION_KEY.format(version.pk)
        Notification.objects.filter(user=author, key=key).delete()


def can_mention(share: Share, *, is_maker: bool) -> dict[str, User]:
    """Return the users that a comment may mention, by the name after “@”."""
    spoken = share.reviewers.filter(user__is_active=True).select_related("user")
    people = {reviewer.name: reviewer.user for reviewer in spoken if reviewer.user}
    if is_maker:
        of_project = Membership.objects.filter(project=share.project_id).values("user")
        members = User.objects.filter(pk__in=of_project, is_active=True)
        people |= {display_name(user): user for user in members.order_by("pk")}
    return people


def notify_mentioned(comment: Comment, share: Share, *, is_maker: bool) -> None:
    """Notify the users that the comment mentions, except its author."""
    if "@" not in comment.text:
        return
    users = mentioned_in(comment.text, can_mention(share, is_maker=is_maker))
    recipients = [user for user in users if user.pk != comment.reviewer.user_id]
    comment.mentioned.set(recipients)
    # Not the share's address: notifications are stored, and must not have its token readably.
    path = reverse("sharing:answers-comment", args=[share.pk, comment.pk])
    for user in recipients:
        outbox.notify(
            user,
            MENTION,
            subject=f"{comment.reviewer.name} mentioned you on “{share}”",
            text=comment.text[:EXCERPT_CHARS],
            path=path,
            key=MENTION_KEY.format(comment.pk),
            about=share,
        )
