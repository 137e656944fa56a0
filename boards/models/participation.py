"""What every row of somebody who takes part in a board has: its user, or its guest."""

from __future__ import annotations

from django.db import models

GUEST_KEY_CHARS, GUEST_NAME_CHARS = 64, 80
GUEST_MARK = "(guest)"  # tells a guest from a user of the same name


class OfGuest(models.Model):
    """A row of a guest of a share if `guest` is set; otherwise of a user."""

    guest = models.CharField(
        max_length=GUEST_KEY_CHARS, blank=True, help_text="key of a guest; empty: a user's"
    )
    guest_name = models.CharField(
        max_length=GUEST_NAME_CHARS, blank=True, help_text="the name that the guest gave"
    )

    class Meta:
        abstract = True

    @property
    def guest_words(self) -> str:
        """Return the guest's name, said to be a guest's."""
        return f"{self.guest_name or 'Somebody'} {GUEST_MARK}"
