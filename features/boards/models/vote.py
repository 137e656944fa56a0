"""Judgements of a board's results: marks of cells, winners of rows, and blind votes."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from features.boards.models.board import Board, Cell, Column, Row
from projects.kept.voices.participant import OfGuest

IN_ONE_VIEW = 6  # results of a row that are judged beside each other
MAX_STARS = 5
TAG_CHARS, NOTE_CHARS = 40, 2000


class Mark(models.Model):
    """The owner's opinion of one cell."""

    class Verdict(models.TextChoices):
        """Whether the result is good enough; empty if undecided."""

        PASS = "pass", "Pass"
        FAIL = "fail", "Fail"

    cell = models.OneToOneField(Cell, on_delete=models.CASCADE, related_name="mark")
    stars = models.PositiveSmallIntegerField(default=0, help_text="1 to 5; 0: none given")
    verdict = models.CharField(max_length=4, blank=True, choices=Verdict)
    note = models.CharField(max_length=NOTE_CHARS, blank=True)
    tags = models.JSONField(default=list, help_text="short words")
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.cell_id}: {self.stars} {self.verdict}"

    @property
    def star_signs(self) -> str:
        """The stars drawn as text, such as `★★★☆☆`."""
        return "★" * self.stars + "☆" * (MAX_STARS - self.stars)


class RowMarkQuerySet(models.QuerySet["RowMark"]):
    """Filters for the marks of rows."""

    def decided(self) -> RowMarkQuerySet:
        """Return those with a winner."""
        return self.exclude(winner=None)


class RowMark(models.Model):
    """The winner of a row, and the row's tags, by which votes are grouped."""

    row = models.OneToOneField(Row, on_delete=models.CASCADE, related_name="mark")
    winner = models.ForeignKey(
        Column, null=True, blank=True, on_delete=models.SET_NULL, related_name="wins"
    )
    met = models.JSONField(default=list, help_text="keys of the cells that the winner was beside")
    tags = models.JSONField(default=list, help_text="short words")
    changed_at = models.DateTimeField(auto_now=True)

    objects = RowMarkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.row_id}: {self.winner_id}"


class VoteQuerySet(models.QuerySet["Vote"]):
    """Filters for votes."""

    def counted(self) -> VoteQuerySet:
        """Return the votes that were not reset."""
        return self.filter(reset_at=None)


class Vote(OfGuest):
    """A blind choice between two cells of a row; `first` has the smaller key."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="votes")
    voter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="board_votes",
        help_text="empty: a guest's",
    )
    first = models.ForeignKey(Cell, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Cell, on_delete=models.CASCADE, related_name="+")
    winner = models.ForeignKey(
        Cell,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="empty: neither is better",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    reset_at = models.DateTimeField(null=True, blank=True, help_text="no longer counted since")

    objects = VoteQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["voter", "first", "second"],
                condition=models.Q(reset_at=None),
                name="vote_once_per_pair",
            ),
            models.UniqueConstraint(
                fields=["guest", "first", "second"],
                condition=models.Q(reset_at=None) & ~models.Q(guest=""),
                name="vote_once_per_pair_and_guest",
            ),
            models.CheckConstraint(
                condition=models.Q(voter__isnull=False, guest="")
                | models.Q(models.Q(voter=None), ~models.Q(guest="")),
                name="vote_of_user_or_guest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} or {self.second_id}: {self.winner_id}"

    @property
    def voter_key(self) -> int | str:
        """Return the voter's key: an int for a user, a str for a guest."""
        return self.guest if self.voter_id is None else self.voter_id

    @property
    def voter_name(self) -> str:
        """Return the user name, or the words for a guest."""
        return self.guest_words if self.voter is None else self.voter.get_username()
