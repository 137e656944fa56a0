"""Deleted runs leave every list, can be restored for a week, and then go with their files."""

import io
import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from features.boards.models import Board, Row
from projects.kept.models import GRACE
from runs.files import input_references, purge, stored_files
from runs.models import Artifact, DiscardedContent, InputFile, Preset, Run, Upload
from runs.ownership import deletion
from tests.conftest import grant

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def with_file(run: Run, data: bytes = b"\x89PNG\r\n\x1a\n one") -> Artifact:
    stored_file = stored_files.store(io.BytesIO(data), "image/png")
    return Artifact.objects.create(
        run=run, position=0, path="x", kind="image", url="https://v3.fal.media/a.png",
        state="stored", file=stored_file.name, digest=stored_file.digest,
    )  # fmt: skip


def make_ended_run(make_run: Any, **values: Any) -> Run:
    run: Run = make_run(state="succeeded", output={}, **values)
    return run


def delete(client: Client, *runs: Run, **more: str) -> Any:
    return client.post("/runs/deletion/", {"run": [str(run.pk) for run in runs], **more})


def status(client: Client, address: str) -> int:
    answer: Any = client.get(address)
    if answer.streaming:  # reading to the end closes the file
        assert b"".join(answer.streaming_content)
    return int(answer.status_code)


def age(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(deleted_at=timezone.now() - GRACE)


def test_a_deleted_run_is_hidden_until_undo(member, make_run):
    run = make_ended_run(make_run, title="a red fox")
    with_file(run)
    answer = delete(member, run, filters="q=fox")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/runs/?q=fox&deleted=")
    html = member.get(answer["Location"]).content.decode()
    assert "1 run deleted." in html
    assert f'id="wall-{run.pk}"' not in html
    model = f"/models/{run.endpoint.endpoint_id}/"
    for page in ("/runs/latest/", model, f"{model}?tab=runs", "/jump/", "/uploads/choices/"):
        assert str(run.pk) not in member.get(page, follow=True).content.decode(), page
    assert "a red fox" in member.get("/runs/?state=deleted").content.decode()
    assert "Bring it back" in member.get(run.get_absolute_url()).content.decode()
    run.refresh_from_db()
    assert run.deleted_at
    undone = member.post("/runs/recovery/", {"at": run.deleted_at.isoformat()}, follow=True)
    assert "1 run brought back." in undone.content.decode()
    assert f'id="wall-{run.pk}"' in undone.content.decode()


def test_a_run_under_way_is_not_deleted(member, make_run):
    running, done = make_run(state="running"), make_ended_run(make_run)
    html = member.get(delete(member, running, done)["Location"]).content.decode()
    assert "had not ended and stay here" in html
    running.refresh_from_db()
    done.refresh_from_db()
    assert running.deleted_at is None
    assert done.deleted_at is not None
    assert "Nothing was deleted" in member.get(delete(member)["Location"]).content.decode()


def test_deleting_anothers_runs_needs_the_permission(client, make_run, stranger):
    run = make_ended_run(make_run)
    client.force_login(stranger)
    delete(client, run)
    run.refresh_from_db()
    assert run.deleted_at is None
    grant(stranger, "playground.view_run")
    assert delete(client, run).status_code == 403
    grant(stranger, "playground.delete_run")
    assert delete(client, run).status_code == 302
    run.refresh_from_db()
    assert run.deleted_by == stranger
    mine = Client()
    mine.force_login(run.user)
    assert "by sam" in mine.get("/runs/?state=deleted").content.decode()
    mine.post("/runs/recovery/", {"run": str(run.pk)})
    run.refresh_from_db()
    assert run.deleted_at is None


def test_the_domain_functions_refuse_a_stranger_too(make_run, stranger):
    run = make_ended_run(make_run)
    for change in (deletion.delete, deletion.restore, deletion.delete_for_good):
        with pytest.raises(PermissionDenied):
            change(Run.objects.filter(pk=run.pk), stranger)


def test_a_purge_takes_the_files_an_hour_after_the_run(make_run, user):
    run = make_ended_run(make_run)
    file = with_file(run).file
    deletion.delete(Run.objects.filter(pk=run.pk), user)
    purge.Purge().step()
    assert Run.objects.filter(pk=run.pk).exists()
    age(run)
    purge.Purge().step()
    assert not Run.objects.filter(pk=run.pk).exists()
    assert default_storage.exists(file)
    purge.delete_discarded(timezone.now() + purge.SETTLED)
    assert not default_storage.exists(file)
    assert not DiscardedContent.objects.exists()


def test_deleting_for_good_does_not_wait_a_week(member, make_run):
    run = make_ended_run(make_run)
    delete(member, run)
    delete(member, run, for_good="1")
    assert str(run.pk) not in member.get("/runs/?state=deleted").content.decode()
    purge.Purge().step()
    assert not Run.objects.filter(pk=run.pk).exists()


@pytest.mark.parametrize("keeper", ["run", "upload", "stored again"])
def test_content_in_use_elsewhere_is_not_deleted(make_run, user, stranger, keeper):
    run = make_ended_run(make_run)
    artifact = with_file(run)
    if keeper == "run":
        with_file(make_ended_run(make_run, user=stranger))
    if keeper == "upload":
        Upload.objects.create(
            user=stranger, digest=artifact.digest, file=artifact.file, file_name="x.png",
            content_type="image/png", size_bytes=9,
        )  # fmt: skip
    deletion.delete(Run.objects.filter(pk=run.pk), user)
    age(run)
    purge.Purge().step()
    if keeper == "stored again":
        purge.reclaim(artifact.digest)
    purge.delete_discarded(timezone.now() + purge.SETTLED)
    assert default_storage.exists(artifact.file)
    assert not DiscardedContent.objects.exists()


@pytest.mark.parametrize("keeper", ["run", "preset", "board"])
def test_a_result_that_is_an_input_elsewhere_is_not_purged(member, make_run, user, keeper):
    run = make_ended_run(make_run)
    address = with_file(run).get_absolute_url()
    other: Any
    if keeper == "run":
        other = make_ended_run(make_run, arguments={"image_url": address})
    elif keeper == "board":
        board = Board.objects.create(user=user, source=run.endpoint, form_token="t")
        other = Row.objects.create(board=board, position=0, values={"x": [address]}, digest="d")
    else:
        other = Preset.objects.create(
            endpoint=run.endpoint, user=user, name="p", arguments={"images": [address]}
        )
    deletion.delete(Run.objects.filter(pk=run.pk), user)
    age(run)
    purge.Purge().step()
    assert status(member, address) == 200
    other.delete()
    purge.Purge().step()
    assert not Run.objects.filter(pk=run.pk).exists()


def test_a_purge_reads_only_the_arguments_of_its_runs(make_run, user):
    runs = [
        make_ended_run(make_run, arguments={"image_url": f"/runs/{uuid4()}/artifacts/0/"})
        for _ in "ab"
    ]
    for run in runs:
        with_file(run, run.pk.bytes)
    deletion.delete(Run.objects.filter(pk=runs[0].pk), user)
    age(runs[0])
    input_references.read_unread()  # each run's arguments are read once, before the measurement
    with CaptureQueriesContext(connection) as captured:
        purge.Purge().step()
    assert not Run.objects.filter(pk=runs[0].pk).exists()
    for query in captured:
        assert '"playground_run"."arguments"' not in query["sql"].partition("WHERE")[2]
        assert "RANDOM" not in query["sql"]


def test_runs_still_needed_do_not_block_the_purge_of_others(make_run, user):
    needed = [make_ended_run(make_run) for _ in range(purge.BATCH + 1)]
    for run in needed:
        make_ended_run(
            make_run, arguments={"image": with_file(run, run.pk.bytes).get_absolute_url()}
        )
    free = [make_ended_run(make_run) for _ in range(purge.BATCH + 1)]
    deleted = Run.objects.filter(pk__in=[run.pk for run in [*needed, *free]])
    deleted.update(deleted_at=timezone.now() - GRACE)
    walk = purge.Purge()
    while walk.step() == purge.SOON_S:
        pass
    assert {*deleted.values_list("pk", flat=True)} == {run.pk for run in needed}


def test_a_run_inserted_by_an_earlier_release_keeps_its_input(make_run, user):
    source = make_ended_run(make_run)
    address = with_file(source).get_absolute_url()
    naming = Run(
        user=user, endpoint=source.endpoint, form_token="t", arguments={"image_url": address}
    )
    Run.objects.bulk_create([naming])  # as any code can insert rows
    deletion.delete(Run.objects.filter(pk=source.pk), user)
    age(source)
    purge.Purge().step()
    assert Run.objects.filter(pk=source.pk).exists()
    assert list(naming.input_files.values_list("source", flat=True)) == [source.pk]


def test_a_run_counts_as_using_a_file_until_its_arguments_are_read(make_run, stranger):
    run = make_ended_run(make_run, is_example=True)
    address = with_file(run).get_absolute_url()
    make_ended_run(make_run, user=stranger, arguments={"image_url": address}, sent_arguments={})
    deletion.delete(Run.objects.filter(pk=run.pk), run.user)
    assert deletion.readable_artifacts(run.pk, stranger).exists()
    input_references.read_unread()
    assert deletion.readable_artifacts(run.pk, stranger).exists()
    assert not InputFile.objects.filter(source=None).exists()


@pytest.mark.parametrize("keeper", ["", "another run", "another person"])
def test_an_upload_is_deleted_with_the_last_run_of_its_owner_using_it(
    make_run, user, stranger, keeper
):
    stored_file = stored_files.store(io.BytesIO(b"\x89PNG\r\n\x1a\n mine"), "image/png")
    upload = Upload.objects.create(
        user=stranger if keeper == "another person" else user, digest=stored_file.digest,
        file=stored_file.name, file_name="x.png", content_type="image/png", size_bytes=9,
    )  # fmt: skip
    arguments = {"images": [upload.get_absolute_url()]}
    run = make_ended_run(make_run, arguments=arguments)
    if keeper == "another run":
        make_ended_run(make_run, arguments=arguments)

    deletion.delete(Run.objects.filter(pk=run.pk), user)
    age(run)
    purge.Purge().step()
    purge.delete_discarded(timezone.now() + purge.SETTLED)
    assert not Run.objects.filter(pk=run.pk).exists()
    assert Upload.objects.filter(pk=upload.pk).exists() == bool(keeper)
    assert default_storage.exists(stored_file.name) == bool(keeper)


def test_a_deleted_example_is_readable_only_by_those_who_used_it(client, make_run, stranger, user):
    run = make_ended_run(make_run, is_example=True)
    address = with_file(run).get_absolute_url()
    typed = {"user": stranger, "arguments": {"image_url": address}}
    used = make_ended_run(
        make_run, **typed, sent_arguments={"image_url": "https://v3.fal.media/b.png"}
    )
    client.force_login(stranger)
    deletion.delete(Run.objects.filter(pk=run.pk), user)
    assert status(client, address) == 200
    used.delete()
    make_ended_run(make_run, **typed)  # never sent: somebody has only typed the address
    assert status(client, address) == 404
    later = make_ended_run(make_run, **typed, sent_arguments={})
    Run.objects.filter(pk=later.pk).update(created_at=timezone.now() + timedelta(hours=1))
    assert status(client, address) == 404


def test_a_failed_file_deletion_is_retried(make_run, settings, user):
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "tests.runs.ownership.test_deletion.Broken"}
    }
    now = timezone.now()
    DiscardedContent.objects.create(digest="d", files=["d/d.png"], discarded_at=now - purge.SETTLED)
    purge.delete_discarded(now)
    assert DiscardedContent.objects.get().discarded_at == now


class Broken:
    """A storage that cannot be reached."""

    def delete(self, name: str) -> None:
        """Fail."""
        raise RuntimeError("bucket is away")


class Slow(FileSystemStorage):
    """A storage that deletes slowly."""

    is_deleting, may_end = threading.Event(), threading.Event()

    def delete(self, name: str) -> None:
        """Wait until the test allows it, then delete."""
        Slow.is_deleting.set()
        Slow.may_end.wait(10)
        super().delete(name)


@pytest.mark.django_db(transaction=True)
def test_storing_content_again_waits_for_its_deletion(settings):
    stored_file = stored_files.store(io.BytesIO(b"\x89PNG\r\n\x1a\n one"), "image/png")
    now = timezone.now()
    DiscardedContent.objects.create(
        digest=stored_file.digest, files=[stored_file.name], discarded_at=now - purge.SETTLED
    )
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "tests.runs.ownership.test_deletion.Slow"}
    }
    seen: list[bool] = []

    def delete_files() -> None:
        purge.delete_discarded(now)
        connections.close_all()

    def store_again() -> None:
        purge.reclaim(stored_file.digest)
        seen.append(default_storage.exists(stored_file.name))
        connections.close_all()

    threads = [threading.Thread(target=target) for target in (delete_files, store_again)]
    threads[0].start()
    assert Slow.is_deleting.wait(10)
    threads[1].start()
    threads[1].join(0.3)
    assert seen == []
    Slow.may_end.set()
    for thread in threads:
        thread.join(10)
    assert seen == [False]  # the second upload writes the content again
