"""Errors while copying results.

The copy is retried, the run's page says so in a line, and no other file is lost.
"""

from __future__ import annotations

import asyncio
import errno
import io
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import IO, Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import DataError, connections
from django.db.models import QuerySet
from django.test import Client

import fal
from core import storage
from runs.files.media.probe import MediaProbe
from runs.models import Artifact
from runs.worker import artifact_copies
from tests.runs.copying import copy, picture

pytestmark = pytest.mark.django_db(transaction=True)


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


def files() -> list[Path]:
    return [path for path in Path(default_storage.path("")).rglob("*") if path.is_file()]


def test_a_full_disk_is_one_log_line_without_paths_and_loses_no_artifact(
    artifact: Any, full_disk: Any, caplog: Any
) -> None:
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


def test_a_failed_store_does_not_delete_an_equal_file_of_another(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
def test_a_file_deleted_meanwhile_is_not_marked_stored(
    artifact: Any, monkeypatch: pytest.MonkeyPatch, left: bytes
) -> None:
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


Host = Callable[[bytes], str]


@pytest.fixture
def host() -> Iterator[Host]:
    """`host(answer)` → the address of a file whose host sends these bytes and hangs up."""
    servers = []

    def start(answer: bytes) -> str:
        class Answers(StreamRequestHandler):
            def handle(self) -> None:
                while self.rfile.readline().strip():
                    pass
                self.wfile.write(answer)

        server = ThreadingTCPServer(("127.0.0.1", 0), Answers)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def copy_from(row: Artifact, base: str) -> Artifact:
    """Copy it once, over a real socket."""

    async def main() -> None:
        looker = MediaProbe()
        try:
            async with fal.Clients(fal.Addresses(media=(base,))) as clients:
                await artifact_copies.copy(row, clients.files, looker)
        finally:
            await looker.close()
            await sync_to_async(connections.close_all)()

    Artifact.objects.filter(pk=row.pk).update(url=f"{base}/a.png")
    row.refresh_from_db()
    asyncio.run(main())
    row.refresh_from_db()
    return row


def answer(status: str, body: bytes = b"", **headers: object) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_a_redirect_to_a_forbidden_host_is_reported_and_not_followed(
    artifact: Any, host: Host
) -> None:
    inside = "http://169.254.169.254/latest/meta-data/"
    row = copy_from(artifact(), host(answer("302 Found", Location=inside, Content_Length=0)))
    assert row.state == "lost"
    assert "http://169.254.169.254: it is not one of the media addresses" in row.error


@pytest.mark.any_database
@pytest.mark.parametrize("claim", ["text/" + "x" * 200, "text", "text/x y", "text/ä"])
def test_an_invalid_content_type_is_not_stored(artifact: Any, claim: str) -> None:
    """A type too long for its column would stop all copying."""
    headers = [(b"content-type", claim.encode("latin-1"))]
    row = copy(artifact("file"), lambda _: httpx.Response(200, content=b"words", headers=headers))
    assert (row.state, row.content_type) == ("stored", "application/octet-stream")


@pytest.mark.parametrize("claim", ["text/x\r\nx: y", "text/x\n", "x"])
def test_a_data_uri_with_an_invalid_type_is_served(
    member: Client, artifact: Any, claim: str
) -> None:
    row = copy(artifact("file", url=f"data:{claim};base64,QUJD"), b"")
    assert row.state == "stored"
    response: Any = member.get(row.get_absolute_url())
    assert b"".join(response.streaming_content) == b"ABC"
    assert response.headers["Content-Type"] in {"application/octet-stream", "text/x"}


def test_a_copy_the_database_rejects_is_reported_and_ends(
    artifact: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
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
