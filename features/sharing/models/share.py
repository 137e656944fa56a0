"""Shares: addresses at which others see work, and their items."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from core.db.encrypted_field import EncryptedTextField
from core.db.json_field import ExactJSONField
from projects.models import InProject, InProjectQuerySet, Project
from projects.models.in_project import MAKERS, is_member, is_shown_to
from runs.models import Run, Upload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AnonymousUser, User

MAX_TITLE_CHARS, MAX_NOTE_CHARS = 120, 2000
TOKEN_BYTES = 18  # 144 bits: nobody guesses one


def new_token() -> str:
    """Return a token that makes a share's address unguessable."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> str:
    """Return the hash that finds a token: the database has no readable token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class ShareQuerySet(InProjectQuerySet["Share"]):
    """Filters for shares."""

    def live(self) -> ShareQuerySet:
        """Return the shares that have not ended."""
        ends_later = models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now())
        return self.filter(ends_later, revoked_at=None)

    def managed_by(self, user: User | AnonymousUser) -> ShareQuerySet:
        """Return the shares whose options and answers the user sees, in their projects.

        These are the user's own, and for makers all that they see in the project.
        """
        own = models.Q(is_member(user), user_id=user.pk or 0)
        return self.filter(own | models.Q(is_shown_to(user), is_member(user, MAKERS)))


class Share(InProject):
    """An address for others: what it shows, to whom, until when; with `takes_…` it is a review.

    `kind` and `source` name what it shows; `source` is the key of the series, view, board, …, or
    empty for selected results. Results are `ShareItem` rows. For other kinds, `frozen` keeps the
    content from when the share was made; it is null if the share follows its source.
    """

    class Kind(models.TextChoices):
        """What is shown; `features/sharing/kinds/` has a class for each kind."""

        RESULTS = "results", "Results"
        SERIES = "series", "Series"
        VIEW = "view", "View"
        BOARD = "board", "Board"
        COLLECTION = "collection", "Collection"

    OF_RESULTS = frozenset((Kind.RESULTS, Kind.SERIES, Kind.VIEW, Kind.BOARD))

    class Audience(models.TextChoices):
        """Who may open it."""

        PROJECT = "project", "Members of a project"
        HOUSE = "house", "Everybody who logs in"
        LINK = "link", "Whoever has the link"
        PUBLIC = "public", "Everybody, search engines too"

    class Picks(models.TextChoices):
        """How guests pick."""

        NONE = "", "No picks"
        ONE = "one", "One"
        SOME = "some", "Up to a number"
        RANKED = "ranked", "In order, best first"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    token = EncryptedTextField(editable=False, lost="lost")
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.RESULTS)
    source = models.CharField(max_length=64, blank=True, help_text="the key of what is shown")
    title = models.CharField(max_length=MAX_TITLE_CHARS, blank=True)
    note = models.TextField(max_length=MAX_NOTE_CHARS, blank=True, help_text="said to its visitors")

    audience = models.CharField(max_length=8, choices=Audience, default=Audience.LINK)
    for_project = models.ForeignKey(
        Project,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="whose members may open it, with the audience “project”",
    )
    password = models.CharField(max_length=200, blank=True, help_text="hashed; empty: none")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    follows = models.BooleanField(default=False, help_text="shows what is there when it is opened")
    frozen = ExactJSONField(null=True, blank=True, help_text="what was there when it was made")

    shows_models = models.BooleanField(default=True)
    shows_settings = models.BooleanField(default=True, help_text="prompt, arguments, seed")
    shows_prices = models.BooleanField(default=False)
    allows_download = models.BooleanField(default=True)

    picks = models.CharField(max_length=8, blank=True, choices=Picks, default=Picks.NONE)
    most_picks = models.PositiveSmallIntegerField(default=0, help_text="0: as many as one likes")
    takes_ratings = models.BooleanField(default=False)
    takes_comments = models.BooleanField(default=False)
    shows_remarks = models.BooleanField(
        default=False, db_default=False, help_text="to guests who have not commented themselves"
    )
    takes_votes = models.BooleanField(default=False, help_text="of a board: blind votes")
    takes_rows = models.BooleanField(default=False, help_text="of a board: rows to be tried")
    renewed_at = models.DateTimeField(
        null=True, editable=False, help_text="since then it has another address"
    )
    closed_at = models.DateTimeField(null=True, blank=True, help_text="takes nothing more since")
    version = models.PositiveBigIntegerField(default=0, help_text="raised by all that is said")

    created_at = models.DateTimeField(auto_now_add=True)
    views = models.PositiveIntegerField(default=0, help_text="by others than its makers")
    viewed_at = models.DateTimeField(null=True, blank=True)

    pictures: Sequence[str] = ()  # a list sets the addresses of small ones

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "pk"]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="share_of_user"),
            models.Index(fields=["kind", "source"], name="share_of_source"),
        ]
        permissions = [("see_all_shares", "Can see and end everybody's shares")]

    def __str__(self) -> str:
        return self.title or self.get_kind_display()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the share; a new one gets its token. A lost token keeps its stored value."""
        if not self.token_digest:
            self.give_token()
        if self.is_lost and not self._state.adding:
            names = [field.name for field in self._meta.concrete_fields if not field.primary_key]
            kwargs.setdefault("update_fields", [name for name in names if name != "token"])
        super().save(*args, **kwargs)

    def give_token(self) -> None:
        """Give it a new address; the former address shows nothing any more."""
        self.token = new_token()
        self.token_digest = token_digest(self.token)

    @property
    def is_lost(self) -> bool:
        """Whether its address is unknown, because another SECRET_KEY has encrypted the token."""
        return token_digest(self.token) != self.token_digest

    def get_absolute_url(self) -> str:
        """Return the path that visitors open."""
        return reverse("sharing:share", args=[self.token])

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return self.revoked_at is None and not self.is_expired

    @property
    def is_review(self) -> bool:
        """Whether it asks its visitors for something."""
        return self.takes_opinions or self.takes_votes or self.takes_rows

    @property
    def takes_opinions(self) -> bool:
        """Whether it has a page of picks, ratings and comments."""
        return bool(self.picks) or self.takes_ratings or self.takes_comments

    @property
    def opens_review(self) -> bool:
        """Whether its address opens the page of opinions: it shows results and asks for no more."""
        has_more = self.takes_votes or self.takes_rows or self.kind not in self.OF_RESULTS
        return self.takes_opinions and not has_more

    @property
    def is_open(self) -> bool:
        """Whether it takes picks, ratings, comments, votes and rows now."""
        return self.is_review and self.is_live and self.closed_at is None


class ShareItem(models.Model):
    """One file that a share shows: of a run, or an upload that was its input.

    Addresses have its `number`, which reveals nothing about the run and is never reused.
    """

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField(help_text="in addresses, from 1; for good")
    place = models.PositiveIntegerField(help_text="in the share's order; there may be gaps")
    # Without constraints: the row outlives its result, and then shows a gap.
    run = models.ForeignKey(
        Run,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    position = models.PositiveIntegerField(
        default=0, help_text="of the file among the run's; 0 where the run has none"
    )
    upload = models.ForeignKey(
        Upload,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    is_input = models.BooleanField(
        default=False, help_text="what results were made from: shown with the settings, not judged"
    )
    is_gone = models.BooleanField(
        default=False, help_text="shown to nobody: not sent, taken back, or no longer in the source"
    )
    previous = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="later",
        help_text="the version before this one",
    )
    answers = models.ForeignKey(
        "Comment",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="answers",
        help_text="the comment that this version answers",
    )
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="who has sent this version, after seeing it",
    )
    seen_at = models.DateTimeField(null=True, help_text="when a visitor saw this version first")
    news_due_at = models.DateTimeField(
        null=True, db_index=True, help_text="when the author of the comment hears of this version"
    )
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["place", "number"]
        constraints = [
            models.UniqueConstraint(fields=["share", "number"], name="share_item_number_once"),
            models.UniqueConstraint(
                fields=["share", "run", "position"],
                condition=models.Q(run__isnull=False),
                name="result_once_in_share",
            ),
            models.UniqueConstraint(
                fields=["share", "upload"],
                condition=models.Q(upload__isnull=False),
                name="upload_once_in_share",
            ),
        ]
        indexes = [models.Index(fields=["run", "position"], name="shares_of_result")]

    def __str__(self) -> str:
        return f"{self.share_id} {self.number}"
