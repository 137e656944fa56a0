"""Each check becomes a series of its results, so that retention keeps them as before.

A series has the key of its check, its user, project and time. The originals come first. Checks
without a run go, and so do those that were deleted: their results had no such reason to stay.
What asked for an answer leads to the series.
"""

import logging
from itertools import islice

from django.db import migrations

BATCH = 200
MAX_NAME_CHARS = 80

log = logging.getLogger(__name__)


def make_series(apps, schema_editor):
    """Write a series for each check with a run, and log how many there were of both."""
    series, items = (apps.get_model("library", name) for name in ("Series", "SeriesItem"))
    results = apps.get_model("playground", "Artifact").objects
    notifications = apps.get_model("notifications", "Notification").objects
    checks = apps.get_model("retirement", "ModelCheck").objects.filter(deleted_at=None)
    rows = checks.iterator(BATCH)
    series_count = empty_count = 0
    while batch := list(islice(rows, BATCH)):
        for check in batch:
            runs = [*check.runs.order_by("take", "place").values_list("run_id", flat=True)]
            if not runs:
                empty_count += 1
                continue
            series.objects.create(
                pk=check.pk,
                user_id=check.user_id,
                project_id=check.project_id,
                is_hidden=check.is_hidden,
                name=f"Check of {check.name}"[:MAX_NAME_CHARS],
            )
            of_check = results.filter(run__in=runs).order_by("position")
            positions = {run: [] for run in runs}  # without duplicates, in order
            for run, position in of_check.values_list("run_id", "position"):
                positions[run].append(position)
            places = [(run, at) for run, own in positions.items() for at in own or [0]]
            items.objects.bulk_create(
                items(series_id=check.pk, run_id=run, position=at, place=place)
                for place, (run, at) in enumerate(places)
            )
            questions = notifications.filter(about="retirement.modelcheck", thing=check.pk)
            questions.update(about="", path=f"/series/{check.pk}/")
            series_count += 1
    if series_count or empty_count:
        log.info(
            "Turning checks into series: %s; deleting checks without a run: %s",
            series_count,
            empty_count,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0011_runs_that_are_used"),
        ("notifications", "0007_without_trials"),
        ("playground", "0059_codec"),
        ("retirement", "0002_checks"),
    ]
    operations = [migrations.RunPython(make_series, migrations.RunPython.noop)]
