"""Each tag becomes a series of its name: there is one way to keep results together."""

from itertools import groupby
from typing import Any

from django.db import migrations
from django.db.models import F, Max
from django.utils import timezone


def make_series(apps: Any, schema_editor: Any) -> None:
    """Put the results of each tag into the project's series of that name, or a new one.

    What was moved to another project had the tag nowhere, and is left out. The series is of
    whoever made its first result, since tags belonged to nobody.
    """
    alias = schema_editor.connection.alias
    tagged = apps.get_model("library", "TaggedResult").objects.using(alias)
    shown = tagged.filter(run__project=F("tag__project")).select_related("tag", "run")
    rows = shown.only("tag", "position", "run__user_id").order_by("tag_id", "pk")
    for _, of_tag in groupby(rows.iterator(), key=lambda row: row.tag_id):
        results = list(of_tag)
        _add(apps, alias, results[0].tag, results[0].run.user_id, results)


def _add(apps: Any, alias: str, tag: Any, user: int, results: list[Any]) -> None:
    series = apps.get_model("library", "Series").objects.using(alias)
    items = apps.get_model("library", "SeriesItem").objects.using(alias)
    of_project = series.filter(project=tag.project_id, is_hidden=False, deleted_at=None)
    there = None if tag.removed_at else of_project.filter(name__iexact=tag.name).first()
    target = there or series.create(
        project_id=tag.project_id, user_id=user, name=tag.name, deleted_at=tag.removed_at
    )
    last = items.filter(series=target).aggregate(last=Max("place"))["last"]
    items.bulk_create(
        (
            items.model(series=target, run_id=row.run_id, position=row.position, place=place)
            for place, row in enumerate(results, 0 if last is None else last + 1)
        ),
        ignore_conflicts=True,
        batch_size=1000,
    )
    series.filter(pk=target.pk).update(changed_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("library", "0007_words_of_scripts")]
    operations = [
        migrations.RunPython(make_series, migrations.RunPython.noop),
        migrations.DeleteModel("TaggedResult"),
        migrations.DeleteModel("Tag"),
    ]
