"""An idle worker searches for due work in a small table, not in all runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flows.fal_workflows import step_files
from runs.worker import examination, fingerprints
from runs.worker.following import backfill

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


@pytest.mark.parametrize(
    "look",
    [backfill._due, step_files._take_due, fingerprints._claim, examination._claim_results],
    ids=["backfill", "step files", "fingerprints", "provenance"],
)
def test_searches_for_due_work_do_not_join_runs(look: Callable[[], list[Any]]) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert look() == []
    assert not [query["sql"] for query in captured if re.search("playground_run\\b", query["sql"])]
