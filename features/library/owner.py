"""Answers questions of `runs`: what fills in forms, and what keeps results."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from features.library import pictures
from features.library.models import Reference, ReferenceRun, ReferenceVersion, Series, SeriesItem
from features.library.prompts import using as using_prompts
from features.library.prompts.dependants import UsedPrompts
from features.library.references import resolving
from features.library.references import using as using_references
from features.library.search import indexing
from features.library.wall import layout
from projects.models import Project
from runs.files.input_references import sources_in
from runs.models import Run, Upload
from runs.promises.dependants import Dependants
from runs.promises.keeping import JsonColumn, Keeps, SelectedRows
from runs.promises.lifecycle import FillForm, Job, Lifecycle
from runs.promises.named_inputs import NamedInput, NameResolver, OfferedName
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
    """Prompts and references fill in forms; series and views find results again."""

    models_of_places = (SeriesItem, ReferenceRun)

    def places_of(self, user: User | AnonymousUser, run: Run) -> Sequence[Place]:
        """Return the series with a result of the run, and the references that it used."""
        of_run = SeriesItem.objects.filter(run=run.pk, removed_at=None).values("series")
        series = Series.objects.kept().shown_to(user).filter(pk__in=of_run)
        in_series = [
            Place("Series", row.name, row.get_absolute_url()) for row in series[:MAX_PLACES]
        ]
        return [*in_series, *resolving.places_of(user, run)]

    def listed_runs(self, request: HttpRequest) -> RunQuerySet | None:
        """Return the runs of the wall, or of its list."""
        return layout.all_found(request)

    def dependants(self) -> Sequence[Dependants]:
        """Return the prompts."""
        return (UsedPrompts(),)

    def kept_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the runs with a result in a series."""
        items = SeriesItem.objects.filter(series__deleted_at=None, removed_at=None)
        return set(items.filter(run__in=run_ids).values_list("run_id", flat=True))

    def chosen_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the runs with a result in a series."""
        return self.kept_runs(run_ids)

    def on_start(self, user: User, origins: Mapping[Run, Sequence[str]]) -> None:
        """Record the prompts from which the runs were made."""
        using_prompts.record_runs(user, origins)

    def name_resolver(self, user: User, project: Project) -> NameResolver:
        """Return the resolver that replaces `@bottle` by its pictures that fit the model."""
        return resolving.Resolver(user, project)

    def names_offered(self, user: User, project: Project) -> Sequence[OfferedName]:
        """Return the references that the user may mention in the project."""
        return using_references.offered(user, project)

    def on_named(self, user: User, named: Mapping[Run, Sequence[NamedInput]]) -> None:
        """Record the references that the runs used."""
        resolving.record(user, named)

    def on_settle(self, charge: Charge) -> None:
        """Write a run's cost into its entry of the index, if it has one."""
        indexing.note_cost(charge)

    def inputs_in_use(self) -> Sequence[JsonColumn]:
        """Return the pictures and LoRAs of references and of their earlier versions."""
        return (
            JsonColumn(ReferenceVersion.objects.all(), "pictures"),
            JsonColumn(ReferenceVersion.objects.all(), "lora"),
            JsonColumn(Reference.objects.all(), "pictures"),
            JsonColumn(Reference.objects.all(), "lora"),
        )

    def goes_along(self, rows: SelectedRows) -> SelectedRows:
        """Return the pictures of moved references."""
        moved = ReferenceVersion.objects.filter(reference__in=rows.get(Reference, ()))
        pictures_of_versions = json.dumps([*moved.values_list("pictures", flat=True)])
        return {Upload: sources_in(pictures_of_versions)}

    def form_sources(self) -> Mapping[str, FillForm]:
        """Return the functions that fill in a form from `?prompt=`, `?reference=`, `?pictures=`."""
        return {
            using_prompts.KIND: using_prompts.fill,
            resolving.KIND: using_references.fill,
            pictures.KIND: pictures.fill,
        }

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the job that indexes runs for the search."""
        return (Job("index runs", indexing.index_in_background, wakes_on_change=True),)
