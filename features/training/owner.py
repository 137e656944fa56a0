"""Answers questions of `runs` about data sets and weights."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async

from features.training.data import packing
from features.training.models import Dataset, DatasetArchive, Training, Weights
from features.training.results import naming, prefill, settling
from runs.files.input_references import sources_in
from runs.models import Run, Upload
from runs.promises.owners import Chosen, FillForm, Job, JsonColumn, RunOwner

if TYPE_CHECKING:
    import fal
    from core.notify import channel


class TrainingOwner(RunOwner):
    """Data sets fill the forms of trainers; weights fill the forms of other models."""

    def notifies_of_end(self, run: Run) -> bool:
        """Return True for a training, whose owner is notified once its weights have a name."""
        return settling.is_training(run)

    def inputs_in_use(self) -> Sequence[JsonColumn]:
        """Return the files of data sets that are not deleted."""
        return (JsonColumn(Dataset.objects.kept(), "files"),)

    def names_of_weights(self, user_id: int, addresses: Sequence[str]) -> Mapping[str, str]:
        """Return the names of weights, by address."""
        return naming.names_of(user_id, addresses)

    def kept_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the trainings."""
        trainings = Training.objects.filter(run__in=run_ids)
        return set(trainings.values_list("run_id", flat=True))

    def goes_along(self, rows: Chosen) -> Chosen:
        """Return the files of moved data sets; weights and their training's run move together."""
        datasets = Dataset.objects.filter(pk__in=rows.get(Dataset, ()))
        files = sources_in(json.dumps([*datasets.values_list("files", flat=True)]))
        archives = DatasetArchive.objects.filter(dataset__in=datasets)
        weights = Weights.objects.filter(training__in=rows.get(Run, ()))
        trainings = Weights.objects.filter(pk__in=rows.get(Weights, ()))
        return {
            Upload: set(archives.values_list("upload_id", flat=True)) | files,
            Weights: set(weights.values_list("pk", flat=True)),
            Run: set(trainings.values_list("training_id", flat=True)),
        }

    def form_sources(self) -> Mapping[str, FillForm]:
        """Return the functions that fill a form with a data set or with weights."""
        return {"dataset": packing.fill, "weights": prefill.fill}

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the job that records ended trainings."""
        settle = sync_to_async(settling.settle_due)
        return (Job("ended trainings", settle, wakes_on_change=True),)
