"""Copies without metadata are made once, kept, and purged with their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from core.process.subprocess_worker import WorkerDied, run_once
from runs.files import purge, stripped_copies
from runs.files.stripped_copies import NotStripped, copy_name, copy_of
from runs.models import DiscardedContent
from tests.runs.files.telling_media import TOLD, mp4, png

Store = Callable[[bytes], str]


@pytest.fixture(params=["FileSystemStorage", "InMemoryStorage"])
def store(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Store:
    """`store(content)`: the name of a file in a storage with or without paths."""
    settings.MEDIA_ROOT = str(tmp_path)
    backend = f"django.core.files.storage.{request.param}"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend}}
    return lambda content: default_storage.save("ab/media", ContentFile(content))


def read(name: str) -> bytes:
    with default_storage.open(name) as file:
        content: bytes = file.read()
    return content


@pytest.mark.any_database
@pytest.mark.parametrize("make", [png, mp4])
def test_a_copy_is_made_once(make: Callable[[], bytes], store: Store) -> None:
    name = store(make())
    copy = copy_of(name)
    content = read(copy)
    assert content
    assert TOLD not in content
    made_at = default_storage.get_modified_time(copy)
    assert copy_of(name) == copy == copy_name(name)
    assert default_storage.get_modified_time(copy) == made_at
    assert sorted(default_storage.listdir("ab")[1]) == ["media", "media.stripped"]


@pytest.mark.any_database
def test_a_file_that_cannot_be_stripped_is_never_served(store: Store) -> None:
    name = store(b"words " + TOLD)
    for _ in range(2):  # the second time no process is started
        with pytest.raises(NotStripped):
            copy_of(name)
        assert read(copy_name(name)) == b""


@pytest.mark.any_database
def test_a_copy_that_takes_too_long_is_tried_again(store: Store) -> None:
    name = store(png())
    with pytest.raises(NotStripped, match="Try again"):
        copy_of(name, limit_s=0.001)
    assert default_storage.listdir("ab")[1] == ["media"]
    assert TOLD not in read(copy_of(name))


@pytest.mark.any_database
def test_a_missing_file_has_no_stripped_copy(store: Store) -> None:
    with pytest.raises(FileNotFoundError):
        copy_of("ab/none")


@pytest.mark.any_database
def test_a_strip_process_with_an_error_status_counts_as_dead() -> None:
    with pytest.raises(WorkerDied):
        run_once("runs.files.no_such_program", {}, 60)


@pytest.mark.django_db
def test_a_copy_is_purged_with_its_file(store: Store) -> None:
    name = store(png())
    copy_of(name)
    long_ago = timezone.now() - purge.SETTLED
    DiscardedContent.objects.create(digest="d", files=[name], discarded_at=long_ago)
    purge.delete_discarded(timezone.now())
    assert default_storage.listdir("ab")[1] == []


@pytest.mark.any_database
def test_two_concurrent_requests_make_one_copy(store: Store) -> None:
    from concurrent.futures import ThreadPoolExecutor

    name = store(png())
    with ThreadPoolExecutor(4) as pool:
        copies = list(pool.map(copy_of, [name] * 4))
    assert {read(copy) for copy in copies} == {read(stripped_copies.copy_name(name))}
