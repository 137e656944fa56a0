"""`@name` in a comment: whom it may mention, and the notifications.

A guest must not learn who works here, and can only mention reviewers of the share.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.urls import reverse

from features.notifications import kinds, outbox
from features.notifications.kinds import Kind
from features.sharing.models import Comment, Share
from features.sharing.reviewers import display_name
from projects.kept.voices.forms import mentioned_in
from projects.models import Membership

MENTION = "mention"
EXCERPT_CHARS = 300
KEY = "mention {}"  # of the notifications about a mention

kinds.register(
    Kind(MENTION, "Mentions", "somebody mentioned you in a comment on a share", asks=True)
)


def can_mention(share: Share, *, is_maker: bool) -> dict[str, User]:
    """Return the users that a comment may mention, by the name after “@”."""
    spoken = share.reviewers.filter(user__is_active=True).select_related("user")
    people = {reviewer.name: reviewer.user for reviewer in spoken if reviewer.user}
    if is_maker:
        of_project = Membership.objects.filter(project=share.project_id).values("user")
        members = User.objects.filter(pk__in=of_project, is_active=True)
        people |= {display_name(user): user for user in members.order_by("pk")}
    return people


def notify(comment: Comment, share: Share, *, is_maker: bool) -> None:
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
            key=KEY.format(comment.pk),
            about=share,
        )
