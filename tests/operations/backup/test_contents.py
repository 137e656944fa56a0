"""Every table has a line that says whether backups have it, and what is left out leaves no gap."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User

from core.db import clock
from operations.backup import contents, pages
from runs.models import Worker
from runs.progress import current_upstream
from runs.results import figures


def test_each_model_has_one_line() -> None:
    lines = Counter([*contents.labels(contents.IN), *contents.labels(contents.OUT)])
    models = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert set(lines) == models, "a model needs a line in operations/backup/contents.py"
    assert max(lines.values()) == 1


def test_nothing_that_is_in_refers_to_what_is_left_out() -> None:
    out = set(contents.left_out())
    for model in contents.included():
        for field in model._meta.concrete_fields:
            assert field.related_model not in out, f"{model._meta.label}.{field.name}"


@pytest.mark.django_db
def test_pages_say_the_same_without_what_no_backup_has(
    admin_user: User, make_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The frame names the upstream by the worker's row: on fal each proof of a backup failed.
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
