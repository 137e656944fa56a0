"""Records of "Move to…", so that a move can be undone."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from core.db.json_field import ExactJSONField
from projects.models.project import Project


class Move(models.Model):
    """Rows that a person moved to a project at once, and where each was before."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    rows = ExactJSONField(help_text="[[model's label, key of the former project, [keys of rows]]]")
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user_id} to {self.target_id}"
