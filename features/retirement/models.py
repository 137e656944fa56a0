"""Replacements of models."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from catalog.models import Endpoint
from core.db.json_field import ExactJSONField


class Replacement(models.Model):
    """What a person moved from one model to another in one press, for its undo."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    source = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    target = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    rows = ExactJSONField(help_text="[[kind, key, state before, title, address]]")
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.source_id} by {self.target_id}"
