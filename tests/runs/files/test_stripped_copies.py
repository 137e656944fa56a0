"""Copies without metadata are made once, kept, and purged with their files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from core.process.subprocess_worker import WorkerDied, run_once
from runs.files import purge, stripped_copies
from runs.files.stripped_copies import NotReady, NotStripped, copy_name, copy_of
from runs.models import DiscardedContent, WantedCopy
from runs.worker import examination
from tests.copies import copy_at_once
from tests.runs.files.telling_media import TOLD, mp4, png

Store = Callable[[bytes], str]


@pytest.fixture(params=["FileSystemStorage", "InMemoryStorage"])
def store(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Store:
    """`store(content)`: store a file, in a storage with or without paths, and return its name."""
    settings.MEDIA_ROOT = str(tmp_path)
    backend = f"django.core.files.storage.{request.param}"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": backend}}
    return lambda content: default_storage.save("ab/media", ContentFile(content))


def read(name: str) -> bytes:
    with default_storage.open(name) as file:
        content: bytes = file.read()
    return content


def work(limit_s: float = 60.0) -> None:
    """Make the requested copies, as a worker does."""
    wanted = WantedCopy.objects.get()
    is_last_try = wanted.tries + 1 >= stripped_copies.MOST_TRIES
    is_done = stripped_copies.make(wanted.file, is_last_try=is_last_try, limit_s=limit_s)
    stripped_copies.note_try(wanted, is_done=is_done)


@pytest.mark.django_db
@pytest.mark.parametrize("make", [png, mp4])
def test_a_worker_makes_a_copy_once(make, store):
    name = store(make())
    for _ in range(2):
        with pytest.raises(NotReady):
            copy_of(name)
    work()
    copy = copy_of(name)
    content = read(copy)
    assert content
    assert TOLD not in content
    assert copy == copy_name(name)
    assert not WantedCopy.objects.exists()
    assert sorted(default_storage.listdir("ab")[1]) == ["media", "media.stripped"]


@pytest.mark.django_db
def test_a_file_that_cannot_be_stripped_is_never_served(store):
    name = store(b"words " + TOLD)
    with pytest.raises(NotReady):
        copy_of(name)
    work()
    for _ in range(2):  # no visitor triggers another attempt
        with pytest.raises(NotStripped, match="cannot be removed, so the file is not shown"):
            copy_of(name)
        assert read(copy_name(name)) == b""
    assert not WantedCopy.objects.exists()


@pytest.mark.django_db
def test_a_copy_that_takes_too_long_is_tried_again_and_then_given_up(store):
    """Before, every request made it in the page's thread, a minute each time."""
    name = store(png())
    with pytest.raises(NotReady):
        copy_of(name)
    for _ in range(stripped_copies.MOST_TRIES):
        assert default_storage.listdir("ab")[1] == ["media"]
        work(limit_s=0.001)
    assert not WantedCopy.objects.exists()
    with pytest.raises(NotStripped, match="cannot be removed, so the file is not shown"):
        copy_of(name)


@pytest.mark.django_db
def test_a_missing_file_has_no_stripped_copy(store):
    with pytest.raises(FileNotFoundError):
        copy_of("ab/none")
    assert not WantedCopy.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_makes_what_is_due_and_what_was_purged_meanwhile_is_forgotten(store):
    name = store(png())
    for file in (name, "ab/gone"):
        stripped_copies.ask(file)
    async_to_sync(examination.make_copies_due)()
    assert copy_of(name)
    assert not WantedCopy.objects.exists()


@pytest.mark.any_database
def test_a_strip_process_with_an_error_status_counts_as_dead():
    with pytest.raises(WorkerDied):
        run_once("runs.files.no_such_program", {}, 60)


@pytest.mark.django_db
def test_a_copy_is_purged_with_its_file(store):
    name = store(png())
    copy_at_once(name)
    long_ago = timezone.now() - purge.SETTLED
    DiscardedContent.objects.create(digest="d", files=[name], discarded_at=long_ago)
    purge.delete_discarded(timezone.now())
    assert default_storage.listdir("ab")[1] == []
