"""`manage.py move_media` moves and verifies every file, wherever it was stopped before."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from moto import mock_aws

from catalog.models import Picture
from runs.files import storage_move
from runs.models import Artifact, Upload

pytestmark = [pytest.mark.django_db, pytest.mark.system]  # these tests take long
S3 = "storages.backends.s3.S3Storage"
OPTIONS = {"bucket_name": "vitrine", "region_name": "us-east-1"}


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3 = boto3.resource("s3", region_name="us-east-1")
        yield s3.create_bucket(Bucket="vitrine")


@pytest.fixture
def former(settings: Any, tmp_path: Path) -> FileSystemStorage:
    """The folder with the files so far; new files go to the bucket."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.VAR_DIR = tmp_path
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": S3, "OPTIONS": OPTIONS}}
    return FileSystemStorage(str(tmp_path / "media"))


def content_name(content: bytes, suffix: str) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return f"{digest[:2]}/{digest[2:4]}/{digest}.{suffix}"


def keep(storage: Any, content: bytes, suffix: str = "png") -> str:
    return str(storage.save(content_name(content, suffix), ContentFile(content)))


@pytest.fixture
def files(former: FileSystemStorage, make_run: Any, user: User) -> dict[str, bytes]:
    """The stored files by name: results with previews, an upload, and a thumbnail."""
    contents: dict[str, bytes] = {}
    run = make_run(state="succeeded")
    for position in range(5):
        content = f"picture {position}".encode()
        name, thumbnail = keep(former, content), f"small/{position}.webp"
        former.save(thumbnail, ContentFile(b"small"))
        contents |= {name: content, thumbnail: b"small"}
        Artifact.objects.create(
            run=run,
            position=position,
            path=f"/images/{position}",
            kind="image",
            url="https://fal.media/x.png",
            state=Artifact.State.STORED,
            content_type="image/png",
            file=name,
            thumbnail=thumbnail,
        )
    photo = keep(former, b"photo", "jpg")
    Upload.objects.create(user=user, digest="d", file=photo, file_name="a.jpg", size_bytes=5)
    former.save("pictures/aa/bb-s.webp", ContentFile(b"thumb"))
    Picture.objects.create(digest="p", small="pictures/aa/bb-s.webp", state="kept")
    return contents | {photo: b"photo", "pictures/aa/bb-s.webp": b"thumb"}


def bucket_contents(bucket: Any) -> dict[str, bytes]:
    return {item.key: item.get()["Body"].read() for item in bucket.objects.all()}


def test_a_move_copies_every_file_and_pages_serve_it(files, bucket, client, user, capsys):
    client.force_login(user)
    address = Artifact.objects.order_by("pk")[0].get_absolute_url()
    assert client.get(address).status_code == 404
    call_command("move_media")
    assert bucket_contents(bucket) == files
    assert client.get(address).getvalue() == b"picture 0"
    assert "12 files copied" in capsys.readouterr().out


@pytest.mark.exhaustive
def test_a_second_move_copies_only_damaged_files(files, bucket, capsys):
    call_command("move_media")
    damaged = content_name(b"picture 3", "png")
    bucket.put_object(Key=damaged, Body=b"picture X")  # damaged, but of the same size
    capsys.readouterr()
    call_command("move_media")
    assert "1 files copied" in capsys.readouterr().out
    assert bucket_contents(bucket) == files


def test_a_stopped_move_resumes_after_the_last_batch(files, bucket, monkeypatch, capsys):
    monkeypatch.setattr(storage_move, "BATCH_ROWS", 2)
    passed: list[str] = []
    copy = storage_move.move_file

    def stopped_by_hand(name: str, *storages: Any) -> Any:
        if len(passed) > 5:
            raise KeyboardInterrupt
        passed.append(name)
        return copy(name, *storages)

    monkeypatch.setattr(storage_move, "THREADS", 1)
    monkeypatch.setattr(storage_move, "move_file", stopped_by_hand)
    with pytest.raises(CommandError, match="The next `move_media` continues from here"):
        call_command("move_media")
    later: list[str] = []

    def noted(name: str, *storages: Any) -> Any:
        later.append(name)
        return copy(name, *storages)

    monkeypatch.setattr(storage_move, "move_file", noted)
    call_command("move_media")
    assert bucket_contents(bucket) == files
    assert not set(passed[:4]) & set(later)
    # including the two files of the stopped batch
    assert "10 files copied" in capsys.readouterr().out


@pytest.mark.exhaustive
def test_damaged_and_missing_files_are_named_and_the_rest_is_moved(files, former, bucket, capsys):
    damaged, missing = content_name(b"picture 1", "png"), content_name(b"photo", "jpg")
    Path(former.path(damaged)).write_bytes(b"pictur")
    former.delete(missing)
    with pytest.raises(CommandError, match="Some files were not copied"):
        call_command("move_media")
    output = capsys.readouterr()
    assert f"{damaged}: the old storage's file is damaged" in output.err
    assert f"{missing}: neither storage has it" in output.err
    assert "1 are in neither, 1 failed" in output.out
    assert bucket_contents(bucket).keys() == files.keys() - {damaged, missing}


def test_a_move_onto_the_same_storage_is_refused(settings):
    with pytest.raises(CommandError, match="Name the former storage with --from"):
        call_command("move_media")
    with pytest.raises(CommandError, match="--from must be the dotted name"):
        call_command("move_media", "--from", "json.JSONDecoder")


@pytest.mark.exhaustive
def test_files_move_back_from_a_bucket_to_a_folder(files, settings, tmp_path):
    call_command("move_media")
    settings.MEDIA_ROOT = str(tmp_path / "back")
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    }
    call_command("move_media", "--from", S3, "--from-options", json.dumps(OPTIONS))
    back = tmp_path / "back"
    assert {str(f.relative_to(back)): f.read_bytes() for f in back.rglob("*.*")} == files
