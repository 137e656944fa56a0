"""Migrations that move data, with rows in them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

BEFORE = ("playground", "0002_presets_and_shares")
AFTER = ("playground", "0003_no_run_is_ever_lost")


def migrate(target: tuple[str, str]) -> Any:
    """The database as it is at `target`."""
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    catalog = executor.loader.graph.leaf_nodes("catalog")  # its tables stay as they are now
    return executor.loader.project_state([target, *catalog]).apps


@pytest.fixture
def models_at(transactional_db: None) -> Iterator[Any]:
    """`models_at(target)`: the models as they are there; afterwards the newest are back."""
    yield migrate
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_every_kept_run_gets_a_webhook_token_of_its_own_and_loses_nothing(models_at: Any) -> None:
    before = models_at(BEFORE)
    user = before.get_model("auth", "User").objects.create(username="ana")
    endpoint = before.get_model("catalog", "Endpoint").objects.create(endpoint_id="a/b")
    then = timezone.now() - timedelta(days=1)
    made = [
        before.get_model("playground", "Run").objects.create(
            user=user,
            endpoint=endpoint,
            form_token=uuid.uuid4().hex,
            arguments={"n": number},
            state=state,
            submitted_at=then,
            ended_at=then,
        )
        for number, state in enumerate(["succeeded", "failed", "cancelled", "submitting"] * 150)
    ]
    before.get_model("playground", "Artifact").objects.create(
        run=made[0], position=0, path="images[0]", kind="image", url="https://v3.fal.media/a.png"
    )
    after = models_at(AFTER)
    runs = list(after.get_model("playground", "Run").objects.order_by("created_at"))
    assert len({run.webhook_token for run in runs}) == len(made)
    assert all(len(run.webhook_token) == 43 for run in runs)
    assert {run.arguments["n"] for run in runs} == set(range(len(made)))
    assert {run.queued_at for run in runs} == {then}
    assert {run.result_at for run in runs if run.state == "succeeded"} == {then}
    assert {run.result_at for run in runs if run.state == "cancelled"} == {None}
    for run in runs:  # what may be under way is not sent again
        assert run.sent_at == (run.created_at if run.state == "submitting" else None)
    assert all((run.positions, run.events, run.partial) == ([], [], None) for run in runs)
    artifact = after.get_model("playground", "Artifact").objects.get()
    assert (artifact.poster, artifact.thumbnail, artifact.run_id) == ("", "", made[0].pk)


def test_what_was_copied_is_shown_as_its_bytes_are(models_at: Any) -> None:
    before = models_at(("playground", "0009_late_looks"))
    run = before.get_model("playground", "Run").objects.create(
        user=before.get_model("auth", "User").objects.create(username="ana"),
        endpoint=before.get_model("catalog", "Endpoint").objects.create(endpoint_id="a/b"),
        arguments={},
    )
    cases = [  # as it was, as it is
        ({"kind": "video", "content_type": "image/png"}, "image"),
        ({"kind": "file", "content_type": "audio/wav"}, "audio"),
        ({"kind": "image", "content_type": "video/mp4", "poster": "a", "duration_s": 1}, "video"),
        ({"kind": "file", "content_type": "video/mp4", "duration_s": 1}, "audio"),
        ({"kind": "audio", "content_type": "video/mp4", "duration_s": 1}, "audio"),
        ({"kind": "file", "content_type": "model/gltf-binary"}, "mesh"),
        ({"kind": "mesh", "content_type": "application/octet-stream"}, "mesh"),
        ({"kind": "image", "content_type": "image/svg+xml"}, "image"),
        ({"kind": "video", "content_type": "image/png", "state": "remote"}, "video"),
        ({"kind": "image", "content_type": "image/png", "size_bytes": 0}, "image"),
    ]
    artifacts = before.get_model("playground", "Artifact").objects
    for position, (values, _) in enumerate(cases):
        artifacts.create(run=run, position=position, url="x", **{"state": "stored", **values})
    after = models_at(("playground", "0010_artifacts_by_their_bytes"))
    rows = list(after.get_model("playground", "Artifact").objects.order_by("position"))
    assert [row.kind for row in rows] == [kind for _, kind in cases]
    assert [row.state for row in rows] == ["stored"] * 8 + ["remote", "lost"]
    assert "empty file" in rows[-1].error
