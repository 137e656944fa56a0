"""Answers questions of `runs`: what fills in forms, and what keeps results."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from django.db.models import Q

from features.library import pictures
from features.library.models import Series, SeriesItem
from features.library.prompts import using as using_prompts
from features.library.prompts.dependants import UsedPrompts
from features.library.search import indexing
from features.library.series import destinations, filling, items, mentions
from features.library.wall import layout
from projects.models import Project
from runs.models import InputFile, Run, Upload
from runs.promises.dependants import Dependants
from runs.promises.keeping import Keeps, SelectedRows
from runs.promises.lifecycle import FillForm, Job, Lifecycle
from runs.promises.named_inputs import NameResolver, OfferedName
from runs.promises.places import Place, Places

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.http import HttpRequest

    import fal
    from core.notify import channel
    from runs.models import Charge
    from runs.models.querysets import RunQuerySet

MAX_PLACES = 20


class LibraryOwner(Lifecycle, Keeps, Places):
    """Prompts and named series fill in forms; series and views find results again."""

    models_of_places = (SeriesItem, InputFile)

    def places_of(self, user: User | AnonymousUser, run: Run) -> Sequence[Place]:
        """Return the series with a result of the run, and the named ones that it got files of."""
        inputs = InputFile.objects.filter(run=run.pk).values("source")
        of_inputs = items.present().filter(Q(upload__in=inputs) | Q(run__in=inputs))
        holding = set(items.present().filter(run=run.pk).values_list("series_id", flat=True))
        used = set(of_inputs.values_list("series_id", flat=True))
        if not holding | used:  # who sees a series takes milliseconds to compile
            return ()
        visible = Series.objects.kept().shown_to(user)
        series = list(visible.filter(pk__in=holding | used)[:MAX_PLACES])
        return [
            *(
                Place("Series", row.name, row.get_absolute_url())
                for row in series
                if row.pk in holding
            ),
            *(
                Place("Files of", f"@{row.mention}", row.get_absolute_url())
                for row in series
                if row.pk in used and row.mention
            ),
        ]

    def listed_runs(self, request: HttpRequest) -> RunQuerySet | None:
        """Return the runs of the wall, or of its list."""
        return layout.all_found(request)

    def dependants(self) -> Sequence[Dependants]:
        """Return the prompts."""
        return (UsedPrompts(),)

    def kept_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the runs with a result in a series."""
        kept_items = items.present().filter(series__deleted_at=None, run__in=run_ids)
        return set(kept_items.values_list("run_id", flat=True))

    def uploads_in_use(self) -> Collection[uuid.UUID]:
        """Return the uploads in series."""
        of_series = SeriesItem.objects.exclude(upload=None)
        return set(of_series.values_list("upload_id", flat=True))

    def chosen_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the runs with a result in a series."""
        return self.kept_runs(run_ids)

    def on_start(self, user: User, origins: Mapping[Run, Sequence[str]]) -> None:
        """Record the prompts from which runs were made, and the series that results go to."""
        using_prompts.record_runs(user, origins)
        destinations.expect_results(user, origins)

    def name_resolver(self, user: User, project: Project) -> NameResolver:
        """Return the resolver that replaces `@bottle` by its pictures that fit the model."""
        return mentions.Resolver(user, project)

    def names_offered(self, user: User, project: Project) -> Sequence[OfferedName]:
        """Return the series that the user may mention in the project."""
        return mentions.offered(user, project)

    def on_settle(self, charge: Charge) -> None:
        """Write a run's cost into its entry of the index, if it has one."""
        indexing.note_cost(charge)

    def goes_along(self, rows: SelectedRows) -> SelectedRows:
        """Return the uploads of moved series; results of other projects stay where they are."""
        of_series = SeriesItem.objects.filter(series__in=rows.get(Series, ())).exclude(upload=None)
        return {Upload: set(of_series.values_list("upload_id", flat=True))}

    def form_sources(self) -> Mapping[str, FillForm]:
        """Return the functions that fill in a form from `?prompt=`, `?series=`, `?pictures=`."""
        return {
            using_prompts.KIND: using_prompts.fill,
            filling.KIND: filling.fill,
            pictures.KIND: pictures.fill,
        }

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the job that indexes runs for the search."""
        return (Job("index runs", indexing.index_in_background, wakes_on_change=True),)
