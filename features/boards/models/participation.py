"""What others may do with a board."""

from __future__ import annotations

from django.db import models


class Act(models.TextChoices):
    """What others may do with a board besides looking at it."""

    VOTE = "vote", "Vote"
    COMMENT = "comment", "Comment"
    ADD_ROWS = "rows", "Ask for rows"


def viewers_at_first() -> list[str]:
    """Return what the viewers of a project may do with a new board."""
    return [Act.VOTE, Act.COMMENT]


def link_at_first() -> list[str]:
    """Return what visitors by link may do with a new board."""
    return [Act.VOTE]
