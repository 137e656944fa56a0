"""Looks that were open before they were for more than runs stay open."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.utils import timezone

from projects.models import Look
from runs.models import Run
from tests.conftest import grant

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_open_looks_stay_open(make_run: Any) -> None:
    eva = User.objects.create_user("eva")
    grant(eva, "playground.view_run")
    run = make_run(state="succeeded")
    until = timezone.now() + timedelta(hours=5)
    former = SimpleNamespace(run_id=run.pk, by_id=eva.pk, until=until)
    table = SimpleNamespace(objects=SimpleNamespace(all=lambda: [former]))

    def get_model(app: str, name: str) -> Any:
        return table if app == "playground" else apps.get_model(app, name)

    migration = import_module("runs.migrations.0034_looks_at_anything")
    migration.keep_looks(SimpleNamespace(get_model=get_model), None)
    assert Look.objects.get().until == until
    assert Run.objects.visible_to(eva).get() == run
