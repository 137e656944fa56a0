"""What was a tag is a series of its name, with the results that had it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from library.models import Series, SeriesItem
from projects.models.project import private_project
from tests.library.selected import with_files
from tests.projects.people import make_project

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
BEFORE = ("library", "0007_words_of_scripts")


def migrate(target: tuple[str, str]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    return executor.loader.project_state([target]).apps


def migrate_all() -> None:
    """Bring every table back: what came after `BEFORE` in other apps went with it."""
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_a_tag_becomes_a_series(user: User, make_run: Any) -> None:
    mine, team = private_project(user), make_project("Team", **{user.username: "maker"})
    fox, owl = with_files(make_run, 2, project=mine), with_files(make_run, project=mine)
    there = Series.objects.create(project=mine, user=user, name="Poster")
    SeriesItem.objects.create(series=there, run=owl, position=0, place=4)
    apps = migrate(BEFORE)
    try:
        tag, tagged = (apps.get_model("library", name) for name in ("Tag", "TaggedResult"))
        tags = {
            name: tag.objects.create(project_id=mine.pk, name=name, **more)
            for name, more in (
                ("fox", {}), ("poster", {}), ("gone", {"removed_at": timezone.now()}), ("empty", {})
            )
        }  # fmt: skip
        stray = tag.objects.create(project_id=team.pk, name="moved away")
        for row, run, position in (
            (tags["fox"], fox, 1), (tags["fox"], fox, 0), (tags["poster"], owl, 0),
            (tags["poster"], fox, 0), (tags["gone"], fox, 0), (stray, fox, 0),
        ):  # fmt: skip
            tagged.objects.create(tag=row, run_id=run.pk, position=position)
    finally:
        migrate_all()
    found = {
        series.name: [(item.run_id, item.position) for item in series.items.all()]
        for series in Series.objects.filter(deleted_at=None)
    }
    assert found == {
        "fox": [(fox.pk, 1), (fox.pk, 0)],
        "Poster": [(owl.pk, 0), (fox.pk, 0)],
    }
    assert Series.objects.get(name="gone").deleted_at
    assert Series.objects.get(name="fox").user == user
