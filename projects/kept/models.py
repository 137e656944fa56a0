"""The base of every kept thing: its user, its project, and a deletion that can be undone."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from auditlog.context import disable_auditlog
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.audit import trail
from core.db import recoverable
from core.refusals import Refused
from projects.models import InProject, InProjectQuerySet, Project
from projects.models.project import private_project

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

GRACE = timedelta(days=7)  # as long as a deleted run can be brought back
PURGE_EVERY_S = 3600.0
PURGE_AGAIN_S = 1.0  # while more rows are due
PURGED_AT_ONCE = 50  # rows of a kind, so that no writer waits long
Row = TypeVar("Row", bound="Kept")


class KeptQuerySet(InProjectQuerySet[Row]):
    """Filters for kept things."""

    def kept(self) -> Self:
        """Rows that are not deleted."""
        return self.filter(deleted_at=None)

    def owned_by(self, user: User | AnonymousUser) -> Self:
        """The user's own rows that are not deleted."""
        return self.kept().own(user)

    def findable(self, user: User | AnonymousUser) -> Self:
        """Rows that ⌘K finds: all that the user sees in their projects."""
        return self.kept().shown_to(user)

    def restorable(self, user: User | AnonymousUser) -> Self:
        """Those that the user may bring back, or that are back: theirs, and those they manage."""
        rows = self.removable_by(user).select_related("project")
        return rows.exclude(deleted_at__lte=timezone.now() - GRACE)

    def offered_in(self, project: Project, user: User) -> Self:
        """Rows that a field offers: the project's, and those in the user's private project.

        No extra query for the request's user.
        """
        own = Q(project=private_project(user))
        return self.kept().filter(own | Q(self.are_shown_to(user), project=project))

    def with_words(self, text: str) -> Self:
        """Rows that have each of the words in a searched column."""
        rows = self
        for word in text.split():
            rows = rows.filter(self.has_word(word))
        return rows

    def has_word(self, word: str) -> Q:
        """Return the condition that a word is in one of the searched columns."""
        return Q(
            *((f"{column}__icontains", word) for column in self.model.searched), _connector=Q.OR
        )

    def require_room(self, project: Project) -> None:
        """Raise Refused if the project would hold too many rows after adding one."""
        would_be = self.kept().filter(project=project).count() + 1
        if would_be > self.model.most_in_project:
            raise Refused(
                f"“{project}” would have {would_be:,} {self.model._meta.verbose_name_plural}, but "
                f"only {self.model.most_in_project:,} fit. Delete some, or choose another project."
            )


class Kept(InProject):
    """A thing of a kind that people make, name and keep in a project.

    `slug` is its kind in URLs (`?prompt=<key>`), `route` the URL name of its page, empty if it has
    none. The first of the `searched` columns holds its name.
    """

    slug: ClassVar[str]
    route: ClassVar[str]
    searched: ClassVar[Sequence[str]] = ("name",)
    most_in_project: ClassVar[int] = 10_000
    is_purged: ClassVar[bool] = True  # by `purging.py`, once it cannot be brought back any more

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="can be undone for a while")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(getattr(self, self.searched[0]) or self.pk)

    def get_absolute_url(self) -> str:
        """Return the URL of its page."""
        return reverse(self.route, args=[self.pk])

    @property
    def audit_detail(self) -> str:
        """Return additional text for the audit log's entry of its deletion."""
        return ""

    def delete_by(self, user: User) -> None:
        """Delete it; it can be brought back within GRACE, and is purged after that."""
        self.deleted_at = timezone.now()
        with transaction.atomic():
            self.save(update_fields=["deleted_at"])
            trail.record(user, "deleted", [self], self.audit_detail)
            self.touch_contents()

    def restore_by(self, user: User) -> None:
        """Undo its deletion. Raises Refused if its place is taken by now."""
        with transaction.atomic():
            changed_fields = self.make_place(user)
            self.deleted_at = None
            self.save(update_fields=["deleted_at", *changed_fields])
            trail.record(user, "restored", [self], self.audit_detail)
            self.touch_contents()

    def touch_contents(self) -> None:
        """Note for its contents that it was deleted, brought back or moved."""

    def make_place(self, user: User) -> Iterable[str]:
        """Prepare its return, for example by another name; returns the changed columns.

        Called in the transaction that brings it back. Raises Refused if it cannot return.
        """
        return ()


def rows_of(kind: type[Kept]) -> KeptQuerySet[Any]:
    """Return all rows of a kind, deleted ones too."""
    return cast("KeptQuerySet[Any]", kind._default_manager.all())


def kinds() -> list[type[Kept]]:
    """Return the models of all kinds of kept things, in the order of INSTALLED_APPS."""
    return [model for model in apps.get_models() if issubclass(model, Kept)]


def purge_step() -> float:
    """Purge rows of all kinds that nobody can bring back; return the seconds until the next step.

    Runs have their own purge, which also deletes files (`runs/files/purge.py`).
    """
    with disable_auditlog():  # it says already who deleted them
        recoverable.purge()
    long_ago = timezone.now() - GRACE
    wait_s = PURGE_EVERY_S
    for kind in kinds():
        if not kind.is_purged:
            continue
        due_rows = kind._base_manager.filter(deleted_at__lt=long_ago).order_by("pk")[
            :PURGED_AT_ONCE
        ]
        for row in due_rows:  # each in its own transaction, with the rows that belong to it
            row.delete()
            wait_s = PURGE_AGAIN_S
    return wait_s
