"""Deleted uploads: hidden at once, brought back within a week, then gone with their files."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.utils import timezone
from PIL import Image

from projects.kept.models import GRACE
from runs.files import inputs, purge, storage_limits, upload_deletion, uploads
from runs.files.purge import SETTLED
from runs.models import Upload
from tests.projects.people import logged_in, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def upload(user: User, colour: str = "teal", **more: Any) -> Upload:
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(picture, "PNG")
    file = SimpleUploadedFile(f"{colour}.png", picture.getvalue(), "image/png")
    return uploads.store(user.pk, file, "image", **more)


def delete(row: Upload, by: User) -> int:
    return upload_deletion.delete(Upload.objects.filter(pk=row.pk), by).deleted


def pass_time(row: Upload) -> None:
    """Let the grace period be over, and what a worker does after it."""
    Upload.objects.filter(pk=row.pk).update(deleted_at=timezone.now() - GRACE)
    purge.Purge().step()
    purge.delete_discarded(timezone.now() + SETTLED + timedelta(seconds=1))


def test_deleted_file_is_hidden_until_it_is_brought_back(member, user, make_run):
    row = upload(user)
    run = make_run(state="succeeded", arguments={"image_url": row.get_absolute_url()})
    assert delete(row, user) == 1
    assert not Upload.objects.kept().exists()
    choices = member.get("/uploads/choices/?kind=image&from=uploads").content.decode()
    assert "teal.png" not in choices
    assert member.get(f"/uploads/{row.pk}/uses/").status_code == 404
    details = member.get(f"/runs/{run.pk}/?details=1").content.decode()
    assert "teal.png (this file was deleted)" in details
    assert f'src="{row.get_absolute_url()}"' not in details
    assert upload_deletion.restore(upload_deletion.restorable(user), user) == 1
    assert member.get(f"/uploads/{row.pk}/uses/").status_code == 200


def test_only_who_uploaded_it_and_managers_delete_and_open_a_deleted_file(user):
    project = make_project("Fox", ana="maker", kim="manager", bo="maker")
    row = upload(user, project=project)
    manager, maker = (User.objects.get(username=name) for name in ("kim", "bo"))
    clients = [logged_in(user), logged_in(maker)]
    address = row.get_absolute_url()
    assert [client.head(address).status_code for client in clients] == [200, 200]
    assert delete(row, maker) == 0
    assert delete(row, manager) == 1
    assert [client.head(address).status_code for client in clients] == [200, 404]
    assert upload_deletion.restore(upload_deletion.restorable(maker), maker) == 0
    assert upload_deletion.restore(upload_deletion.restorable(user), user) == 1


def test_file_goes_after_the_grace_period_although_runs_have_used_it(user, make_run):
    row = upload(user)
    run = make_run(state="succeeded", arguments={"image_url": row.get_absolute_url()})
    delete(row, user)
    purge.Purge().step()
    assert Upload.objects.filter(pk=row.pk).exists()
    pass_time(row)
    assert not Upload.objects.filter(pk=row.pk).exists()
    assert not default_storage.exists(row.file)
    run.refresh_from_db()


@pytest.mark.django_db(transaction=True)
@pytest.mark.anyio
async def test_run_that_waits_keeps_its_file_and_a_later_one_does_not_get_it(user, make_run):
    row = await sync_to_async(upload)(user)
    arguments = {"image_url": row.get_absolute_url()}
    waiting = await sync_to_async(make_run)(state="created", arguments=arguments)
    waiting.created_at = timezone.now() - GRACE - timedelta(days=1)
    await sync_to_async(delete)(row, user)
    await sync_to_async(pass_time)(row)
    assert (await inputs._upload(str(row.pk), waiting, user)).pk == row.pk
    later = await sync_to_async(make_run)(state="created", arguments=arguments)
    with pytest.raises(LookupError):
        await inputs._upload(str(row.pk), later, user)
    for run in (waiting, later):
        run.state = "cancelled"
        await run.asave(update_fields=["state", "created_at"])
    await sync_to_async(pass_time)(row)
    assert not await Upload.objects.filter(pk=row.pk).aexists()
    await sync_to_async(connections.close_all)()  # PostgreSQL drops no database that is in use


def test_deleting_frees_the_quota_and_bringing_back_takes_it_again(user, settings):
    settings.UPLOADS_MAX_MB_PER_PERSON = 1
    row = upload(user)
    Upload.objects.update(size_bytes=1 << 20)
    with pytest.raises(storage_limits.QuotaExceeded):
        upload(user, "gold")
    delete(row, user)
    upload(user, "gold")
    with pytest.raises(storage_limits.QuotaExceeded):
        upload_deletion.restore(upload_deletion.restorable(user), user)
    assert storage_limits.used_bytes(user.pk) < 1 << 20


def test_file_that_is_uploaded_again_is_back_at_its_address(user):
    row = upload(user)
    delete(row, user)
    assert upload(user).pk == row.pk
    assert Upload.objects.get().deleted_at is None


def test_content_that_another_upload_has_stays(user, stranger):
    row, other = upload(user), upload(stranger)
    delete(row, user)
    pass_time(row)
    assert default_storage.exists(other.file)
