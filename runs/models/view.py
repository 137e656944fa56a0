"""Views: filters of results or of models, saved under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.urls import reverse
from django.utils.http import urlencode

from projects.kept.models import Kept, KeptQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from projects.models import Project


class ViewQuerySet(KeptQuerySet["View"]):
    """Filters for views."""

    def offered_in(self, project: Project, user: User) -> ViewQuerySet:
        """Return what the wall offers: the project's views of results, and the user's private ones.

        No query for a request's own user.
        """
        return super().offered_in(project, user).filter(of=View.Of.RESULTS)

    def of_models(self, user: User | AnonymousUser) -> ViewQuerySet:
        """Return the user's own views of models, in all their projects."""
        return self.owned_by(user).filter(of=View.Of.MODELS)


class View(Kept):
    """A saved filter of the wall or of the list of models."""

    slug, route = "view", "library:view"
    most_in_project = 500

    class Of(models.TextChoices):
        """What a view filters."""

        RESULTS = "results", "Results"
        MODELS = "models", "Models"

    of = models.CharField(max_length=8, choices=Of, default=Of.RESULTS)
    name = models.CharField(max_length=80)
    line = models.TextField(
        help_text="of results as typed (features/library/search/line.py); "
        "of models the query of the address"
    )
    seen_at = models.DateTimeField(
        null=True, blank=True, help_text="models that came later are new to its user"
    )

    objects = ViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["project", "name"], name="view_in_project")]

    @property
    def is_of_models(self) -> bool:
        """Whether it filters the list of models."""
        return self.of == self.Of.MODELS

    def get_absolute_url(self) -> str:
        """Return the address of its matches: the filtered wall, or a page of models."""
        if self.is_of_models:
            return reverse("library:view", args=[self.pk])
        return f"{reverse('library:runs')}?{urlencode({'view': str(self.pk)})}"
