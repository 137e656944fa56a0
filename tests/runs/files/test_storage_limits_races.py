"""Files sent at the same time cannot exceed a person's quota together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.db.models import Sum
from django.utils import timezone

from runs.files import purge, storage_limits, uploads
from runs.models import Upload, UploadReservation

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
KB = 1 << 10


@pytest.fixture(autouse=True)
def one_megabyte(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    settings.UPLOADS_MAX_MB_PER_PERSON = 1


def run_at_once(count: int, act: Callable[[int], object]) -> list[BaseException | None]:
    """Run `act` in threads with a connection each; return what each thread raised."""
    ready = threading.Barrier(count)
    raised: list[BaseException | None] = [None] * count

    def run(number: int) -> None:
        try:
            ready.wait()
            act(number)
        except BaseException as error:
            raised[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def content(number: int) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{number}.txt", bytes([65 + number]) * (300 * KB), "text/plain")


def test_eight_concurrent_uploads_stay_within_the_quota(user: User) -> None:
    raised = run_at_once(8, lambda number: uploads.store(user.pk, content(number), "file"))
    assert Upload.objects.aggregate(sum=Sum("size_bytes"))["sum"] == 3 * 300 * KB
    refused = [type(error) for error in raised if error]
    assert refused == [storage_limits.QuotaExceeded] * 5
    assert not UploadReservation.objects.exists()


def test_a_failed_store_frees_its_reserved_quota(user: User, settings: Any) -> None:
    settings.DISK_FLOOR_MB = 100_000_000
    with pytest.raises(uploads.NotStored):
        uploads.store(user.pk, content(0), "file")
    assert not UploadReservation.objects.exists()


def test_a_killed_process_frees_its_reserved_quota_after_an_hour(user: User) -> None:
    UploadReservation.objects.create(user=user, size_bytes=900 * KB)
    with pytest.raises(storage_limits.QuotaExceeded):
        uploads.store(user.pk, content(0), "file")
    UploadReservation.objects.update(created_at=timezone.now() - storage_limits.RESERVED)
    uploads.store(user.pk, content(0), "file")
    purge.Purge().step()
    assert not UploadReservation.objects.exists()
