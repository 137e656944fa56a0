"""Views: filters of results, saved under a name."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode

from projects.models import InProject, InProjectQuerySet
from projects.models.in_project import is_shown_to
from projects.models.project import private_project

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project


class ViewQuerySet(InProjectQuerySet["View"]):
    """Filters for views."""

    def kept(self) -> ViewQuerySet:
        """Those that are not deleted."""
        return self.filter(deleted_at=None)

    def offered_in(self, project: Project, user: User) -> ViewQuerySet:
        """What the wall offers: the project's, and one's private ones.

        No query for a request's own user.
        """
        own = Q(project=private_project(user))
        return self.kept().filter(own | Q(is_shown_to(user), project=project))


class View(InProject):
    """A saved filter of results: the line of words that the wall was narrowed by."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    line = models.CharField(max_length=400, help_text="as typed; library/search/line.py")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="can be undone for a while")

    objects = ViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["project", "name"], name="view_in_project")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the wall, narrowed by it."""
        return f"{reverse('library:runs')}?{urlencode({'view': str(self.pk)})}"
