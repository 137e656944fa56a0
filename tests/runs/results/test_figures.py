"""Figures of whole tables are computed by one worker, and pages show them with their time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from runs.models import Artifact, KeptFigures
from runs.results import figures
from tests.conftest import grant

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def test_the_status_page_scans_no_whole_table(client: Client, make_run: Any) -> None:
    olga = User.objects.create_user("olga")
    grant(olga, "playground.view_worker")
    client.force_login(olga)
    run = make_run(state="succeeded")
    Artifact.objects.create(run=run, position=0, path="x", kind="image", url="u", state="lost")
    figures.keep_due()
    KeptFigures.objects.update(made_at=timezone.now() - timedelta(hours=2))
    with CaptureQueriesContext(connection) as captured:
        html = client.get("/admin/status/").content.decode()
    assert "2 h ago" in html
    for query in captured:
        sql = query["sql"]
        is_bounded = "= 'remote'" in sql or sql.endswith("LIMIT 1")
        assert 'FROM "playground_artifact"' not in sql or is_bounded
        assert "GROUP BY 1" not in sql or "playground_run" not in sql or "NOT (" in sql


def test_figures_are_computed_by_one_worker_and_again_when_they_are_due(make_run: Any) -> None:
    run = make_run()
    assert figures.read(figures.RUNS_OF_PEOPLE).values == {str(run.user_id): 1}
    make_run()
    pause_s = figures.keep_due()
    assert figures.read(figures.RUNS_OF_PEOPLE).values == {str(run.user_id): 1}  # not due yet
    assert 1 < pause_s <= figures.EVERY_S
    KeptFigures.objects.update(due_at=timezone.now())
    figures.keep_due()
    assert figures.read(figures.RUNS_OF_PEOPLE).values == {str(run.user_id): 2}
