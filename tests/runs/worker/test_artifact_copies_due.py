"""How a worker chooses and claims the next artifacts to copy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from runs.models import Artifact
from runs.worker import artifact_copies

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


def test_a_copy_released_by_its_worker_is_due_at_once(make_run: Any) -> None:
    for position, state in enumerate(["remote", "stored"]):
        run = make_run(state="succeeded")
        Artifact.objects.create(run=run, position=position, kind="image", url="x", state=state)
    claimed = artifact_copies.due(5)
    assert not artifact_copies.has_due()
    artifact_copies.release([artifact.pk for artifact in claimed])
    assert [(artifact.pk, artifact.attempts) for artifact in artifact_copies.due(5)] == [
        (claimed[0].pk, 0)
    ]


def pass_time(spell: timedelta) -> None:
    """Move all due times back by this time, as if it had passed."""
    Artifact.objects.update(next_attempt_at=F("next_attempt_at") - spell)


def test_a_long_copy_stays_with_its_worker(make_run: Any) -> None:
    run = make_run(state="succeeded")
    Artifact.objects.create(run=run, position=0, kind="video", url="x", state="remote")
    claimed = artifact_copies.due(5)
    for _ in range(5):
        pass_time(artifact_copies.TAKEN_FOR * 0.9)
        assert not artifact_copies.has_due()
        artifact_copies.renew([artifact.pk for artifact in claimed])
    pass_time(artifact_copies.TAKEN_FOR * 1.1)
    assert artifact_copies.has_due()  # its worker was killed


def test_a_search_for_due_copies_reads_only_due_rows(make_run: Any) -> None:
    """Every look uses the partial index instead of reading all files ever stored."""
    run = make_run(state="succeeded")
    Artifact.objects.bulk_create(
        Artifact(run=run, position=number, path=str(number), kind="image", url="x", state="stored")
        for number in range(300)
    )
    Artifact.objects.create(run=run, position=999, path="new", kind="image", url="x")
    with CaptureQueriesContext(connection) as looked:
        assert artifact_copies.has_due()
        assert [artifact.path for artifact in artifact_copies.due(5)] == ["new"]
    sent = [query["sql"] for query in looked]
    looks = [sql for sql in sent if sql.startswith("SELECT") and "playground_artifact" in sql]
    assert looks
    with connection.cursor() as cursor:
        is_sqlite = connection.vendor == "sqlite"
        cursor.execute("ANALYZE playground_artifact")
        for sql in looks:
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{sql}")
            assert "artifact_to_copy" in str(cursor.fetchall()), sql


def test_a_run_with_many_files_does_not_block_others(make_run: Any) -> None:
    run_of_many, run_of_one = make_run(), make_run()
    for run, count in ((run_of_many, 9), (run_of_one, 1)):
        for position in range(count):
            Artifact.objects.create(
                run=run, position=position, path=str(position), kind="image", url="https://x.test/a"
            )
    assert {artifact.run_id for artifact in artifact_copies.due(2)} == {
        run_of_many.pk,
        run_of_one.pk,
    }
