"""What the library promises to runs: its prompts fill in their forms, series keep them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from library import pictures
from library.models import Prompt, Series, SeriesItem, View
from library.prompts import using
from library.prompts.origins import KIND, record
from library.search import indexing
from library.tags.editing import follow_runs
from library.wall import found
from projects.models import InProject, Project
from runs.models import Run
from runs.owners import Chosen, Destination, FillForm, Job, Place, RunOwner, UserRelation

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.http import HttpRequest

    import fal
    from core.http.htmx import HtmxRequest
    from core.notify import channel
    from runs.models.querysets import RunQuerySet

MAX_PLACES = 20


class LibraryOwner(RunOwner):
    """Prompts fill in forms, tags and series hold results."""

    def places_of(self, user: User | AnonymousUser, run: Run) -> Sequence[Place]:
        """Return the series with a result of the run."""
        of_run = SeriesItem.objects.filter(run=run.pk, removed_at=None).values("series")
        series = Series.objects.kept().shown_to(user).filter(pk__in=of_run)
        return [Place("Series", row.name, row.get_absolute_url()) for row in series[:MAX_PLACES]]

    def listed_runs(self, request: HttpRequest) -> RunQuerySet | None:
        """Return the runs of the wall, or of its list."""
        return found.all_found(cast("HtmxRequest", request))

    def kept_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the runs with a result in a series."""
        kept = SeriesItem.objects.filter(series__deleted_at=None, removed_at=None)
        return set(kept.filter(run__in=run_ids).values_list("run_id", flat=True))

    def on_move(self, rows: Chosen, target: Project) -> None:
        """Take the tags of moved runs along."""
        if runs := rows.get(Run):
            follow_runs(runs, target)

    def on_start(self, user: User, origins: Mapping[Run, Sequence[str]]) -> None:
        """Write down the prompts that the runs were made from."""
        record(user, origins)

    def handed_over(self) -> Sequence[UserRelation]:
        """Return prompts, series and views; their tags, versions and items go with them."""
        return (
            UserRelation("prompts", Prompt),
            UserRelation("series", Series),
            UserRelation("views", View),
        )

    def movable(self) -> Mapping[str, type[InProject]]:
        """Return prompts, series and views."""
        return {"prompt": Prompt, "series": Series, "view": View}

    def destinations(self, user: User) -> Sequence[Destination]:
        """Return the prompts, series and views of the user's projects."""
        prompts = Prompt.objects.kept().shown_to(user)
        series = Series.objects.kept().shown_to(user)
        views = View.objects.kept().shown_to(user)
        return (
            Destination("Prompts", prompts, "name", "library:prompt"),
            Destination("Series", series, "name", "library:series"),
            Destination("Views", views, "name", "library:view"),
        )

    def form_sources(self) -> Mapping[str, FillForm]:
        """Return what fills in a form from `?prompt=<key>` or `?pictures=<keys>`."""
        return {KIND: using.fill, pictures.KIND: pictures.fill}

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the job that indexes runs for the search."""
        return (Job("index runs", indexing.index_in_background, wakes_on_change=True),)
