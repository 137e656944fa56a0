"""Each training that succeeded becomes a series of its results, so that retention keeps its run.

A series is named like the first weights, with their trigger word. Weights that somebody deleted,
and trainings that failed, leave nothing.
"""

import logging

from django.db import migrations

MAX_NAME_CHARS = 80

log = logging.getLogger(__name__)


def make_series(apps, schema_editor):
    """Write a series for each training that succeeded, and log how many there were."""
    series, items = (apps.get_model("library", name) for name in ("Series", "SeriesItem"))
    weights = apps.get_model("training", "Weights").objects.filter(deleted_at=None)
    results = apps.get_model("playground", "Artifact").objects
    trainings = apps.get_model("training", "Training").objects
    succeeded = trainings.filter(run__state="succeeded", run__deleted_at=None)
    series_count = 0
    rows = succeeded.values_list(
        *("run_id", "run__user_id", "run__project_id", "run__is_hidden"),
        *("run__endpoint__endpoint_id", "trigger_word"),
    )
    for run, user, project, is_hidden, endpoint_id, word in rows.iterator():
        own = weights.filter(training=run).order_by("position", "pk")
        name = own.values_list("name", flat=True).first() or f"Trained by {endpoint_id}"
        if word and word not in name:
            name = f"{name[: MAX_NAME_CHARS - len(word) - 3]} ({word})"
        row = series.objects.create(
            user_id=user, project_id=project, is_hidden=is_hidden, name=name[:MAX_NAME_CHARS]
        )
        positions = [
            *results.filter(run=run).order_by("position").values_list("position", flat=True)
        ]
        items.objects.bulk_create(
            items(series=row, run_id=run, position=position, place=place)
            for place, position in enumerate(positions or [0])
        )
        series_count += 1
    if series_count:
        log.info("Turning trainings into series: %s", series_count)


def lead_to_runs(apps, schema_editor):
    """Let notices about weights lead to the run that they are about."""
    notifications = apps.get_model("notifications", "Notification").objects
    about_weights = notifications.filter(path__startswith="/training/weights/")
    for row in about_weights.filter(thing__isnull=False).iterator():
        row.path = f"/runs/{row.thing}/"
        row.save(update_fields=["path"])


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0011_runs_that_are_used"),
        ("notifications", "0007_without_trials"),
        ("playground", "0059_codec"),
        ("training", "0001_squashed_0003"),
    ]
    operations = [
        migrations.RunPython(make_series, migrations.RunPython.noop),
        migrations.RunPython(lead_to_runs, migrations.RunPython.noop),
    ]
