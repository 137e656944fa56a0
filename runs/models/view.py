"""Views: filters of results or of models, saved under a name."""

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
    from django.contrib.auth.models import AnonymousUser, User

    from projects.models import Project


class ViewQuerySet(InProjectQuerySet["View"]):
    """Filters for views."""

    def kept(self) -> ViewQuerySet:
        """Those that are not deleted."""
        return self.filter(deleted_at=None)

    def offered_in(self, project: Project, user: User) -> ViewQuerySet:
        """What the wall offers: the project's views of results, and one's private ones.

        No query for a request's own user.
        """
        own = Q(project=private_project(user))
        rows = self.kept().filter(of=View.Of.RESULTS)
        return rows.filter(own | Q(is_shown_to(user), project=project))

    def of_models(self, user: User | AnonymousUser) -> ViewQuerySet:
        """The user's own views of models, in all their projects."""
        return self.kept().own(user).filter(of=View.Of.MODELS)


class View(InProject):
    """A saved filter: what the wall or the list of models was narrowed by."""

    class Of(models.TextChoices):
        """What is narrowed."""

        RESULTS = "results", "Results"
        MODELS = "models", "Models"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    of = models.CharField(max_length=8, choices=Of, default=Of.RESULTS)
    name = models.CharField(max_length=80)
    line = models.TextField(
        help_text="of results as typed (library/search/line.py); of models the query of the address"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(
        null=True, blank=True, help_text="models that came later are new to its user"
    )
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="can be undone for a while")

    objects = ViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["project", "name"], name="view_in_project")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_of_models(self) -> bool:
        """Whether it narrows the list of models."""
        return self.of == self.Of.MODELS

    def get_absolute_url(self) -> str:
        """Return the address of what it finds: the wall, narrowed by it, or a page of models."""
        if self.is_of_models:
            return reverse("library:view", args=[self.pk])
        return f"{reverse('library:runs')}?{urlencode({'view': str(self.pk)})}"
