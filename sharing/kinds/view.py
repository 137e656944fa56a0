"""A share of a view: the results that a saved filter finds in the share's project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from library.search import matching
from library.search.entries import PROJECT
from library.search.line import parse_line
from library.selection import ResultKey
from runs.models import Artifact, Run
from runs.models import View as Row
from sharing.kinds.kind import KeptKind
from sharing.models import Share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import User

MOST_RUNS = 500  # the newest


class View(KeptKind[Row]):
    """What it found when it was shared, or what it finds when the share is opened."""

    name, model, is_for_all = Share.Kind.VIEW, Row, True

    def rows(self, user: User) -> Any:
        """Return the views of results that the user sees."""
        return super().rows(user).filter(of=Row.Of.RESULTS)

    def results(self, share: Share) -> Sequence[ResultKey] | None:
        """Return the results, the newest first; nothing once the view is deleted.

        Only ended runs that went well: what is deleted, failed or under way is no result.
        """
        view = self.seen(share.user, share.source)
        if view is None:
            return []
        runs = Run.objects.kept().in_project(share.project, share.user)
        runs = runs.filter(state=Run.State.SUCCEEDED)
        within = matching.scope(PROJECT, share.project_id)
        found = matching.matching(runs, parse_line(view.line), share.user, within)
        newest = found.order_by("-created_at", "pk").values_list("pk", flat=True)
        keys = list(newest[:MOST_RUNS])
        positions: dict[object, list[int]] = {}
        rows = Artifact.objects.filter(run__in=keys).order_by("position")
        for run, position in rows.values_list("run_id", "position"):
            positions.setdefault(run, []).append(position)
        return [ResultKey(key, position) for key in keys for position in positions.get(key, [0])]
