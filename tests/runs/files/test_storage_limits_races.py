"""Files sent at the same time cannot exceed a person's quota together."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.utils import timezone

from runs.files import purge, storage_limits, uploads
from runs.models import Upload, UploadReservation
from tests.runs.at_once import at_once

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
KB = 1 << 10


@pytest.fixture(autouse=True)
def one_megabyte(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    settings.UPLOADS_MAX_MB_PER_PERSON = 1


def content(number: int) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{number}.txt", bytes([65 + number]) * (300 * KB), "text/plain")


def test_eight_concurrent_uploads_stay_within_the_quota(user: User) -> None:
    files = map(content, range(8))
    raised = at_once(*(partial(uploads.store, user.pk, file, "file") for file in files))
    assert Upload.objects.aggregate(sum=Sum("size_bytes"))["sum"] == 3 * 300 * KB
    refused = [type(error) for error in raised if isinstance(error, Exception)]
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
