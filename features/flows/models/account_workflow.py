"""The workflows of the fal account and of the catalogue, as last read by the worker."""

from __future__ import annotations

from django.db import models

from catalog.models import Endpoint


class AccountWorkflow(models.Model):
    """The definition of the workflow that an endpoint runs, which says what models it calls."""

    endpoint = models.OneToOneField(
        Endpoint, primary_key=True, on_delete=models.CASCADE, related_name="workflow"
    )
    definition = models.TextField(blank=True, help_text="`contents` as JSON text, as they came")

    def __str__(self) -> str:
        return str(self.endpoint)
