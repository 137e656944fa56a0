"""Parts of files count towards the user's quota; all parts of a file towards its size limit."""

import io
import json
import uuid
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.utils import timezone

from api.fal_proxy import parts
from api.fal_proxy.uploads import AnnouncedUpload
from api.models import ProxyPart
from runs.files import storage_limits, uploads
from runs.models import Upload
from tests.runs.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
KB = 1 << 10


@pytest.fixture(autouse=True)
def one_megabyte(settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = str(tmp_path)
    settings.UPLOADS_MAX_MB_PER_PERSON = 1
    return tmp_path


@pytest.fixture
def announced(user: User) -> AnnouncedUpload:
    return AnnouncedUpload(user.pk, str(uuid.uuid4()), "film.txt", "text/plain")


def send(announced: AnnouncedUpload, number: int, size_bytes: int = 300 * KB) -> dict[str, Any]:
    body = io.BytesIO(bytes([65 + number]) * size_bytes)
    return {"partNumber": number, "etag": parts.receive(announced, number, body, size_bytes)}


def test_concurrent_parts_stay_within_the_quota(announced, tmp_path):
    raised = at_once(*(partial(send, announced, number) for number in range(1, 7)))
    assert sum(isinstance(error, storage_limits.QuotaExceeded) for error in raised) == 3
    assert ProxyPart.objects.aggregate(sum=Sum("size_bytes"))["sum"] == 900 * KB
    assert len(list((tmp_path / "incoming").iterdir())) == 3


def test_concurrent_parts_stay_within_the_file_size_limit(announced, settings):
    settings.UPLOADS_MAX_MB_PER_PERSON = 5000
    ProxyPart.objects.create(
        file_id=announced.pk,
        user_id=announced.user_id,
        number=100,
        etag="x",
        size_bytes=uploads.MAX_BYTES - 700 * KB,
        stored_as="x",
    )
    raised = at_once(*(partial(send, announced, number) for number in range(1, 7)))
    assert sum(isinstance(error, Exception) for error in raised) == 4
    assert ProxyPart.objects.aggregate(sum=Sum("size_bytes"))["sum"] <= uploads.MAX_BYTES


def test_parts_and_uploads_share_the_quota(announced):
    send(announced, 1, 900 * KB)
    file = SimpleUploadedFile("a.txt", b"a" * (300 * KB), "text/plain")
    with pytest.raises(storage_limits.QuotaExceeded):
        uploads.store(announced.user_id, file, "file")


def test_a_completed_file_replaces_its_parts(announced):
    listed = [send(announced, 1, 500 * KB), send(announced, 2, 500 * KB)]
    parts.complete(announced, listed)
    assert Upload.objects.get().size_bytes == 1000 * KB
    assert not ProxyPart.objects.exists()


def test_a_part_sent_twice_concurrently_is_stored_once(announced, tmp_path):
    raised = at_once(*[partial(send, announced, 1)] * 4)
    assert ProxyPart.objects.count() == len(list((tmp_path / "incoming").iterdir())) == 1
    assert {type(error) for error in raised if isinstance(error, Exception)} <= {ValueError}


def test_a_part_replaced_while_the_storage_writes_it_blames_no_storage(announced, monkeypatch):
    """Its file is deleted while the storage writes it: the error blamed the storage."""

    class Replaced(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if not self.tell():
                send(announced, 1)
                monkeypatch.setattr(FileSystemStorage, "_save", Mock(side_effect=FileNotFoundError))
            return super().read(size)

    with pytest.raises(ValueError, match="Part 1 was sent again in the meantime"):
        parts.receive(announced, 1, Replaced(b"x" * KB), KB)
    assert ProxyPart.objects.get().size_bytes == 300 * KB


def test_an_incomplete_part_cannot_be_joined(announced):
    ProxyPart.objects.create(
        file_id=announced.pk, user_id=announced.user_id, number=1, size_bytes=9, stored_as="x"
    )
    with pytest.raises(ValueError, match="Part 1 is missing"):
        parts.complete(announced, [{"partNumber": 1, "etag": ""}])


def test_a_truncated_body_leaves_no_part(announced):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the client has disconnected")

    with pytest.raises(OSError, match="disconnected"):
        parts.receive(announced, 1, Broken(), 300 * KB)
    assert not ProxyPart.objects.exists()


def test_abandoned_parts_are_deleted_with_their_files(announced, tmp_path):
    send(announced, 1)
    parts.purge_stale()
    assert ProxyPart.objects.exists()
    ProxyPart.objects.update(created_at=timezone.now() - timedelta(hours=2))
    parts.purge_stale()
    assert not ProxyPart.objects.exists()
    assert not list((tmp_path / "incoming").iterdir())
    assert json.dumps(storage_limits.used_bytes(announced.user_id)) == "0"
