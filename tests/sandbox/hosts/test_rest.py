"""Uploads and files (C54, C55); what is kept and for how long (C89, protocol 5.4 and 17.6)."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.server import ADMIN_KEY, RunningSandbox
from tests.sandbox.wire import SLOW, result, submit

pytestmark = pytest.mark.system  # these tests take long
PNG = b"\x89PNG not really, but bytes are bytes"
PICTURE = {"duration": 0, "log_lines": 1}
DAY = 86_400
PREFERENCE = "X-Fal-Object-Lifecycle-Preference"


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
def test_c54_javascript_initiates_and_puts(http, sandbox, kind):
    urls = initiate(http, sandbox, kind)
    assert httpx.get(urls["file_url"]).status_code == 404
    put = httpx.put(urls["upload_url"], content=PNG, headers={"Content-Type": "image/png"})
    assert put.is_success
    file = httpx.get(urls["file_url"])
    assert (file.content, file.headers["content-type"]) == (PNG, "image/png")
    assert urls["file_url"].endswith("_a_picture.png")
    assert httpx.put(urls["upload_url"], content=b"again").status_code == 404


def test_c54_javascript_multipart_reads_tags_from_bodies(http, sandbox):
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


def test_uploads_need_a_key_or_a_token(http, sandbox):
    rest, cdn = sandbox.addresses["rest"], sandbox.addresses["cdn"]
    for path in ("/storage/upload/initiate", "/storage/auth/token", "/tokens/"):
        assert httpx.post(rest + path, json={}).status_code == 401
    for headers in ({}, {"Authorization": "Bearer a.b.c"}, {"Authorization": "Bearer nonsense"}):
        assert httpx.post(f"{cdn}/files/upload", content=b"x", headers=headers).status_code == 401


def test_c55_files_have_length_type_ranges_and_cors(http, sandbox):
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
def test_c55_a_lifecycle_on_upload_removes_the_file(http, sandbox):
    wish = '{"expiration_duration_seconds": 6}'
    urls = initiate(http, sandbox, "cdn", **{"X-Fal-Object-Lifecycle": wish})
    httpx.put(urls["upload_url"], content=PNG)
    assert httpx.get(urls["file_url"]).status_code == 200
    assert is_soon_gone(urls["file_url"])


def test_files_outside_the_folder_are_not_served(sandbox):
    for path in (
        "/../../../../etc/hostname",
        "/%2e%2e/%2e%2e/etc/hostname",
        "/b",
        "/",
        "/thumbs/none.webp",
    ):
        assert httpx.get(sandbox.addresses["files"] + path).status_code == 404


@pytest.fixture
def admin(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    """Calls of the Platform API with the admin key; settings and clock are reset afterwards."""
    headers = {"Authorization": f"Key {ADMIN_KEY}"}
    with httpx.Client(base_url=sandbox.addresses["api"], headers=headers, timeout=30) as client:
        yield client
        client.put("/storage/settings", json={}).raise_for_status()
    httpx.delete(f"{sandbox.base}/_sandbox/clock", headers={"Authorization": f"Key {sandbox.key}"})


def let_pass(http: httpx.Client, sandbox: RunningSandbox, seconds: float) -> None:
    http.post(f"{sandbox.base}/_sandbox/clock", json={"seconds": seconds}).raise_for_status()


def kept(http: httpx.Client, sandbox: RunningSandbox, handle: dict[str, Any]) -> Any:
    """Return what the sandbox still has of a request; None if nothing."""
    record = http.get(f"{sandbox.base}/_sandbox/kept").json()
    return record["requests"].get(handle["request_id"])


def finished(
    http: httpx.Client, sandbox: RunningSandbox, **headers: str
) -> tuple[dict[str, Any], str]:
    """Run the slow model at once; return the handle and the URL of its picture."""
    handle = submit(http, sandbox, SLOW, PICTURE, headers=headers)
    return handle, result(http, handle).json()["images"][0]["url"]


def path(handle: dict[str, Any]) -> str:
    return f"/models/requests/{handle['request_id']}/payloads"


def test_deleting_payloads_removes_input_output_and_output_files(http, sandbox, admin):
    handle, url = finished(http, sandbox)
    assert kept(http, sandbox, handle) == {
        "payloads": True,
        "result": 30 * DAY,
        "files": {url: None},
    }
    once = {"Idempotency-Key": "once"}
    answer = admin.delete(path(handle), headers=once).json()
    assert answer == {"cdn_delete_results": [{"link": url, "exception": None}]}
    assert kept(http, sandbox, handle) is None
    assert httpx.get(url).status_code == http.get(handle["response_url"]).status_code == 404
    rows = http.get(
        f"{sandbox.addresses['api']}/models/requests/by-endpoint",
        params={"endpoint_id": SLOW, "request_id": handle["request_id"], "expand": "payloads"},
    ).json()["items"]
    assert [row["request_id"] for row in rows] == [handle["request_id"]]
    assert not {"json_input", "json_output"} & set(rows[0])

    assert admin.delete(path(handle), headers=once).json() == answer
    let_pass(http, sandbox, 601)
    assert admin.delete(path(handle), headers=once).json() == {"cdn_delete_results": []}


def test_a_file_that_cannot_be_deleted_is_named_and_can_be_deleted_later(http, sandbox, admin):
    handle, url = finished(http, sandbox)
    fault = {"kind": "file_deletion", "name": "fails", "about": url}
    http.post(f"{sandbox.base}/_sandbox/faults", json=fault).raise_for_status()
    (file,) = admin.delete(path(handle)).json()["cdn_delete_results"]
    assert (file["link"], bool(file["exception"])) == (url, True)
    assert kept(http, sandbox, handle) == {"payloads": False, "result": None, "files": {url: None}}
    assert admin.delete(path(handle)).json()["cdn_delete_results"][0]["exception"] is None
    assert kept(http, sandbox, handle) is None


def test_an_input_file_stays_when_payloads_are_deleted(http, sandbox, admin):
    urls = http.post(
        f"{sandbox.addresses['rest']}/storage/upload/initiate",
        json={"content_type": "image/png", "file_name": "cat.png"},
        headers={"X-Fal-Object-Lifecycle": json.dumps({"expiration_duration_seconds": DAY})},
    ).json()
    url = urls["file_url"]
    httpx.put(urls["upload_url"], content=b"a cat").raise_for_status()
    handle = submit(http, sandbox, "mischief/curiosities", {"needed": 3, "address": url})
    assert result(http, handle).json()["received"]["address"] == url
    assert admin.delete(path(handle)).json() == {"cdn_delete_results": []}
    uploads = http.get(f"{sandbox.base}/_sandbox/kept").json()["uploads"]
    assert uploads[url] == DAY
    let_pass(http, sandbox, DAY)
    assert url not in http.get(f"{sandbox.base}/_sandbox/kept").json()["uploads"]
    assert httpx.get(url).status_code == 404


@pytest.mark.parametrize(
    ("key", "request_id", "status", "type_"),
    [
        ("", uuid.uuid4(), 401, "authorization_error"),
        ("own", uuid.uuid4(), 403, "authorization_error"),
        (ADMIN_KEY, uuid.uuid4(), 404, "not_found"),
        (ADMIN_KEY, "seven", 400, "validation_error"),
    ],
)
def test_deletion_wants_the_admin_key_and_a_known_request(sandbox, key, request_id, status, type_):
    url = f"{sandbox.addresses['api']}/models/requests/{request_id}/payloads"
    key = sandbox.key if key == "own" else key
    answer = httpx.delete(url, headers={"Authorization": f"Key {key}"} if key else {})
    assert (answer.status_code, answer.json()["error"]["type"]) == (status, type_)


@pytest.mark.parametrize(
    ("headers", "lasts_s"),
    [({}, 30 * DAY), ({"X-Fal-Store-IO": "0"}, 3600)],
)
def test_results_expire(http, sandbox, admin, headers, lasts_s):
    handle, url = finished(http, sandbox, **headers)
    record = {"payloads": not headers, "result": lasts_s, "files": {url: None}}
    assert kept(http, sandbox, handle) == record
    let_pass(http, sandbox, lasts_s - 60)
    assert http.get(handle["response_url"]).is_success
    let_pass(http, sandbox, 60)
    assert http.get(handle["response_url"]).json() == {"status": "NOT_FOUND"}
    record = {"payloads": False, "result": None, "files": {url: None}}
    assert kept(http, sandbox, handle) == record


def test_c89_the_header_has_priority_over_the_accounts_settings(http, sandbox, admin):
    wish = {"expiration_duration_seconds": 7 * DAY}
    settings = admin.put("/storage/settings", json=wish).json()
    assert settings == admin.get("/storage/settings").json() == wish | {"initial_acl": None}
    handle, url = finished(http, sandbox)
    assert kept(http, sandbox, handle)["files"] == {url: 7 * DAY}
    own = {"expiration_duration_seconds": 60}
    handle, url = finished(http, sandbox, **{PREFERENCE: json.dumps(own)})
    assert kept(http, sandbox, handle)["files"] == {url: 60}
    let_pass(http, sandbox, 60)
    assert httpx.get(url).status_code == 404
    assert kept(http, sandbox, handle)["files"] == {}
    for wrong in ({"days": 7}, {"expiration_duration_seconds": 0}, {"initial_acl": "mine"}):
        assert admin.put("/storage/settings", json=wrong).status_code == 400
