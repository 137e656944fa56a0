"""The files that a run was made from: in order, once each, and only existing ones."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from playground.display import viewer
from playground.display.viewer import input_files
from runs.models import Artifact, Run, Upload

pytestmark = pytest.mark.django_db


def upload(run: Run, name: str, content_type: str) -> Upload:
    """Make an upload in the project of a run."""
    return Upload.objects.create(
        user=run.user,
        project=run.project,
        digest=uuid.uuid4().hex,
        file="a/b",
        file_name=name,
        content_type=content_type,
        size_bytes=3,
    )


def test_uploads_and_results_are_found_wherever_they_stand(make_run: Any) -> None:
    run = make_run(state="succeeded")
    source = make_run(state="succeeded")
    Artifact.objects.create(run=source, position=2, path="x", kind="video", url="https://x/a.mp4")
    mask, weights = upload(run, "mask.png", "image/png"), upload(run, "a.bin", "application/x-bin")
    film = f"/runs/{source.pk}/artifacts/2/"
    run.arguments = {
        "prompt": f"see {film}",  # a text that only mentions an address
        "image_url": mask.get_absolute_url(),
        "extra": [{"path": weights.get_absolute_url()}, film, film],
        "lost": f"/runs/{source.pk}/artifacts/7/",
        "seed": 4,
    }
    assert input_files(run) == [
        (mask.get_absolute_url(), "image"),
        (weights.get_absolute_url(), "file"),
        (film, "video"),
    ]


def test_many_inputs_need_two_queries(
    make_run: Any, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, source = make_run(state="succeeded"), make_run(state="succeeded")
    for position in range(20):
        Artifact.objects.create(run=source, position=position, kind="image", url="https://x/a")
    addresses = [f"/runs/{source.pk}/artifacts/{position}/" for position in range(20)]
    run.arguments = {"images": [*addresses, upload(run, "a.png", "image/png").get_absolute_url()]}
    monkeypatch.setattr(viewer, "MOST_INPUTS", 30)
    with django_assert_num_queries(2):
        assert len(input_files(run)) == 21
    monkeypatch.undo()
    assert len(input_files(run)) == viewer.MOST_INPUTS
