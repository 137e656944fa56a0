"""Shares of results: selected ones, those that a view finds, or those of a series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.library import models as library_models
from features.library.search import matching
from features.library.search.entries import PROJECT
from features.library.search.line import parse_line
from features.library.selection import ResultKey
from features.library.series import items
from features.sharing.items import ShownKey
from features.sharing.kinds.kind import KeptKind, Kind
from features.sharing.models import Share
from runs import models
from runs.models import Artifact, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import User

MOST_RUNS = 500  # the newest


class Results(Kind):
    """A share of selected results, which do not change."""

    name = Share.Kind.RESULTS


class View(KeptKind[models.View]):
    """A share of a view: its results when it was shared, or when the share is opened."""

    name, model, is_for_all = Share.Kind.VIEW, models.View, True

    def rows(self, user: User) -> Any:
        """Return the views of results that the user sees."""
        return super().rows(user).filter(of=models.View.Of.RESULTS)

    def results(self, share: Share) -> Sequence[ResultKey] | None:
        """Return the results of succeeded runs, the newest first; none if the view is deleted.

        Deleted, failed and unfinished runs have no result to share.
        """
        view = self.seen(share.user, share.source)
        if view is None:
            return []
        runs = Run.objects.kept().in_project(share.project, share.user)
        runs = runs.filter(state=Run.State.SUCCEEDED)
        within = matching.scope(PROJECT, share.project_id)
        matching_runs = matching.matching(runs, parse_line(view.line), share.user, within)
        newest = matching_runs.order_by("-created_at", "pk").values_list("pk", flat=True)
        keys = list(newest[:MOST_RUNS])
        positions: dict[object, list[int]] = {}
        rows = Artifact.objects.filter(run__in=keys).order_by("position")
        for run, position in rows.values_list("run_id", "position"):
            positions.setdefault(run, []).append(position)
        return [ResultKey(key, position) for key in keys for position in positions.get(key, [0])]


class Series(KeptKind[library_models.Series]):
    """A share of a series: its contents when it was shared, or when the share is opened."""

    name, model, is_for_all = Share.Kind.SERIES, library_models.Series, True

    def results(self, share: Share) -> Sequence[ShownKey] | None:
        """Return what the series holds now; nothing if it is deleted or out of reach."""
        series = self.seen(share.user, share.source)
        if series is None:
            return []
        rows = items.items_of(series).filter(is_expected=False)
        return [item.key for item in rows]
