"""Who takes part in a board: a user, or a guest of a share, who has no account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boards.models.participation import GUEST_KEY_CHARS, GUEST_NAME_CHARS
from fal.db_safe import db_safe_text

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


@dataclass(frozen=True)
class Participant:
    """A user, or a guest with a key that no other guest has, and the name that they gave."""

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

    def fields(self, user_field: str) -> dict[str, Any]:
        """Return what a new row says of its participant, whose user stands in `user_field`."""
        if self.user is not None:
            return {user_field: self.user}
        return {"guest": self.guest_key, "guest_name": self.name}

    def filter(self, user_field: str) -> dict[str, Any]:
        """Return the filter for the rows of this participant."""
        return {user_field: self.user} if self.user is not None else {"guest": self.guest_key}
