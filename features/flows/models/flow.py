"""A flow: chained models, saved under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.db.json_field import ExactJSONField
from projects.kept.models import Kept, KeptQuerySet
from projects.models.in_project import is_member, is_open_to, is_shown_to
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


FOR_EVERYBODY = Q(visibility="team")
UNNAMED = "The same steps again"


class FlowQuerySet(KeptQuerySet["Flow"]):
    """Filters for flows."""

    def named(self) -> FlowQuerySet:
        """Return those that somebody kept under a name; the others only belong to their runs."""
        return self.kept().exclude(name="")

    def findable(self, user: User | AnonymousUser) -> FlowQuerySet:
        """Return what ⌘K finds: the named flows of the user's projects and those for everybody."""
        return self.visible_to(user).named()

    def shown_by(self, owner_id: int) -> FlowQuerySet:
        """Return the flows that their owner shows to all, who may run them with their files."""
        return self.kept().filter(user_id=owner_id, visibility=Flow.Visibility.TEAM)

    def readable_by(self, user: User | AnonymousUser) -> FlowQuerySet:
        """Return the flows that the user may read: `visible_to`, and for admins those opened."""
        return self.kept().filter(is_open_to(user, self.model) | FOR_EVERYBODY)

    def covered_to(self, user: User | AnonymousUser) -> FlowQuerySet:
        """Return the flows that the user may know of but not read; everybody reads shared ones."""
        return super().covered_to(user).exclude(FOR_EVERYBODY)

    def visible_to(self, user: User | AnonymousUser) -> FlowQuerySet:
        """Return the flows that the user may see and run: their projects' and shared ones."""
        in_projects = Q(is_shown_to(user), is_member(user))
        return self.kept().filter(in_projects | FOR_EVERYBODY)


class Flow(Kept):
    """Chained models, saved with a form: the output of a step is an input of later ones.

    One without a name holds the runs of a result's steps (`origin`) until somebody names it; lists
    leave it out.
    """

    slug, route = "flow", "flows:flow"
    is_purged = False  # its runs refer to it

    class Visibility(models.TextChoices):
        """Who may see and run a flow."""

        PRIVATE = "private", "The project's members"
        TEAM = "team", "Everybody in the house"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="flows"
    )
    name = models.CharField(max_length=200)
    visibility = models.CharField(max_length=8, choices=Visibility, default=Visibility.PRIVATE)
    definition = ExactJSONField(
        help_text="steps and open inputs; features/flows/compose/definition.py"
    )
    origin = models.ForeignKey(
        Run,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="the result whose steps it has",
    )
    changed_at = models.DateTimeField(auto_now=True)

    objects = FlowQuerySet.as_manager()

    class Meta:
        ordering = ["-changed_at"]
        indexes = [
            models.Index(fields=["user", "-changed_at"], name="flow_list"),
            models.Index(fields=["project", "-changed_at"], name="flow_in_project"),
        ]

    def __str__(self) -> str:
        return self.name or UNNAMED
