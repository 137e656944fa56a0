"""Chainable questions about runs and presets; views never spell out filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from playground.models import Preset, Run  # noqa: F401


# As the index `run_unfinished` has it, word for word: SQLite takes a partial index only for literals,
# and without it every look for work reads the whole history.
UNFINISHED = models.Func(
    models.F("state"),
    template="NOT (%(expressions)s IN ('succeeded', 'failed', 'cancelled'))",
    output_field=models.BooleanField(),
)
# One that failed after all would be no example: nothing of it is shown.
EXAMPLE = models.Q(is_example=True, state="succeeded")


class RunQuerySet(models.QuerySet["Run"]):
    """Questions about runs."""

    def visible_to(self, user: User | AnonymousUser) -> RunQuerySet:
        """A person's own runs; staff see everybody's."""
        return self if user.is_staff else self.filter(user_id=user.pk or 0)

    def readable_by(self, user: User | AnonymousUser) -> RunQuerySet:
        """Those that a person may look at: their own and the team's examples; staff everybody's."""
        if user.is_staff:
            return self
        return self.filter(models.Q(user_id=user.pk or 0) | EXAMPLE)

    def examples(self) -> RunQuerySet:
        """Those that colleagues show as what a model can do."""
        return self.filter(EXAMPLE)

    def unfinished(self) -> RunQuerySet:
        """Those that may still change."""
        return self.filter(UNFINISHED)

    def with_endpoint(self) -> RunQuerySet:
        """Each with its endpoint, in the same query."""
        return self.select_related("endpoint")

    def recent(self) -> RunQuerySet:
        """Newest first, ready to be listed: without what a list does not show."""
        return (
            self.with_endpoint()
            .prefetch_related("artifacts")
            .defer(
                "logs", "output", "output_text", "partial", "metrics", "handle", "sent_arguments"
            )
            .defer("positions", "events")
            .order_by("-created_at")
        )


class PresetQuerySet(models.QuerySet["Preset"]):
    """Questions about presets."""

    def kept(self) -> PresetQuerySet:
        """Those that nobody deleted."""
        return self.filter(deleted_at=None)

    def readable_by(self, user: User | AnonymousUser) -> PresetQuerySet:
        """A person's own and the team's; staff see everybody's."""
        if user.is_staff:
            return self.kept()
        return self.offered_to(user)

    def offered_to(self, user: User | AnonymousUser) -> PresetQuerySet:
        """A person's own and the team's."""
        return self.kept().filter(models.Q(user_id=user.pk or 0) | models.Q(is_shared=True))

    def house_defaults(self) -> PresetQuerySet:
        """Those that fill an untouched form, one a model."""
        return self.kept().filter(is_house_default=True, is_shared=True)

    def editable_by(self, user: User | AnonymousUser) -> PresetQuerySet:
        """A person's own, deleted ones too; staff edit everybody's."""
        return self if user.is_staff else self.filter(user_id=user.pk or 0)
