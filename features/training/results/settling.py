"""Records ended trainings: names their weights and notifies their owner."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.formatting import duration
from features.notifications import kinds, outbox
from features.training.data.rules import rules_of
from features.training.models import Dataset, DatasetArchive, Training, Weights
from runs.files import input_references, uploads
from runs.models import Artifact, Run
from runs.results import error_messages
from runs.worker import idle
from schemas.uses.placing import values_at

AT_ONCE = 20
LOOK_BACK = timedelta(days=30)
LONGEST = timedelta(days=7)  # from a training's creation to its end
SHORTEST = timedelta(minutes=1)  # shorter trainings need no notification
IS_TRAINER = Q(category="training") | Q(kind="training")
_PLAIN = re.compile(r"(?i)^(?:pytorch_lora_weights|lora|adapter_model|model|weights|output)\b")


def is_training(run: Run) -> bool:
    """Whether the run's model is a trainer."""
    return "training" in (run.endpoint.category, run.endpoint.kind)


def settle_due() -> float:
    """Record the trainings that have ended; returns the seconds until the next call."""
    since = timezone.now() - LOOK_BACK
    # Keys and a time of creation make the database use the index `run_of_endpoint`. This query runs
    # after every change; without the index it reads the whole history.
    trainers = list(Endpoint.objects.filter(IS_TRAINER).values_list("pk", flat=True))
    runs = Run.objects.filter(endpoint_id__in=trainers, created_at__gte=since - LONGEST)
    ended = runs.filter(state__in=Run.FINAL, ended_at__gte=since)
    due_runs = ended.filter(training=None, deleted_at=None).order_by("ended_at")
    keys = list(due_runs.values_list("pk", flat=True)[:AT_ONCE])
    for key in keys:
        settle(key)
    return 0.1 if len(keys) == AT_ONCE else idle.REST_S


def settle(key: Any) -> None:
    """Record a run's training with its weights and notify its owner, once."""
    runs = Run.objects.select_related("endpoint", "user", "project").light("arguments")
    with transaction.atomic():
        Run.objects.light().select_for_update(no_key=True).get(pk=key)  # one worker at a time
        if Training.objects.filter(run=key).exists():
            return
        run = runs.get(pk=key)
        archive = _archive(run)
        training = Training.objects.create(
            run=run,
            dataset=archive.dataset if archive else None,
            trigger_word=trigger_word(run) or (archive.dataset.trigger_word if archive else ""),
        )
        created = _weights(training, archive.dataset.name if archive else run.endpoint.name)
        Weights.objects.bulk_create(created)
        _notify_owner(run, created)


def _weights(training: Training, base: str) -> list[Weights]:
    """Return an unsaved row for each file of weights."""
    run, files = training.run, _files(training.run)
    names = [_name(file, base, files) for file in files]
    return [
        Weights(
            user=run.user,
            project=run.project,
            is_hidden=run.is_hidden,
            training=training,
            position=artifact.position,
            name=name,
        )
        for artifact, name in zip(files, names, strict=True)
    ]


def trigger_word(run: Run) -> str:
    """Return the trigger word among a training's arguments."""
    rules = rules_of(version_of(run.endpoint).root, run.endpoint.endpoint_id)
    values = values_at(run.arguments, rules.trigger) if rules and rules.trigger else []
    return str(values[0]).strip()[:100] if values and isinstance(values[0], str) else ""


def _archive(run: Run) -> DatasetArchive | None:
    """Return the archive that started the run, if it is of a data set of the run's project."""
    keys = input_references.UPLOAD.findall(str(run.arguments))
    datasets = Dataset.objects.in_project(run.project, run.user)
    archives = DatasetArchive.objects.filter(upload__in=keys, dataset__in=datasets)
    return archives.select_related("dataset").order_by("-pk").first() if keys else None


def _files(run: Run) -> list[Artifact]:
    """Return a run's files of weights; empty if it failed."""
    files = run.artifacts.exclude(state=Artifact.State.LOST)
    return [file for file in files if file.file_name.lower().endswith(uploads.WEIGHTS)]


def _name(artifact: Artifact, base: str, files: list[Artifact]) -> str:
    """Return the data set's name; with several files, also the file's name or output path."""
    if len(files) == 1:
        return base[:200]
    plain = _PLAIN.match(artifact.file_name)
    part = artifact.path.strip("/.").split("/")[0] if plain else artifact.file_name
    return f"{base[:120]}: {part[:70]}"


def _notify_owner(run: Run, created: list[Weights]) -> None:
    if run.took < SHORTEST or run.state == Run.State.CANCELLED:
        return
    is_done = run.state == Run.State.SUCCEEDED
    word = "Training finished" if is_done else "Training failed"
    outbox.notify(
        run.user,
        kinds.TRAINING_FINISHED,
        subject=f"{word} after {duration(run.took)}: {run.endpoint.name}",
        text="" if is_done else error_messages.reason(run.error),
        path=created[0].get_absolute_url() if created else run.get_absolute_url(),
        key=f"training {run.pk}",
        about=run,
    )
