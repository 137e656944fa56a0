"""A turn: a user's message, and the run that answers it."""

from __future__ import annotations

from django.db import models

from catalog.models import Endpoint
from chats.models.chat import Chat
from core.db.json_field import ExactJSONField
from runs.models import Run


class Turn(models.Model):
    """One message with its answer. Turns with the same parent are versions of one another."""

    chat = models.ForeignKey(Chat, on_delete=models.CASCADE, related_name="turns")
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(
        Run, null=True, on_delete=models.SET_NULL, related_name="turns", help_text="the answer"
    )
    beside = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.SET_NULL,
        related_name="others",
        help_text="the same message to a second model, shown side by side",
    )
    form_token = models.CharField(
        max_length=64, help_text="one per drawn composer: a double click is one turn"
    )
    text = models.TextField()
    system = models.TextField(blank=True)
    settings = ExactJSONField(default=dict, help_text="the model's other arguments")
    left_out = models.PositiveIntegerField(
        default=0, help_text="the oldest turns that the model was not given: they did not fit"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["chat", "form_token"], name="turn_once_per_form")
        ]

    def __str__(self) -> str:
        return self.text[:80]
