"""Copies of results: stored whole and once, measured, with thumbnails, not given up early."""

import asyncio
import errno
import io
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import DataError, OperationalError, connection
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext
from PIL import Image

from core import storage
from core.db import clock
from runs.files.media import waveform
from runs.files.media.probe import MediaProbe
from runs.models import Artifact
from runs.worker import artifact_copies
from tests.catalog.thumbs import png
from tests.runs.copying import Answer, copy, film, picture, sound

pytestmark = pytest.mark.django_db(transaction=True)


def open_image(name: str) -> Image.Image:
    with default_storage.open(name) as file:
        image = Image.open(io.BytesIO(file.read()))
        image.load()
        return image


@pytest.mark.system
def test_a_picture_gets_its_size_and_a_thumbnail(artifact):
    row = copy(artifact(), picture())
    assert (row.state, row.width, row.height, row.content_type) == (
        "stored",
        1600,
        900,
        "image/png",
    )
    small = open_image(row.thumbnail)
    assert (small.format, small.size) == ("WEBP", (512, 288))
    assert not row.poster


@pytest.mark.system
@pytest.mark.any_database
def test_a_video_gets_duration_poster_and_thumbnail(artifact):
    row = copy(artifact("video"), film())
    assert (row.state, row.width, row.height) == ("stored", 640, 360)
    assert row.duration_s == pytest.approx(2, abs=0.2)
    assert open_image(row.poster).size == (640, 360)
    assert open_image(row.thumbnail).size == (512, 288)


def bomb() -> bytes:
    """Return a PNG that claims 60,000 by 60,000 pixels."""
    return png(60_000, 60_000, depth=8, kind=2, pixels=bytes(200_000))


@pytest.mark.system
@pytest.mark.any_database
@pytest.mark.parametrize(
    "make",
    [
        bomb,
        lambda: film()[:4000],
    ],
    ids=["bomb", "film"],
)
def test_bombs_and_broken_files_are_stored_without_previews(artifact, make):
    data = make()
    row = copy(artifact(), data)
    assert (row.state, row.size_bytes, row.thumbnail) == ("stored", len(data), "")


@pytest.mark.system
@pytest.mark.any_database
def test_a_crash_of_the_preview_program_does_not_affect_the_next_file(tmp_path):
    good = tmp_path / "good.png"
    good.write_bytes(picture())

    async def main() -> Any:
        looker = MediaProbe()
        await looker.probe(str(good), "image/png")
        child = looker._program._process
        assert child
        child.kill()
        await looker.probe(str(good), "image/png")
        try:
            return await looker.probe(str(good), "image/png")
        finally:
            await looker.close()

    assert asyncio.run(main()).thumbnail


@pytest.mark.system
def test_equal_content_is_stored_and_previewed_once(artifact):
    data = picture()
    first, second = copy(artifact(), data), copy(artifact(), data, limit_s=0.0)
    assert (second.file, second.thumbnail) == (first.file, first.thumbnail)
    assert len([*Path(default_storage.path("")).rglob("*.*")]) == 2


@pytest.mark.system
def test_a_truncated_copy_is_written_again(artifact):
    data = picture()
    row = copy(artifact(), data)
    Path(default_storage.path(row.file)).write_bytes(data[:100])
    row = copy(artifact(), data)
    with default_storage.open(row.file) as file:
        assert file.read() == data


@pytest.mark.system
@pytest.mark.parametrize(
    "status",
    [
        429,
        502,
    ],
)
def test_a_failing_host_is_retried_for_days(artifact, status):
    row = copy(artifact(attempts=300), lambda _: httpx.Response(status))
    assert row.state == "remote"


NO_FILE: dict[str, Answer] = {
    "404": lambda _: httpx.Response(404),
    "202": lambda _: httpx.Response(202, json={"status": "processing"}),
    "part": lambda _: httpx.Response(
        206, content=bytes(30), headers={"content-range": "bytes 0-29/80"}
    ),
    "led away": lambda _: httpx.Response(302, headers={"location": "https://status.test/"}),
}


@pytest.mark.system
@pytest.mark.parametrize("answer", NO_FILE.values(), ids=NO_FILE)
def test_a_host_without_the_file_is_retried_for_an_hour(artifact, answer):
    row, tries, asked_for = artifact(next_attempt_at=None), 0, timedelta(0)
    while row.state == "remote":
        row.attempts, tries = tries, tries + 1
        began = clock.now()
        row = copy(row, answer)
        if tries == 4:
            assert asked_for < timedelta(minutes=1)  # the first retries come quickly
        if row.next_attempt_at:
            asked_for += row.next_attempt_at - began
    assert (row.state, tries) == ("lost", artifact_copies.TRIES_FOR_NONE)
    assert timedelta(minutes=50) < asked_for < timedelta(hours=2)
    row.attempts = tries - 1
    assert copy(row, picture()).state == "stored"  # a retry may still succeed


@pytest.mark.parametrize("url", ["data:,", "DATA:image/png;base64,", "https://elsewhere.test/a"])
def test_an_address_that_can_give_no_file_is_lost_at_once(artifact, url):
    assert copy(artifact(url=url), b"").state == "lost"


def large(declared_size: str | None) -> Answer:
    """Return a host's answer: a file of 3 MB that declares this size, or none."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(48):
            yield bytes(1 << 16)

    headers = {"content-length": declared_size} if declared_size else {}
    return lambda _: httpx.Response(200, headers=headers, content=chunks())


@pytest.mark.system
@pytest.mark.parametrize(
    "declared_size", [str(3 << 20), None, "1000"], ids=["told", "untold", "a lie"]
)
def test_a_file_above_the_limit_is_linked_and_not_copied(member, artifact, settings, declared_size):
    settings.RESULT_FILE_MAX_MB = 2
    row = copy(artifact("video"), large(declared_size))
    assert (row.state, row.file) == ("lost", "")
    assert row.error == "The file is larger than the 2 MB that can be kept."
    assert not Path(default_storage.path("")).exists()
    page = member.get(row.run.get_absolute_url()).content.decode()
    assert "was not copied here: The file is larger than the 2 MB that can be kept." in page
    assert f'href="{row.url}"' in page
    settings.RESULT_FILE_MAX_MB = 3
    assert copy(artifact("file"), large(None)).state == "stored"


def files() -> list[Path]:
    return [path for path in Path(default_storage.path("")).rglob("*") if path.is_file()]


def test_a_failed_store_does_not_delete_an_equal_file_of_another(settings, tmp_path, monkeypatch):
    """Two workers store the same content at the same time; the disk is full for the second."""
    settings.MEDIA_ROOT = str(tmp_path)
    save = FileSystemStorage.save

    def save_too_late(self: FileSystemStorage, name: str, content: Any, **more: Any) -> str:
        save(self, name, ContentFile(b"whole"))  # the first worker has just stored it
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "save", save_too_late)
    with pytest.raises(OSError, match="No space left"):
        storage.write("a.png", File(io.BytesIO(b"whole")), 5)
    assert [file.read_bytes() for file in files()] == [b"whole"]


@pytest.mark.parametrize("left", [b"", b"half"])
def test_a_file_deleted_meanwhile_is_not_marked_stored(artifact, monkeypatch, left):
    save = FileSystemStorage.save

    def save_and_lose(self: FileSystemStorage, name: str, content: Any, **more: Any) -> str:
        stored_name = save(self, name, content, **more)
        Path(self.path(stored_name)).unlink()
        if left:
            Path(self.path(stored_name)).write_bytes(left)
        return stored_name

    row = artifact()
    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "save", save_and_lose)
        row = copy(row, picture())
    assert row.state == "remote"
    assert copy(row, picture()).state == "stored"


@pytest.mark.any_database
@pytest.mark.parametrize("claim", ["text/" + "x" * 200, "text", "text/x y", "text/ä"])
def test_an_invalid_content_type_is_not_stored(artifact, claim):
    """A type too long for its column would stop all copying."""
    headers = [(b"content-type", claim.encode("latin-1"))]
    row = copy(artifact("file"), lambda _: httpx.Response(200, content=b"words", headers=headers))
    assert (row.state, row.content_type) == ("stored", "application/octet-stream")


def test_a_copy_the_database_rejects_is_reported_and_ends(artifact, monkeypatch):
    update = QuerySet.update

    def refuse(self: Any, **values: Any) -> int:
        if values.get("state") == "stored":
            raise DataError("value too long")
        return update(self, **values)

    monkeypatch.setattr(QuerySet, "update", refuse)
    row = copy(artifact("file"), b"words")
    assert (row.state, row.error) == ("remote", "The database does not take it: value too long")
    assert row.next_attempt_at
    Artifact.objects.update(attempts=artifact_copies.TRIES_FOR_NONE - 1)
    row.refresh_from_db()
    assert copy(row, b"words").state == "lost"


@pytest.mark.both_databases
def test_a_copy_released_by_its_worker_is_due_at_once(make_run):
    for position, state in enumerate(["remote", "stored"]):
        run = make_run(state="succeeded")
        Artifact.objects.create(run=run, position=position, kind="image", url="x", state=state)
    claimed = artifact_copies.due(5)
    assert not artifact_copies.has_due()
    artifact_copies.release([artifact.pk for artifact in claimed])
    assert [(artifact.pk, artifact.attempts) for artifact in artifact_copies.due(5)] == [
        (claimed[0].pk, 0)
    ]


def pass_time(spell: timedelta) -> None:
    """Move all due times back by this time, as if it had passed."""
    Artifact.objects.update(next_attempt_at=F("next_attempt_at") - spell)


@pytest.mark.both_databases
def test_a_long_copy_stays_with_its_worker(make_run):
    run = make_run(state="succeeded")
    Artifact.objects.create(run=run, position=0, kind="video", url="x", state="remote")
    claimed = artifact_copies.due(5)
    for _ in range(5):
        pass_time(artifact_copies.TAKEN_FOR * 0.9)
        assert not artifact_copies.has_due()
        artifact_copies.renew([artifact.pk for artifact in claimed])
    pass_time(artifact_copies.TAKEN_FOR * 1.1)
    assert artifact_copies.has_due()  # its worker was killed


@pytest.mark.both_databases
def test_a_search_for_due_copies_reads_only_due_rows(make_run):
    """Every look uses the partial index instead of reading all files ever stored."""
    run = make_run(state="succeeded")
    Artifact.objects.bulk_create(
        Artifact(run=run, position=number, path=str(number), kind="image", url="x", state="stored")
        for number in range(300)
    )
    Artifact.objects.create(run=run, position=999, path="new", kind="image", url="x")
    with CaptureQueriesContext(connection) as looked:
        assert artifact_copies.has_due()
        assert [artifact.path for artifact in artifact_copies.due(5)] == ["new"]
    sent = [query["sql"] for query in looked]
    looks = [sql for sql in sent if sql.startswith("SELECT") and "playground_artifact" in sql]
    assert looks
    with connection.cursor() as cursor:
        is_sqlite = connection.vendor == "sqlite"
        cursor.execute("ANALYZE playground_artifact")
        for sql in looks:
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{sql}")
            assert "artifact_to_copy" in str(cursor.fetchall()), sql


@pytest.mark.both_databases
def test_a_run_with_many_files_does_not_block_others(make_run):
    run_of_many, run_of_one = make_run(), make_run()
    for run, count in ((run_of_many, 9), (run_of_one, 1)):
        for position in range(count):
            Artifact.objects.create(
                run=run, position=position, path=str(position), kind="image", url="https://x.test/a"
            )
    assert {artifact.run_id for artifact in artifact_copies.due(2)} == {
        run_of_many.pk,
        run_of_one.pk,
    }


@pytest.mark.system
def test_a_copy_is_recorded_when_the_database_is_back(artifact, monkeypatch):
    away = iter([True, True, True])
    update = QuerySet.update

    def update_later(rows: Any, **values: Any) -> int:
        if next(away, False):
            raise OperationalError("the server closed the connection")
        return update(rows, **values)

    row = artifact()
    monkeypatch.setattr(QuerySet, "update", update_later)
    row = copy(row, picture())
    assert row.state == Artifact.State.STORED
    assert row.error == ""
    assert next(away, None) is None


@pytest.mark.system
def test_a_file_its_host_calls_gone_is_lost_at_the_third_answer(artifact):
    row = copy(artifact(), lambda _: httpx.Response(410))
    assert row.state == "remote"
    row.attempts = 2
    row = copy(row, lambda _: httpx.Response(410))
    assert row.state == "lost"
    assert "410" in row.error


class FullDisk(FileSystemStorage):
    """Takes the first thousand bytes of files that `wanted` selects, then none."""

    wanted = ""

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        if self.wanted not in str(name):
            return super().save(name, content, max_length)
        where = super().save(name, ContentFile(content.read()[:1000]), max_length)
        raise OSError(errno.ENOSPC, "No space left on device", self.path(where))


@pytest.fixture
def full_disk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """`with full_disk("poster"):` a disk without room for files with such names."""
    usual = settings.STORAGES

    @contextmanager
    def use(wanted: str = "") -> Iterator[None]:
        monkeypatch.setattr(FullDisk, "wanted", wanted)
        settings.STORAGES = {**usual, "default": {"BACKEND": f"{__name__}.FullDisk"}}
        try:
            yield
        finally:
            settings.STORAGES = usual

    yield use
    settings.STORAGES = usual


def test_a_full_disk_is_one_log_line_without_paths_and_loses_no_artifact(
    artifact, full_disk, caplog
):
    with full_disk():
        row = copy(artifact(attempts=400), picture())
    assert row.state == "remote"
    assert row.next_attempt_at
    assert row.error == "The storage does not take it: No space left on device."
    records = [record for record in caplog.records if record.name == "runs.worker.artifact_copies"]
    assert [(record.levelno, record.exc_info) for record in records] == [(logging.WARNING, None)]
    assert files() == []
    row = copy(row, picture())
    assert (row.state, row.error) == ("stored", "")


@pytest.mark.system
@pytest.mark.any_database
def test_a_sound_gets_its_duration_and_a_waveform(artifact):
    row = copy(artifact("audio"), sound())
    assert row.duration_s == pytest.approx(1.5, abs=0.05)
    assert open_image(row.thumbnail).size == (waveform.WIDTH, waveform.HEIGHT)
    assert row.poster == ""
