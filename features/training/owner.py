"""Answers questions of `runs` about data sets and weights."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.http.parameters import parse_uuid
from features.training.data import packing
from features.training.data.editing import has_trigger, prefixed
from features.training.models import Dataset, DatasetArchive, Training, Weights
from features.training.results import settling
from playground.form import form_state
from playground.form.form_state import FormState
from playground.form.prefill import use_as
from runs.files.artifact_urls import run_of
from runs.files.input_references import sources_in
from runs.models import Run, Upload
from runs.promises.owners import FillForm, Job, JsonColumn, RunOwner, SelectedRows
from schemas.uses.inputs import inputs_of
from schemas.uses.placing import place, values_at

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
        return names_of(user_id, addresses)

    def kept_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the trainings."""
        trainings = Training.objects.filter(run__in=run_ids)
        return set(trainings.values_list("run_id", flat=True))

    def goes_along(self, rows: SelectedRows) -> SelectedRows:
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
        return {"dataset": packing.fill, "weights": fill}

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the job that records ended trainings."""
        settle = sync_to_async(settling.settle_due)
        return (Job("ended trainings", settle, wakes_on_change=True),)


def names_of(user_id: int, addresses: Sequence[str]) -> dict[str, str]:
    """Return names and trigger words of weights that a user sees, by address; one query."""
    runs = {uuid.UUID(run) for address in addresses if (run := run_of(address))}
    rows = Weights.objects.kept().shown_to(User(pk=user_id)).filter(training__in=runs)
    return {weights.address: _name(weights) for weights in rows.select_related("training")}


def _name(weights: Weights) -> str:
    word = weights.training.trigger_word
    return f"{weights.name} ({word})" if word and word != weights.name else weights.name


def fill(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    """Return the user's current form with weights in it; `key` is `<weights>/<path>`."""
    first, _, path = key.partition("/")
    pk = parse_uuid(first)
    visible_weights = Weights.objects.kept().shown_to(user).select_related("training")
    row = visible_weights.filter(pk=pk).first() if pk else None
    if row is None:
        return None
    filled = use_as.fill(user, endpoint, f"{row.training_id}/a{row.position}/{path}")
    word = row.training.trigger_word
    return _with_word(endpoint, filled, word) if filled and word else filled


def _with_word(endpoint: Endpoint, filled: FormState, word: str) -> FormState:
    """Prefix the main prompt with the trigger word unless it contains the word."""
    root = version_of(endpoint).root
    prompt = next((field.path for field in inputs_of(root) if field.role == "prompt"), "")
    arguments = form_state.parse_form_leniently(endpoint, filled.post).arguments
    texts = [text for text in values_at(arguments, prompt) if isinstance(text, str)]
    text = texts[0] if texts else ""
    if not prompt or has_trigger(text, word):
        return filled
    arguments = place(root, arguments, prompt, prefixed(text, word))
    marks = {key: value for key, value in filled.post.items() if key == form_state.HOUSE}
    filled_form = form_state.from_arguments(endpoint, arguments)
    message = f"{filled.notice} The prompt begins with “{word}”, their trigger word."
    return FormState({**filled_form.post, **marks}, message)
