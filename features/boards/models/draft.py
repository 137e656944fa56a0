"""A user's plan that was started and not run yet."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from core.db.json_field import ExactJSONField
from projects.models import Project


class PlanDraft(models.Model):
    """The last contents of a user's new plan, so that leaving the page does not lose them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="board_plan",
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", help_text="in which it was begun"
    )
    post = ExactJSONField(default=dict, help_text="the plan's form")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"plan of {self.user_id}"
