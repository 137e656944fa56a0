"""Reviewers: whoever says something on a share, with an account or by a name they give."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from core.names import name_key
from sharing.models.share import Share

MAX_NAME_CHARS = 60
MAX_KEY_CHARS = MAX_NAME_CHARS * 18  # one character may stand for so many (NFKC)


class Reviewer(models.Model):
    """Somebody on one share: a user, or a guest whom a signed cookie knows again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="reviewers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+", help_text="empty: a guest",
    )  # fmt: skip
    name = models.CharField(max_length=MAX_NAME_CHARS)
    name_key = models.CharField(
        max_length=MAX_KEY_CHARS, editable=False, help_text="equal for names that look the same"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(
        null=True, blank=True, help_text="when they said that they are done"
    )
    news_due_at = models.DateTimeField(
        null=True, blank=True, db_index=True, help_text="when the share's user hears what they said"
    )
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="until when the share's user has heard"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["share", "name_key"], name="reviewer_name_once"),
            models.UniqueConstraint(
                fields=["share", "user"],
                condition=models.Q(user__isnull=False),
                name="reviewer_once_per_user",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the reviewer with the key of the name."""
        self.name_key = name_key(self.name)[:MAX_KEY_CHARS]
        super().save(*args, **kwargs)

    @property
    def is_guest(self) -> bool:
        """Whether they gave the name themselves."""
        return self.user_id is None
