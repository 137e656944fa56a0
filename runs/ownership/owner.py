"""The `RunOwner` of the runs' own rows: runs, uploads, presets, links and drafts."""

from __future__ import annotations

import uuid
from collections import abc
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db.models import F

from catalog.models import Collection
from projects.kept.models import purge_step
from projects.kept.voices import comment
from projects.models import InProject, InProjectQuerySet
from runs.models import Draft, InputFile, Preset, Run, Share, Upload
from runs.promises.keeping import JsonColumn, Keeps, UserRelation
from runs.promises.lifecycle import Job, Lifecycle
from runs.records import counting, recount

if TYPE_CHECKING:
    import fal
    from core.notify import channel


class RunsOwner(Lifecycle, Keeps):
    """Form rows name files, open them to others, and are handed over with the runs."""

    def inputs_in_use(self) -> Sequence[JsonColumn]:
        """Return forms; inputs of runs are indexed instead (`runs/models/input_file.py`)."""
        return (
            JsonColumn(Preset.objects.kept(), "arguments"),
            JsonColumn(Share.objects.all(), "arguments"),
            JsonColumn(Draft.objects.all(), "post"),
        )

    def opened_files(self, user_id: int) -> Sequence[JsonColumn]:
        """Return the user's examples, presets for the team, and links that open their files."""
        presets = Preset.objects.kept().filter(user_id=user_id, is_shared=True)
        return (
            JsonColumn(Run.objects.examples().filter(user_id=user_id), "arguments"),
            JsonColumn(presets, "arguments"),
            JsonColumn(Share.objects.filter(user_id=user_id, opens_files=True), "arguments"),
        )

    def chosen_runs(self, run_ids: abc.Collection[uuid.UUID]) -> abc.Collection[uuid.UUID]:
        """Return the runs that others have as an input, and films of which a frame was taken.

        A deleted run uses nothing any more.
        """
        used = InputFile.objects.filter(source__in=run_ids, run__deleted_at=None)
        sources = used.exclude(run=F("source")).values_list("source", flat=True)
        frames = Upload.objects.kept().filter(origin_run__in=run_ids)
        films = frames.values_list("origin_run", flat=True).distinct()
        return {*filter(None, sources), *filter(None, films)}

    def movable(self) -> Mapping[str, type[InProject]]:
        """Return runs; uploads go along with the rows that use them."""
        return {"run": Run}

    def private_pages(self) -> Mapping[str, InProjectQuerySet[Any]]:
        """Return runs, deleted ones too."""
        return {"run": Run.objects.with_endpoint().light()}

    def handed_over(self) -> Sequence[UserRelation]:
        """Return runs and their forms, and collections, since the catalogue is below the runs."""
        return (
            UserRelation("runs", Run),
            UserRelation("uploads", Upload),
            UserRelation("links", Share),
            UserRelation("collections", Collection, "owner"),
        )

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the jobs that purge deleted things, and those of the record of models."""
        return (
            Job("count records", sync_to_async(counting.count_due), wakes_on_change=True),
            Job("recount records", sync_to_async(recount.Recount().step)),
            Job("purge deleted things", sync_to_async(purge_step)),
            Job("purge deleted comments", sync_to_async(comment.delete_for_good)),
        )
