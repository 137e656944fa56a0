"""Stored results get fingerprints in the background, including those from before there were any."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connections

from core.db import clock
from projects.models import Project
from runs.files.media.probe import MediaProbe
from runs.models import Artifact, Run
from runs.worker import fingerprints, idle
from tests.runs.copying import copy, film, glb, picture, sound

pytestmark = pytest.mark.django_db(transaction=True)
MakeResult = Callable[..., Artifact]


@pytest.fixture
def make_result(make_run: Any, settings: Any, tmp_path: Path) -> MakeResult:
    """`make_result(digest=…, run=…)` → a stored picture without a fingerprint."""
    settings.MEDIA_ROOT = str(tmp_path / "media")

    def make(run: Run | None = None, **values: Any) -> Artifact:
        run = run or make_run(state="succeeded", output={})
        defaults = {"kind": "image", "state": "stored", "position": run.artifacts.count()}
        return Artifact.objects.create(run=run, url="https://media.test/a", **(defaults | values))

    return make


def compare(probe: MediaProbe | None = None) -> float:
    """Let a worker compute what is due; return the seconds until its next look."""

    async def main() -> float:
        used_probe = probe or MediaProbe()
        try:
            return await fingerprints.compare_due(used_probe)
        finally:
            await used_probe.close()
            await sync_to_async(connections.close_all)()

    return asyncio.run(main())


def test_a_copied_picture_has_a_fingerprint_and_a_film_that_of_its_still(artifact: Any) -> None:
    assert len(bytes(copy(artifact(), picture(300, 200)).fingerprint or b"")) == 16
    assert len(bytes(copy(artifact("video"), film()).fingerprint or b"")) == 16


def test_the_earlier_of_equal_and_of_near_pictures_is_the_original(
    make_result: MakeResult,
) -> None:
    first = make_result(digest="a" * 64, fingerprint=bytes(16))
    far = make_result(digest="b" * 64, fingerprint=b"\xff" * 16)
    equal = make_result(digest="a" * 64, fingerprint=bytes(16))
    near = make_result(digest="c" * 64, fingerprint=bytes(15) + b"\x07")
    assert compare() == fingerprints.SOON_S
    assert compare() == idle.REST_S
    results = dict(Artifact.objects.values_list("pk", "double_of_id"))
    assert results == {first.pk: None, far.pk: None, equal.pk: first.pk, near.pk: first.pk}


def test_films_that_begin_alike_are_no_doubles(make_result: MakeResult) -> None:
    make_result(digest="a" * 64, fingerprint=bytes(16))
    second = make_result(kind="video", digest="b" * 64, fingerprint=bytes(16))
    third = make_result(kind="video", digest="c" * 64, fingerprint=bytes(16))
    compare()
    assert not Artifact.objects.filter(pk__in=[second.pk, third.pk], double_of__gt=0).exists()


def test_what_lies_in_another_project_is_no_original(
    make_result: MakeResult, make_run: Any
) -> None:
    project = Project.objects.create(name="Spring", slug="spring")
    elsewhere = make_run(state="succeeded", output={}, project=project)
    make_result(elsewhere, digest="a" * 64, fingerprint=bytes(16))
    make_result(digest="a" * 64, fingerprint=bytes(16))
    compare()
    assert not Artifact.objects.filter(double_of__gt=0).exists()


def test_what_others_hide_is_no_original(
    make_result: MakeResult, make_run: Any, stranger: Any
) -> None:
    project = Project.objects.create(name="Spring", slug="spring")
    values = {"state": "succeeded", "output": {}, "project": project}
    hidden = make_run(user=stranger, is_hidden=True, **values)
    make_result(hidden, digest="a" * 64, fingerprint=bytes(16))
    make_result(make_run(**values), digest="a" * 64, fingerprint=bytes(16))
    compare()
    assert not Artifact.objects.filter(double_of__gt=0).exists()


def test_an_older_picture_gets_its_fingerprint(make_result: MakeResult) -> None:
    default_storage.save("a/old.png", ContentFile(picture(300, 200)))
    old = make_result(file="a/old.png")
    compare()
    old.refresh_from_db()
    assert len(bytes(old.fingerprint or b"")) == 16
    assert old.compared_at is not None


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [("audio", "a/old.wav", sound()), ("mesh", "a/old.glb", glb())],
    ids=["sound", "mesh"],
)
def test_an_older_sound_or_mesh_gets_its_picture_once(
    make_result: MakeResult, kind: str, name: str, content: bytes
) -> None:
    default_storage.save(name, ContentFile(content))
    old = make_result(kind=kind, file=name)
    assert compare() == fingerprints.SOON_S
    old.refresh_from_db()
    assert old.thumbnail == "a/old.thumbnail.webp"
    assert default_storage.exists(old.thumbnail)
    assert old.poster == ("a/old.poster.webp" if kind == "mesh" else "")
    assert not old.fingerprint
    assert compare() == idle.REST_S


@pytest.mark.parametrize("content", [b"RIFF", None], ids=["damaged", "gone"])
@pytest.mark.parametrize("kind", ["audio", "mesh"])
def test_what_cannot_be_drawn_is_not_tried_again(
    make_result: MakeResult, kind: str, content: bytes | None
) -> None:
    if content:
        default_storage.save("a/old.glb", ContentFile(content))
    old = make_result(kind=kind, file="a/old.glb")
    compare()
    assert compare() == idle.REST_S
    old.refresh_from_db()
    assert old.thumbnail == ""


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\nnothing", None], ids=["damaged", "gone"])
def test_a_picture_that_cannot_be_read_has_none_and_is_not_tried_again(
    make_result: MakeResult, content: bytes | None
) -> None:
    if content:
        default_storage.save("a/old.png", ContentFile(content))
    old = make_result(file="a/old.png")
    compare()
    old.refresh_from_db()
    assert old.fingerprint is not None
    assert bytes(old.fingerprint) == b""
    assert compare() == idle.REST_S


class _FailingProbe(MediaProbe):
    async def probe_stored(self, name: str, content_type: str) -> Any:
        raise OSError("the bucket is away")


def test_a_failing_storage_is_asked_again_later(make_result: MakeResult) -> None:
    old = make_result(file="a/old.png")
    compare(_FailingProbe())
    old.refresh_from_db()
    assert (old.fingerprint, old.compared_at) == (None, None)
    assert old.next_attempt_at is not None
    assert timedelta(0) < old.next_attempt_at - clock.now() <= fingerprints.TAKEN_FOR
