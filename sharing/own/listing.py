"""Shares as their list shows them, those that go on and those that have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from accounts import permissions
from sharing.models import Comment, Pick, Share

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

    from sharing.models.share import ShareQuerySet


def may_see_all(user: User) -> bool:
    """Whether the user may know of, and end, everybody's shares."""
    return permissions.may(user, permissions.SEE_ALL_SHARES)


def endable(user: User) -> ShareQuerySet:
    """Return the shares that the user may end: their own, wherever they are, and as a manager.

    With the permission everybody's.
    """
    if may_see_all(user):
        return Share.objects.all()
    managed = Share.objects.removable_by(user).order_by().values("pk")
    return Share.objects.filter(Q(user=user) | Q(pk__in=managed))


def listed(user: User, *, of_all: bool = False) -> ShareQuerySet:
    """Return the user's shares of all projects, or everybody's, with what was said of each."""
    rows = Share.objects.all() if of_all and may_see_all(user) else Share.objects.filter(user=user)
    picks = Pick.objects.filter(item__share=OuterRef("pk")).values("item__share")
    comments = Comment.objects.filter(share=OuterRef("pk"), deleted_at=None).values("share")
    return rows.select_related("user", "project", "for_project").annotate(
        number_of_picks=_number(picks), number_of_comments=_number(comments)
    )


def _number(rows: QuerySet[Any, Any]) -> Coalesce:
    counted = rows.order_by().annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
