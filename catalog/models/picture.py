"""A thumbnail of upstream, made small and kept by us."""

from __future__ import annotations

from django.db import models


class Picture(models.Model):
    """One of upstream's pictures in our sizes, kept once whatever the number of endpoints."""

    class State(models.TextChoices):
        WAITING = "waiting"
        KEPT = "kept"
        FAILED = "failed"

    digest = models.CharField(primary_key=True, max_length=64, help_text="SHA-256 of `url`")
    url = models.TextField(help_text="upstream's address")
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    small = models.CharField(max_length=255, blank=True, help_text="name in our storage")
    large = models.CharField(max_length=255, blank=True, help_text="name in our storage")
    clip = models.CharField(
        max_length=255, blank=True, help_text="name in our storage; plays where it moves"
    )
    width = models.PositiveIntegerField(null=True, help_text="of `large`, in pixels")
    height = models.PositiveIntegerField(null=True, help_text="of `large`, in pixels")
    colour = models.CharField(max_length=7, blank=True, help_text="dominant, `#rrggbb`")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)
    error = models.CharField(max_length=255, blank=True, help_text="why it could not be kept")

    def __str__(self) -> str:
        return f"{self.digest[:12]} {self.state}"
