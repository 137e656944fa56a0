"""A board: its columns (models with settings), rows (inputs), cells (runs) and requested rows."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from catalog.models import Endpoint, Schema
from core.db.dollars_field import DollarsField
from core.db.json_field import ExactJSONField
from features.boards.models.participation import link_at_first, viewers_at_first
from projects.kept.models import Kept, KeptQuerySet
from projects.kept.voices.comment import Saying
from projects.kept.voices.participant import OfParticipant
from projects.models import Project
from runs.models import Run
from runs.records import counting

WHY_CHARS = 255  # as long as the reason of a mark


class Board(Kept):
    """A board: a saved grid of runs. Its rows are inputs that follow its source model's schema."""

    slug, route, searched = "board", "boards:board", ("title",)
    is_purged = False  # its votes outlive it

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="boards"
    )
    title = models.CharField(max_length=200, blank=True)
    source = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="+", help_text="whose fields rows have"
    )
    source_schema = models.ForeignKey(
        Schema, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    plan = ExactJSONField(default=dict, help_text="the plan's form as it was posted last")
    cap_usd = DollarsField(null=True, blank=True)
    form_token = models.CharField(
        max_length=64, help_text="one per drawn plan: a double click is one board"
    )
    stopped_at = models.DateTimeField(null=True, blank=True, help_text="Stop was pressed last")
    voting_opened_at = models.DateTimeField(
        null=True, blank=True, help_text="colleagues may vote by link since; empty: they may not"
    )
    viewers_may = models.JSONField(
        default=viewers_at_first, help_text="what its project's viewers may do: some of `Act`"
    )
    link_may = models.JSONField(
        default=link_at_first, help_text="what whoever has a link may do: some of `Act`"
    )
    taken = models.ForeignKey(
        "boards.Column",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="what was decided for",
    )
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    taken_at = models.DateTimeField(null=True, blank=True)
    taken_why = models.CharField(max_length=WHY_CHARS, blank=True, help_text="the reason")

    objects = KeptQuerySet["Board"].as_manager()

    class Meta:
        verbose_name = "board"
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="board_list"),
            models.Index(fields=["project", "-created_at"], name="board_in_project"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "form_token"], name="board_once_per_form")
        ]

    def touch_contents(self) -> None:
        """Let the record of models count its winners again."""
        counting.touch(filter(None, self.cells.values_list("run_id", flat=True)))


class ColumnQuerySet(models.QuerySet["Column"]):
    """Filters for columns."""

    def named(self) -> ColumnQuerySet:
        """Load only what a column's name needs: settings may have megabytes."""
        return self.select_related("endpoint").defer("settings", "steps")


class Column(models.Model):
    """A model with its own settings, which take precedence over a row's values."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="columns")
    position = models.PositiveIntegerField()
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=200, blank=True, help_text="its value along the axis")
    settings = ExactJSONField(default=dict, help_text="arguments in the terms of its model")
    steps = ExactJSONField(
        default=list, help_text="[[kind, words]]: what was carried, converted, clamped, dropped"
    )
    digest = models.CharField(max_length=64, help_text="of model and settings")

    objects = ColumnQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["board", "digest"], name="column_once_per_board")
        ]

    def __str__(self) -> str:
        return f"{self.board_id} column {self.position}"


class Row(models.Model):
    """One input, which follows the schema of the board's source model."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    label = models.CharField(max_length=300, blank=True, help_text="what tells it from the others")
    values = ExactJSONField(default=dict)
    digest = models.CharField(max_length=64, help_text="of the values")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["board", "digest"], name="row_once_per_board")
        ]

    def __str__(self) -> str:
        return f"{self.board_id} row {self.position}"


class Cell(models.Model):
    """One run of a row in a column, or why there is none; kept as replaced after a repetition."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="cells")
    row = models.ForeignKey(Row, on_delete=models.CASCADE, related_name="cells")
    column = models.ForeignKey(Column, on_delete=models.CASCADE, related_name="cells")
    seed = models.CharField(max_length=80, blank=True, help_text="empty: the model's own choice")
    run = models.ForeignKey(
        Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="cells"
    )
    is_reused = models.BooleanField(
        default=False, help_text="shows a run that was not made for this cell: nothing was paid"
    )
    not_sent = models.CharField(
        max_length=500, blank=True, help_text="why it has no run; empty: it had one"
    )
    estimate_usd = DollarsField(
        null=True, blank=True, help_text="the most it was expected to cost when it was sent"
    )
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["row", "column", "seed"],
                condition=models.Q(replaced_at=None),
                name="cell_once_per_place",
            )
        ]

    def __str__(self) -> str:
        return f"{self.row_id} × {self.column_id}"


class PlanDraft(models.Model):
    """The last contents of a user's new plan, so that leaving the page does not lose them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="board_plan",
    )
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", help_text="in which it was begun"
    )
    post = ExactJSONField(default=dict, help_text="the plan's form")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"plan of {self.user_id}"


class Comment(Saying, OfParticipant):
    """A comment on its cell if it has one, else on its row if it has one, else on the board."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="comments")
    row = models.ForeignKey(
        Row, null=True, blank=True, on_delete=models.CASCADE, related_name="comments"
    )
    cell = models.ForeignKey(
        Cell, null=True, blank=True, on_delete=models.CASCADE, related_name="comments"
    )
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.board_id}: {self.text[:60]}"


class RowRequestQuerySet(models.QuerySet["RowRequest"]):
    """Filters for requested rows."""

    def waiting(self) -> RowRequestQuerySet:
        """Return the undecided requests."""
        return self.filter(decided_at=None)

    def left_out(self) -> RowRequestQuerySet:
        """Return the requests that a maker has declined; they can still be run."""
        return self.filter(decided_at__isnull=False, row=None)


class RowRequest(OfParticipant):
    """An input that waits for a maker, who may make it a row and pay for its runs."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="row_requests")
    label = models.CharField(max_length=300, blank=True)
    values = ExactJSONField(default=dict, help_text="as of a row")
    digest = models.CharField(max_length=64, help_text="of the values")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    row = models.ForeignKey(
        Row,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="what it became; empty: it waits, or was left out",
    )

    objects = RowRequestQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["board", "digest"],
                condition=models.Q(decided_at=None),
                name="row_requested_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.board_id}: {self.label}"
