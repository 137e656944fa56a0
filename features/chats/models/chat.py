"""A conversation: a tree of turns, and the draft in its composer."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from catalog.models import Endpoint
from core.db.json_field import ExactJSONField
from projects.kept.models import Kept, KeptQuerySet
from runs.models import Run


class Chat(Kept):
    """A conversation of one user with one or several language models."""

    slug, route, searched = "chat", "chats:chat", ("title",)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="chats"
    )
    title = models.CharField(max_length=200, blank=True)
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="+", help_text="who answers next"
    )
    second = models.ForeignKey(
        Endpoint,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="who answers each message as well, side by side",
    )
    system = models.TextField(blank=True, help_text="the system prompt of the next turn")
    settings = ExactJSONField(default=dict, help_text="the model's other arguments for the next")
    draft = ExactJSONField(default=dict, help_text="the composer as it was posted, not yet sent")
    said_at = models.DateTimeField(null=True, help_text="the last turn; none: nothing was said")

    objects = KeptQuerySet["Chat"].as_manager()

    class Meta:
        ordering = ["-said_at"]
        indexes = [
            models.Index(fields=["user", "-said_at"], name="chat_list"),
            models.Index(fields=["project", "-said_at"], name="chat_in_project"),
        ]

    @property
    def read_along(self) -> str:
        """Return why the project's other members cannot write in it."""
        return (
            f"Only {self.author} writes in this chat; you can read it. To ask something yourself, "
            "start a chat of your own."
        )


class Turn(models.Model):
    """A message with its answer. Turns with the same parent are versions of each other."""

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
