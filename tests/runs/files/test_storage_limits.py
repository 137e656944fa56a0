"""Limits of storage: each person's quota, and the free space on the disk."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from runs.files import purge, storage_limits, uploads
from runs.models import Upload, UploadReservation, Worker
from tests.runs.at_once import at_once
from tests.runs.copying import copy, picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def free(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """`free(300)`: leave 300 MB free on the storage's disk."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.DISK_FLOOR_MB = 512

    def use(megabytes: int) -> None:
        usage = SimpleNamespace(free=megabytes * storage_limits.MB)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    return use


def post_upload(member: Client, name: str, content: bytes) -> Any:
    file = SimpleUploadedFile(name, content, "text/plain")
    return member.post("/uploads/", {"file": file, "kind": "file"})


def test_uploads_have_a_quota_per_person(member, user, settings, free):
    free(10_000)
    settings.UPLOADS_MAX_MB_PER_PERSON = 1
    first = b"a" * (700 << 10)
    assert post_upload(member, "first.txt", first).status_code == 200
    answer = post_upload(member, "second.txt", b"b" * (700 << 10))
    assert answer.status_code == 413
    assert answer.json()["error"].startswith("Your uploads take 0 MB of the 1 MB that each person")
    assert Upload.objects.get().file_name == "first.txt"
    # this content is stored already
    assert post_upload(member, "again.txt", first).status_code == 200
    assert post_upload(member, "small.txt", b"c" * 1000).status_code == 200
    stranger = Client()
    stranger.force_login(User.objects.create_user("ben"))
    assert post_upload(stranger, "second.txt", b"b" * (700 << 10)).status_code == 200


def test_below_the_disk_floor_copies_wait_for_room(artifact, free):
    requested_urls: list[str] = []

    def give(request: Any) -> Any:
        import httpx

        requested_urls.append(str(request.url))
        return httpx.Response(200, content=picture())

    free(511)
    row = copy(artifact(), give)
    assert (row.state, row.file, requested_urls) == ("remote", "", [])
    assert row.error == (
        "The storage does not take it: this server's disk is nearly full: "
        "511 MB are free, 512 MB stay free."
    )
    assert row.next_attempt_at  # the worker retries by itself, until there is room
    row.attempts = 1000
    assert copy(row, give).state == "remote"
    free(600)
    assert copy(row, give).state == "stored"


def test_below_the_disk_floor_uploads_are_refused_with_a_message(member, free):
    free(100)
    answer = post_upload(member, "a.txt", b"words")
    assert answer.status_code == 507
    assert answer.json()["error"] == (
        "a.txt could not be kept: this server's disk is nearly full: 100 MB are free, "
        "512 MB stay free. Give the file's address instead, or tell an admin."
    )


@pytest.mark.parametrize(
    ("megabytes", "status", "disk"), [(511, "not ok", "low"), (512, "ok", "ok")]
)
def test_healthz_fails_below_the_disk_floor(admin_client, free, megabytes, status, disk):
    Worker.objects.create(name="w", beat_at=timezone.now(), has_key=True)
    free(megabytes)
    answer = admin_client.get("/healthz")
    assert answer.status_code == (200 if status == "ok" else 503)
    details = json.loads(answer.content)
    assert (details["status"], details["disk"]) == (status, disk)


KB = 1 << 10


@pytest.fixture
def one_megabyte(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    settings.UPLOADS_MAX_MB_PER_PERSON = 1


def content(number: int) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{number}.txt", bytes([65 + number]) * (300 * KB), "text/plain")


@pytest.mark.both_databases
def test_eight_concurrent_uploads_stay_within_the_quota(one_megabyte, user):
    files = map(content, range(8))
    raised = at_once(*(partial(uploads.store, user.pk, file, "file") for file in files))
    assert Upload.objects.aggregate(sum=Sum("size_bytes"))["sum"] == 3 * 300 * KB
    refused = [type(error) for error in raised if isinstance(error, Exception)]
    assert refused == [storage_limits.QuotaExceeded] * 5
    assert not UploadReservation.objects.exists()


@pytest.mark.both_databases
def test_a_failed_store_frees_its_reserved_quota(one_megabyte, user, settings):
    settings.DISK_FLOOR_MB = 100_000_000
    with pytest.raises(uploads.NotStored):
        uploads.store(user.pk, content(0), "file")
    assert not UploadReservation.objects.exists()


@pytest.mark.both_databases
def test_a_killed_process_frees_its_reserved_quota_after_an_hour(one_megabyte, user):
    UploadReservation.objects.create(user=user, size_bytes=900 * KB)
    with pytest.raises(storage_limits.QuotaExceeded):
        uploads.store(user.pk, content(0), "file")
    UploadReservation.objects.update(created_at=timezone.now() - storage_limits.RESERVED)
    uploads.store(user.pk, content(0), "file")
    purge.Purge().step()
    assert not UploadReservation.objects.exists()
