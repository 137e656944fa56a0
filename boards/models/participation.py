"""What every row of somebody who takes part in a board has: its user, or its guest."""

from __future__ import annotations

from django.conf import settings
from django.db import models

GUEST_KEY_CHARS, GUEST_NAME_CHARS = 64, 80
NOBODY = "Somebody who left"  # their account is gone, and their words stay
GUEST_MARK = "(guest)"  # tells a guest from a user of the same name


class Act(models.TextChoices):
    """What others may do with a board beside looking at it."""

    VOTE = "vote", "Vote"
    COMMENT = "comment", "Comment"
    ADD_ROWS = "rows", "Ask for rows"


def viewers_at_first() -> list[str]:
    """Return what the viewers of a project may do with a new board."""
    return [Act.VOTE, Act.COMMENT]


def link_at_first() -> list[str]:
    """Return what whoever has a link to a new board may do with it."""
    return [Act.VOTE]


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


class OfParticipant(OfGuest):
    """A row of a guest, or of a user, who stays unnamed once their account is gone."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+", help_text="empty: a guest's, or of an account that is gone",
    )  # fmt: skip

    class Meta:
        abstract = True

    @property
    def author(self) -> str:
        """Return who wrote it; a guest is said to be one."""
        if self.guest:
            return self.guest_words
        if self.user is None:
            return NOBODY
        return self.user.get_short_name() or self.user.get_username()
