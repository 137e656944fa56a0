"""The author of a comment or mark: a user, or a guest of a share, who has no account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

from fal.db_safe import db_safe_text

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

GUEST_KEY_CHARS, GUEST_NAME_CHARS = 64, 80
NOBODY = "Somebody who left"  # their account is gone, and their words stay
GUEST_MARK = "(guest)"  # tells a guest from a user of the same name


@dataclass(frozen=True)
class Participant:
    """A user, or a guest with a unique key and the name that they gave."""

    user: User | None
    guest_key: str = ""
    name: str = ""

    @classmethod
    def of_user(cls, user: User | AnonymousUser) -> Participant:
        """Return the participant for a logged-in user; raises ValueError for anybody else."""
        if user.pk is None:
            raise ValueError("Log in to take part.")
        return cls(user, name=user.get_short_name() or user.get_username())

    @classmethod
    def of_guest(cls, key: str, name: str) -> Participant:
        """Return the participant for a guest: `key` such as `guest:<uuid>`, and their name.

        Raises ValueError if the key is empty or too long.
        """
        if not key or len(key) > GUEST_KEY_CHARS:
            raise ValueError(f"A guest's key has 1 to {GUEST_KEY_CHARS} characters.")
        return cls(None, key, " ".join(db_safe_text(name).split())[:GUEST_NAME_CHARS])

    @property
    def key(self) -> int | str:
        """Return the user's key (a number), or the guest's (a text)."""
        return self.guest_key if self.user is None else self.user.pk

    def fields(self, user_field: str = "user") -> dict[str, Any]:
        """Return the participant's fields for a new row; a user is stored in `user_field`."""
        if self.user is not None:
            return {user_field: self.user}
        return {"guest": self.guest_key, "guest_name": self.name}

    def filter(self, user_field: str = "user") -> dict[str, Any]:
        """Return the filter for the rows of this participant."""
        return {user_field: self.user} if self.user is not None else {"guest": self.guest_key}


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
        """Return the guest's name, marked as a guest's."""
        return f"{self.guest_name or 'Somebody'} {GUEST_MARK}"


class OfParticipant(OfGuest):
    """A row of a guest, or of a user, who stays unnamed once their account is gone."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="empty: a guest's, or of an account that is gone",
    )

    class Meta:
        abstract = True

    @property
    def author(self) -> str:
        """Return the author's name; a guest's is marked."""
        if self.guest:
            return self.guest_words
        if self.user is None:
            return NOBODY
        return self.user.get_short_name() or self.user.get_username()

    def is_by(self, participant: Participant) -> bool:
        """Whether the participant has written it."""
        if participant.user is None:
            return bool(participant.guest_key) and self.guest == participant.guest_key
        return self.user_id == participant.user.pk
