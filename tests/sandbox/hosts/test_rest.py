"""Uploads in every way that clients use (C54), and files as browsers need them (C55)."""

import time

import httpx
import pytest

from tests.sandbox.server import RunningSandbox

pytestmark = pytest.mark.system  # these tests take long

PNG = b"\x89PNG not really, but bytes are bytes"


def initiate(
    http: httpx.Client, sandbox: RunningSandbox, kind: str, **headers: str
) -> dict[str, str]:
    storage = "gcs" if kind == "gcs" else "fal-cdn-v3"
    path = "initiate-multipart" if kind == "multipart" else "initiate"
    answer = http.post(
        f"{sandbox.addresses['rest']}/storage/upload/{path}",
        params={"storage_type": storage},
        json={"content_type": "image/png", "file_name": "a picture.png"},
        headers=headers,
    )
    assert answer.status_code == 200
    urls: dict[str, str] = answer.json()
    return urls


def is_soon_gone(url: str) -> bool:
    """Return whether a file that exists now disappears within a minute."""
    end = time.monotonic() + 60
    while httpx.get(url).status_code != 404:
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.parametrize("kind", ["cdn", "gcs"])
def test_c54_javascript_initiates_and_puts(
    http: httpx.Client, sandbox: RunningSandbox, kind: str
) -> None:
    urls = initiate(http, sandbox, kind)
    assert httpx.get(urls["file_url"]).status_code == 404
    put = httpx.put(urls["upload_url"], content=PNG, headers={"Content-Type": "image/png"})
    assert put.is_success
    file = httpx.get(urls["file_url"])
    assert (file.content, file.headers["content-type"]) == (PNG, "image/png")
    assert urls["file_url"].endswith("_a_picture.png")
    assert httpx.put(urls["upload_url"], content=b"again").status_code == 404


def test_c54_javascript_multipart_reads_tags_from_bodies(
    http: httpx.Client, sandbox: RunningSandbox
) -> None:
    urls = initiate(http, sandbox, "multipart")
    path, _, query = urls["upload_url"].partition("?")
    parts = []
    for number in (1, 2, 3):
        answer = httpx.put(f"{path}/{number}?{query}", content=bytes([number]) * 1000)
        assert answer.headers["content-type"] == "application/json"
        parts.append(answer.json())
    assert [part["partNumber"] for part in parts] == [1, 2, 3]
    assert httpx.post(f"{path}/complete?{query}", json={"parts": parts}).is_success
    assert httpx.get(urls["file_url"]).content == b"\1" * 1000 + b"\2" * 1000 + b"\3" * 1000


def test_uploads_need_a_key_or_a_token(http: httpx.Client, sandbox: RunningSandbox) -> None:
    rest, cdn = sandbox.addresses["rest"], sandbox.addresses["cdn"]
    for path in ("/storage/upload/initiate", "/storage/auth/token", "/tokens/"):
        assert httpx.post(rest + path, json={}).status_code == 401
    for headers in ({}, {"Authorization": "Bearer a.b.c"}, {"Authorization": "Bearer nonsense"}):
        assert httpx.post(f"{cdn}/files/upload", content=b"x", headers=headers).status_code == 401


def test_c55_files_have_length_type_ranges_and_cors(
    http: httpx.Client, sandbox: RunningSandbox
) -> None:
    url = f"{sandbox.addresses['files']}/examples/speech.wav"
    origin = {"Origin": "http://somewhere.example"}
    whole = httpx.get(url, headers=origin, timeout=60)  # the first request makes the file
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["access-control-allow-origin"] == "*"
    head = httpx.head(url)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(whole.content)))
    for byte_range, expected in (
        ("0-9", whole.content[:10]),
        ("-5", whole.content[-5:]),
        ("100-", whole.content[100:]),
    ):
        part = httpx.get(url, headers={"Range": f"bytes={byte_range}"})
        assert (part.status_code, part.content) == (206, expected)
    size = len(whole.content)
    assert httpx.get(url, headers={"Range": f"bytes={size}-"}).status_code == 416


@pytest.mark.exhaustive
def test_c55_a_lifecycle_on_upload_removes_the_file(
    http: httpx.Client, sandbox: RunningSandbox
) -> None:
    wish = '{"expiration_duration_seconds": 6}'
    urls = initiate(http, sandbox, "cdn", **{"X-Fal-Object-Lifecycle": wish})
    httpx.put(urls["upload_url"], content=PNG)
    assert httpx.get(urls["file_url"]).status_code == 200
    assert is_soon_gone(urls["file_url"])


def test_files_outside_the_folder_are_not_served(sandbox: RunningSandbox) -> None:
    for path in (
        "/../../../../etc/hostname",
        "/%2e%2e/%2e%2e/etc/hostname",
        "/b",
        "/",
        "/thumbs/none.webp",
    ):
        assert httpx.get(sandbox.addresses["files"] + path).status_code == 404
