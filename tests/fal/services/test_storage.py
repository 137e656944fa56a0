"""Uploads, whole and in parts, to a small storage that keeps what it gets."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

import fal
from tests.fal.upstream import Upstream

pytestmark = pytest.mark.anyio
IN_PARTS = fal.Limits(single_upload_bytes=90, part_bytes=10)


class FakeStorage(Upstream):
    """Fake of fal's storage: initiate, PUT, parts and complete; fails a given number of times."""

    def __init__(self, *, failures: int = 0) -> None:
        super().__init__()
        self.failures = failures
        self.parts: dict[int, bytes] = {}
        self.file: bytes | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT" and self.failures:
            self.failures -= 1
            return httpx.Response(503)
        if request.url.path.startswith("/storage/upload/"):
            urls = {"upload_url": "https://put.test/u?sig=a%2Fb", "file_url": "https://fal.media/f"}
            return httpx.Response(200, json=urls)
        *_, last = request.url.path.split("/")
        if last == "complete":
            listed = json.loads(request.content)["parts"]
            assert all(part["etag"] == f'"e{part["partNumber"]}"' for part in listed)
            self.file = b"".join(self.parts[part["partNumber"]] for part in listed)
            return httpx.Response(204)
        if last == "u":
            self.file = request.read()
            return httpx.Response(200)
        self.parts[int(last)] = request.read()
        return httpx.Response(200, json={"partNumber": int(last), "etag": f'"e{last}"'})


async def chunks(*content: bytes) -> AsyncIterator[bytes]:
    for chunk in content:
        yield chunk


@pytest.fixture
def a_path(tmp_path: Path) -> Path:
    path = tmp_path / "cat.png"
    path.write_bytes(b"from a file")
    return path


async def test_bytes_are_initiated_with_the_key_and_put_without(connect):
    storage = FakeStorage()
    clients = await connect(storage)
    lifecycle = {"expiration_duration_seconds": 60}
    url = await clients.storage.upload(
        b"a cat", content_type="image/png", file_name="Kätzchen.png", lifecycle=lifecycle
    )
    assert url == "https://fal.media/f"
    assert storage.file == b"a cat"
    initiate, put = storage.requests
    assert str(initiate.url) == (
        "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3"
    )
    assert json.loads(initiate.content) == {
        "content_type": "image/png",
        "file_name": "Kätzchen.png",
    }
    assert json.loads(initiate.headers["x-fal-object-lifecycle"]) == lifecycle
    assert "authorization" in initiate.headers
    assert str(put.url) == "https://put.test/u?sig=a%2Fb"
    assert (put.headers["content-type"], put.headers["content-length"]) == ("image/png", "5")
    assert "authorization" not in put.headers
    assert "transfer-encoding" not in put.headers


async def test_paths_and_chunks_are_uploaded_like_bytes(connect, a_path):
    storage = FakeStorage()
    clients = await connect(storage)
    sources: list[tuple[Path | str | bytes | AsyncIterator[bytes], bytes]] = [
        (a_path, b"from a file"),
        (str(a_path), b"from a file"),
        (chunks(b"in ", b"chunks"), b"in chunks"),
        (b"", b""),
    ]
    for source, content in sources:
        await clients.storage.upload(source, file_name="x")
        assert storage.file == content


async def test_an_upload_restarts_after_a_failed_put(connect, a_path):
    storage = FakeStorage(failures=2)
    clients = await connect(storage)
    await clients.storage.upload(a_path, file_name="x")
    assert storage.file == b"from a file"
    assert len(storage.pauses) == 2


@pytest.mark.parametrize("size", [5, 95])
async def test_the_key_stays_out_of_uploads_even_to_a_configured_host(connect, size):
    storage = FakeStorage()
    addresses = fal.Addresses(run="https://put.test")
    clients = await connect(storage, addresses=addresses, limits=IN_PARTS)
    await clients.storage.upload(bytes(size), file_name="x")
    assert ["authorization" in request.headers for request in storage.requests[:2]] == [True, False]
    assert not any("authorization" in request.headers for request in storage.requests[1:])


async def test_only_a_submit_can_be_unconfirmed(connect):
    upstream = Upstream(httpx.ReadTimeout("late"))
    clients = await connect(upstream)
    with pytest.raises(fal.Unreachable) as caught:
        await clients.storage.upload(b"x", file_name="x")
    assert caught.value.sent
    assert not caught.value.is_unconfirmed


async def test_large_files_are_sent_in_parts_that_are_retried(connect):
    storage = FakeStorage(failures=1)
    clients = await connect(storage, limits=IN_PARTS)
    content = bytes(range(95))
    await clients.storage.upload(chunks(content[:50], content[50:]), file_name="x")
    assert storage.file == content
    assert len(storage.parts) == 10
    assert len(storage.parts[10]) == 5
    initiate, *rest = storage.requests
    assert initiate.url.path == "/storage/upload/initiate-multipart"
    assert [str(request.url) for request in rest[-2:]] == [
        "https://put.test/u/10?sig=a%2Fb",
        "https://put.test/u/complete?sig=a%2Fb",
    ]
    assert not [request for request in rest if "authorization" in request.headers]


@pytest.mark.parametrize("kind", ["", "image/png\r\nX: y", "Zoë/x", "png"])
async def test_an_invalid_content_type_is_unknown(connect, kind):
    storage = FakeStorage()
    clients = await connect(storage)
    await clients.storage.upload(b"x", content_type=kind, file_name="x")
    assert storage.requests[1].headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"<html>",
    ],
)
async def test_an_initiate_without_addresses_is_upstreams_failure(connect, body):
    clients = await connect(Upstream(httpx.Response(200, content=body)))
    with pytest.raises(fal.UpstreamFailed):
        await clients.storage.upload(b"x", file_name="x")


class FlakyStorage(FakeStorage):
    """Loses part 4 a given number of times; optionally forgets the upload once."""

    def __init__(self, *, lost: int = 0, forgets: bool = False) -> None:
        super().__init__()
        self.lost = lost
        self.forgets = forgets
        self.begun = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.startswith("/storage/upload/"):
            self.begun += 1
        if path.endswith("/4") and self.lost:
            self.lost -= 1
            return httpx.Response(503)
        if path.endswith("/4") and self.forgets:
            self.forgets = False
            self.parts.clear()
            return httpx.Response(404)
        return super().answer(request)


CONTENT = bytes(range(95))


async def test_an_interrupted_upload_resumes_with_the_missing_parts(connect):
    storage = FlakyStorage(lost=3)
    clients = await connect(storage, limits=IN_PARTS)
    with pytest.raises(fal.UpstreamFailed) as caught:
        await clients.storage.upload(CONTENT, file_name="x", key="digest")
    assert caught.value.is_retryable
    before = len(storage.requests)
    seen = []

    async def progress(there: int, whole: int) -> None:
        seen.append((there, whole))

    url = await clients.storage.upload(
        io.BytesIO(CONTENT), file_name="x", key="digest", on_progress=progress
    )
    assert url == "https://fal.media/f"
    assert storage.file == CONTENT
    assert storage.begun == 1
    sent = [request.url.path for request in storage.requests[before:]]
    assert sent == [*(f"/u/{number}" for number in range(4, 11)), "/u/complete"]
    assert seen[-1] == (95, 95)
    await clients.storage.upload(CONTENT, file_name="x", key="digest")
    assert storage.begun == 2  # a finished upload is not resumed


async def test_an_expired_upload_address_is_requested_again(connect):
    storage = FlakyStorage(lost=3, forgets=True)
    clients = await connect(storage, limits=IN_PARTS)
    with pytest.raises(fal.UpstreamFailed):
        await clients.storage.upload(CONTENT, file_name="x", key="digest")
    await clients.storage.upload(CONTENT, file_name="x", key="digest")
    assert storage.file == CONTENT
    assert storage.begun == 2


async def test_a_refusal_of_fresh_parts_is_final(connect):
    storage = FlakyStorage(forgets=True)
    clients = await connect(storage, limits=IN_PARTS)
    with pytest.raises(fal.RequestRejected) as caught:
        await clients.storage.upload(CONTENT, file_name="x", key="digest")
    assert not caught.value.is_retryable
    assert storage.begun == 1


class Expiring(FakeStorage):
    """Refuses a given number of uploads with a bucket's XML; each initiate gives a new URL."""

    EXPIRED = (
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code>"
        b"<Message>Request has expired</Message></Error>"
    )

    def __init__(self, *, refusals: int, status: int = 403, body: bytes = EXPIRED) -> None:
        super().__init__()
        self.refusals, self.status, self.body = refusals, status, body
        self.begun = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/storage/upload/"):
            self.begun += 1
        elif self.refusals:
            self.refusals -= 1
            return httpx.Response(self.status, content=self.body)
        return super().answer(request)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("content", [CONTENT[:9], CONTENT])
async def test_a_refused_upload_address_is_replaced_by_a_new_one(connect, content, status):
    storage = Expiring(refusals=1, status=status)
    clients = await connect(storage, limits=IN_PARTS)
    assert await clients.storage.upload(content, file_name="x", key="k") == "https://fal.media/f"
    assert (storage.file, storage.begun) == (content, 2)


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (Expiring.EXPIRED, " (Request has expired)"),
        (b"<html>Forbidden</html>", ""),
    ],
)
@pytest.mark.parametrize("content", [CONTENT[:9], CONTENT])
async def test_a_second_refusal_has_the_hosts_words_and_is_no_key_error(
    connect, content, body, because
):
    storage = Expiring(refusals=9, body=body)
    clients = await connect(storage, limits=IN_PARTS)
    with pytest.raises(fal.UploadRefused) as caught:
        await clients.storage.upload(content, file_name="x", key="k")
    message = f"The upload address was refused: its host answered 403{because}."
    assert (caught.value.message, caught.value.is_retryable) == (message, False)
    assert not isinstance(caught.value, fal.AuthFailed)
    assert storage.begun == 2


async def test_a_refused_initiate_is_a_key_error(connect):
    clients = await connect(Upstream(httpx.Response(401, json={"detail": "no such key"})))
    with pytest.raises(fal.AuthFailed):
        await clients.storage.upload(b"x", file_name="x")
