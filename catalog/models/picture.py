"""Thumbnails of upstream, scaled down and stored here."""

from __future__ import annotations

import hashlib

from django.db import models

ADDRESS = "/pictures/"


class Picture(models.Model):
    """A thumbnail in our sizes, stored once for all endpoints that share it.

    Its files are named by the digest of their source, so their URLs never change meaning
    (`picture_files.py`).
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        KEPT = "kept"
        FAILED = "failed"

    digest = models.CharField(primary_key=True, max_length=64, help_text="of both addresses")
    url = models.TextField(help_text="upstream's address")
    animated_url = models.TextField(blank=True, help_text="upstream's address of the moving one")
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    small = models.CharField(
        max_length=255, blank=True, db_index=True, help_text="name in our storage"
    )
    large = models.CharField(max_length=255, blank=True, help_text="name in our storage")
    clip = models.CharField(
        max_length=255, blank=True, help_text="name in our storage; plays where it moves"
    )
    colour = models.CharField(max_length=7, blank=True, help_text="dominant, `#rrggbb`")
    size_bytes = models.PositiveIntegerField(default=0, help_text="of all its files")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)
    error = models.CharField(max_length=255, blank=True, help_text="why it could not be kept")

    def __str__(self) -> str:
        return f"{self.digest[:12]} {self.state}"

    @staticmethod
    def key(url: str, animated_url: str) -> str:
        """The primary key of the picture made from these two URLs."""
        return hashlib.sha256(f"{url}\n{animated_url}".encode()).hexdigest()

    @property
    def small_src(self) -> str:
        """The URL of the small size."""
        return _address(self.small)

    @property
    def large_src(self) -> str:
        """The URL of the large size; empty if the original is too small for it."""
        return _address(self.large)

    @property
    def clip_src(self) -> str:
        """The URL of the clip; empty for a still picture."""
        return _address(self.clip)


def _address(name: str) -> str:
    return ADDRESS + name.rpartition("/")[2] if name else ""
