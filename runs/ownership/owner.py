"""The `RunOwner` of the runs' own rows: runs, uploads, presets, links and drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async

from catalog.models import Collection
from projects.kept.models import purge_step
from projects.kept.voices import comment
from projects.models import InProject, InProjectQuerySet
from runs.models import Draft, Preset, Run, Share, Upload
from runs.promises.owners import Job, JsonColumn, RunOwner, UserRelation
from runs.records import model_record, triggers

if TYPE_CHECKING:
    import fal
    from core.notify import channel
    from runs.promises.record_reasons import ReasonToKeep


class RunsOwner(RunOwner):
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

    def reasons_to_keep(self) -> Sequence[ReasonToKeep]:
        """Return that a run is used as an input; stars are columns of the run itself."""
        return (triggers.USED,)

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
        """Return the jobs that purge what was deleted a while ago, and merge records."""
        return (
            Job("merge records", sync_to_async(model_record.merge)),
            Job("purge deleted things", sync_to_async(purge_step)),
            Job("purge deleted comments", sync_to_async(comment.delete_for_good)),
        )
