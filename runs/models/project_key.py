"""Keys of the fal account for single projects, encrypted, and the seal for new keys.

fal keeps a lock and a usage figure for each key. So a project with a key of its own can be stopped
at fal as well, and has its own line in fal's figures.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse

from projects.models import Project


class KeySeal(models.Model):
    """The key pair that seals keys on their way from the web process to the worker.

    A single row, made by a worker. The web process has no secret that could decrypt keys, so it
    encrypts what an admin typed with the public half.
    """

    public = models.TextField(help_text="PEM")
    private = models.TextField(help_text="PEM, encrypted like the keys themselves")
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"seal of {self.made_at}"


class ProjectKey(models.Model):
    """A fal key with which the runs of one project are sent; its secret is never shown again.

    A replaced key is kept while runs that were sent with it may still need it: fal knows a request
    by the account of the key that sent it.
    """

    class State(models.TextChoices):
        """Pages show the label."""

        TRIED = "tried", "Being tried"  # sealed; fal has not answered yet
        REFUSED = "refused", "Refused by fal"  # when it was tried; its secret is gone
        ACTIVE = "active", "In use"
        REPLACED = "replaced", "Replaced"
        REMOVED = "removed", "Removed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="fal_keys")
    key_id = models.CharField(
        max_length=128, help_text="the part before the colon, which fal's own pages show as well"
    )
    state = models.CharField(max_length=16, choices=State, default=State.TRIED)
    secret = models.TextField(
        blank=True, help_text="the whole key: sealed while it is tried, then encrypted; or gone"
    )
    trouble = models.CharField(max_length=300, blank=True, help_text="what fal said against it")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True, help_text="when fal first accepted it")
    ended_at = models.DateTimeField(null=True, help_text="when it was replaced or removed")

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = "key of a project"
        verbose_name_plural = "keys of projects"
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=models.Q(state="active"),
                name="one_key_in_use_per_project",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project}: {self.key_id}"

    def get_absolute_url(self) -> str:
        """Return the address of its page in the admin."""
        return reverse("admin:playground_projectkey_change", args=[self.pk])
