"""A dump contains only our tables; an error quotes the program of PostgreSQL that failed.

Every table has a line that says whether backups contain it, and a table left out leaves no broken
reference.
"""

import subprocess
from collections import Counter

import pytest
from django.apps import apps
from django.db import connection

from core.db import clock
from house.operations.backup import contents, database, pages
from runs.models import Worker
from runs.progress import current_upstream
from runs.results import figures


@pytest.mark.both_databases
@pytest.mark.needs("pg_dump")
@pytest.mark.django_db(transaction=True)
def test_what_an_administrator_added_is_in_no_dump(tmp_path):
    if connection.vendor == "sqlite":  # SQLite has no extensions, and is copied as a whole
        assert database.copy_whole(tmp_path).stat().st_size > 0
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION hstore")
        cursor.execute("CREATE SCHEMA monitoring CREATE TABLE seen (by public.hstore)")
        try:
            dump = database.copy_whole(tmp_path)
        finally:
            cursor.execute("DROP SCHEMA monitoring CASCADE")
            cursor.execute("DROP EXTENSION hstore")
    listed = subprocess.run(
        ["pg_restore", "--list", str(dump)], capture_output=True, text=True, check=True
    ).stdout
    assert "EXTENSION - pg_trgm" in listed
    assert "auth_user" in listed
    assert "hstore" not in listed
    assert "monitoring" not in listed


def test_each_model_has_one_line():
    lines = Counter([*contents.labels(contents.IN), *contents.labels(contents.OUT)])
    models = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert set(lines) == models, "a model needs a line in house/operations/backup/contents.py"
    assert max(lines.values()) == 1


def test_nothing_that_is_in_refers_to_what_is_left_out():
    out = set(contents.left_out())
    for model in contents.included():
        for field in model._meta.concrete_fields:
            assert field.related_model not in out, f"{model._meta.label}.{field.name}"


@pytest.mark.django_db
def test_pages_say_the_same_without_what_no_backup_has(admin_user, make_run, monkeypatch):
    # The page's frame names the upstream by the worker's row: with fal, every proof failed.
    moment = clock.now()
    make_run(user=admin_user, state="succeeded")
    Worker.objects.create(name="w", upstream="fal", upstream_host="queue.fal.run", beat_at=moment)
    figures.read(figures.STORAGE)
    monkeypatch.setattr(current_upstream, "_known", (None, 0.0))
    before = pages.rendered(moment)
    for model in contents.left_out():
        model._base_manager.all()._raw_delete("default")
    monkeypatch.setattr(current_upstream, "_known", (None, 0.0))
    assert pages.rendered(moment) == before
    assert len(before) > 10
