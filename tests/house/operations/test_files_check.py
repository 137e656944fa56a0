"""Files without a row, and rows without a file, are found and repaired."""

import io
import os
import time
import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from moto import mock_aws

from house.operations import doctor, files_check
from house.operations.findings import findings
from projects.models.project import private_project
from runs.files import purge, stripped_copies, uploads
from runs.models import Artifact, KeptFigures, Run
from runs.results import figures
from tests.conftest import grant
from tests.features.library.test_archives import add_file

pytestmark = pytest.mark.django_db
LONG_AGO = time.time() - 2 * 24 * 3600


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    """A storage without files of other tests."""
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def run(make_run: Any) -> Run:
    made: Run = make_run(state="succeeded")
    return made


def orphan(content: str, *, is_old: bool = True) -> str:
    name = f"{content * 2}/{content * 2}/{content * 64}.png"
    default_storage.save(name, ContentFile(b"orphan"))
    if is_old:
        os.utime(default_storage.path(name), (LONG_AGO, LONG_AGO))
    return name


def check(*arguments: str) -> str:
    output = io.StringIO()
    call_command("check_files", *arguments, stdout=output)
    return output.getvalue()


def test_orphans_go_unless_they_are_young_or_of_a_row(run, user):
    artifact = add_file(run)
    upload = uploads.store(user.pk, SimpleUploadedFile("a.txt", b"mine", "text/plain"))
    beside = stripped_copies.copy_name(artifact.file)
    default_storage.save(beside, ContentFile(b"copy"))
    picture = f"pictures/aa/{'a' * 32}.webp"
    default_storage.save(picture, ContentFile(b"picture"))
    for name in (artifact.file, upload.file, beside, picture):
        os.utime(default_storage.path(name), (LONG_AGO, LONG_AGO))
    old, young = orphan("b"), orphan("c", is_old=False)
    output = check()
    assert f"no row: {old}" in output
    assert "1 file of the storage" in output
    assert default_storage.exists(old)
    check("--mend")
    purge.delete_discarded(timezone.now() + purge.SETTLED)
    assert not default_storage.exists(old)
    for name in (artifact.file, upload.file, beside, picture, young):
        assert default_storage.exists(name)
    assert "0 files of the storage" in check()


def test_an_orphan_stays_while_a_backup_is_made(monkeypatch):
    name = orphan("b")
    check("--mend")
    monkeypatch.setattr(purge, "_holds", {lambda: True})
    purge.delete_discarded(timezone.now() + purge.SETTLED)
    assert default_storage.exists(name)


def test_a_result_without_its_file_is_lost_and_says_so(member, run):
    lost, *_ = [add_file(run, position) for position in range(3)]
    default_storage.delete(lost.file)
    assert f"no file: result {lost}" in check("--mend")
    lost.refresh_from_db()
    assert lost.state == Artifact.State.LOST
    assert "was missing from this server" in member.get(run.get_absolute_url()).content.decode()
    assert run.artifacts.filter(state=Artifact.State.STORED).count() == 2


def test_nothing_is_mended_in_another_storage(run, settings, tmp_path):
    add_file(run)
    settings.MEDIA_ROOT = str(tmp_path / "another")
    with pytest.raises(CommandError, match="move_media"):
        check("--mend")
    assert run.artifacts.get().state == Artifact.State.STORED


def test_a_worker_looks_once_a_week_and_the_doctor_says_it(user, run):
    (finding,) = findings([doctor._files])
    assert "not been compared" in finding.msg
    upload = uploads.store(user.pk, SimpleUploadedFile("a.txt", b"mine", "text/plain"))
    default_storage.delete(upload.file)
    orphan("b")
    scan = files_check.Scan()
    steps = 1
    while scan.step() == files_check.PAUSE_S:
        steps += 1
    assert steps == len(files_check.PARTS)
    assert scan.step() == files_check.REST_S
    (finding,) = findings([doctor._files])
    assert finding.msg == (
        "1 file of the storage belong to no row, and the files of 0 results and 1 upload are "
        f"missing. For example: no row: bb/bb/{'b' * 64}.png, no file: upload {upload.pk} "
        f"{upload}."
    )
    KeptFigures.objects.filter(pk=files_check.FIGURES).update(due_at=timezone.now())
    assert scan.step() == files_check.PAUSE_S


def test_a_look_at_many_missing_files_keeps_ten_of_them(run):
    rows = [
        Artifact(run=run, position=at, state="stored", digest=f"{at:064x}", file=f"00/00/{at}.png")
        for at in range(2000)
    ]
    Artifact.objects.bulk_create(rows, batch_size=500)
    scan = files_check.Scan()
    assert scan.step() == files_check.PAUSE_S  # the first step imports modules, which takes memory
    tracemalloc.start()
    while scan.step() == files_check.PAUSE_S:
        pass
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    values = KeptFigures.objects.get(pk=files_check.FIGURES).values
    assert (values["lost"], len(values["examples"])) == (2000, files_check.MAX_EXAMPLES)
    assert kept_bytes < 1 << 20  # before, an object of 900 bytes stayed for each row


@pytest.mark.system
def test_a_bucket_is_compared_as_a_folder_is(run, settings, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    options = {"bucket_name": "vitrine", "region_name": "us-east-1"}
    monkeypatch.setattr(files_check, "YOUNG", -timedelta(minutes=5))
    with mock_aws():
        boto3.resource("s3", region_name="us-east-1").create_bucket(Bucket="vitrine")
        s3 = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
        settings.STORAGES = settings.STORAGES | {"default": s3}
        lost, kept, _ = [add_file(run, position) for position in range(3)]
        default_storage.delete(lost.file)
        name = f"bb/bb/{'b' * 64}.png"
        default_storage.save(name, ContentFile(b"orphan"))
        check("--mend")
        purge.delete_discarded(timezone.now() + purge.SETTLED)
        assert not default_storage.exists(name)
        assert default_storage.exists(kept.file)
    lost.refresh_from_db()
    assert lost.state == Artifact.State.LOST


def test_what_files_of_a_project_take(member, user, run):
    artifact = add_file(run)
    uploads.store(user.pk, SimpleUploadedFile("a.txt", b"mine", "text/plain"))
    project = private_project(user)
    figures.keep_due()
    kept = figures.read(figures.STORAGE_OF_PROJECTS)
    assert kept.values == {str(project.pk): [artifact.size_bytes, 4]}
    grant(user, "playground.view_worker")
    assert "of ana" not in member.get("/admin/status/").content.decode()
    grant(user, "projects.change_project", "auth.change_user")
    assert f"{project}, of ana" in member.get("/admin/status/").content.decode()
    page = member.get(f"/projects/{project.key}/settings/").content.decode()
    assert f"Results {artifact.size_bytes} B, uploads 4 B." in " ".join(page.split())
