"""The workflows of the fal account, as last read by the worker."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from catalog.models import Endpoint


class AccountWorkflowQuerySet(models.QuerySet["AccountWorkflow"]):
    """Filters for workflows."""

    def available(self) -> AccountWorkflowQuerySet:
        """Return the workflows that the account still has, or the catalogue still lists."""
        return self.filter(gone_at=None)


class AccountWorkflow(models.Model):
    """An upstream workflow, linked to the endpoint that runs it."""

    endpoint = models.OneToOneField(
        Endpoint, primary_key=True, on_delete=models.CASCADE, related_name="workflow"
    )
    owner = models.CharField(max_length=128)
    name = models.CharField(max_length=128)
    title = models.CharField(max_length=256)
    description = models.TextField(blank=True)
    tags = models.JSONField(default=list)
    is_own = models.BooleanField(help_text="listed by the account; else only by the catalogue")
    is_public = models.BooleanField(null=True)
    created_at = models.DateTimeField(null=True, help_text="as upstream says")
    definition = models.TextField(blank=True, help_text="`contents` as JSON text, as they came")
    trouble = models.CharField(max_length=500, blank=True, help_text="why it has no definition")
    read_at = models.DateTimeField(help_text="when upstream was last asked for it")
    gone_at = models.DateTimeField(null=True, help_text="the account no longer has it")

    objects = AccountWorkflowQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="account_workflow_once")
        ]

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"

    def get_absolute_url(self) -> str:
        """Return the address of the workflow's page."""
        return reverse("flows:account-workflow", args=[self.owner, self.name])


class AccountListing(models.Model):
    """The single row with the state of the account's sync and of a requested sync."""

    ONLY = 1

    read_at = models.DateTimeField(null=True, help_text="the last reading that went well")
    tried_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True, help_text="why the last one failed")
    wanted_at = models.DateTimeField(null=True, help_text="a person asked for a new reading")

    def __str__(self) -> str:
        return f"read at {self.read_at}"

    @classmethod
    def current(cls) -> AccountListing:
        """Return the row; unsaved before the first sync."""
        return cls.objects.filter(pk=cls.ONLY).first() or cls(pk=cls.ONLY)
