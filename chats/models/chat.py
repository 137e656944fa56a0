"""A conversation: a tree of turns, and the draft in its composer."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse

from catalog.models import Endpoint
from core.db.json_field import ExactJSONField
from projects.models import InProject, InProjectQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class ChatQuerySet(InProjectQuerySet["Chat"]):
    """Filters for conversations."""

    def of(self, user: User | AnonymousUser) -> ChatQuerySet:
        """The user's own conversations that are not deleted."""
        return self.kept().own(user)

    def kept(self) -> ChatQuerySet:
        """The conversations that are not deleted."""
        return self.filter(deleted_at=None)


class Chat(InProject):
    """A conversation of one user with one or several language models."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
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
    created_at = models.DateTimeField(auto_now_add=True)
    said_at = models.DateTimeField(null=True, help_text="the last turn; none: nothing was said")
    deleted_at = models.DateTimeField(null=True)

    objects = ChatQuerySet.as_manager()

    class Meta:
        ordering = ["-said_at"]
        indexes = [
            models.Index(fields=["user", "-said_at"], name="chat_list"),
            models.Index(fields=["project", "-said_at"], name="chat_in_project"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.pk)

    @property
    def read_along(self) -> str:
        """Return why the project's other members do not write in it."""
        return (
            f"{self.author} writes in this chat, and you read along. "
            "To ask something yourself, begin a chat of your own."
        )

    def get_absolute_url(self) -> str:
        """Return the address of the conversation's page."""
        return reverse("chats:chat", args=[self.pk])
