"""What is kept and for how long; deletion of payloads (C89, protocol 5.4 and 17.6)."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.server import ADMIN_KEY, RunningSandbox
from tests.sandbox.wire import SLOW, result, submit

pytestmark = pytest.mark.system  # these tests take long

PICTURE = {"duration": 0, "log_lines": 1}
DAY = 86_400
PREFERENCE = "X-Fal-Object-Lifecycle-Preference"


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


def test_deleting_payloads_removes_input_output_and_output_files(
    http: httpx.Client, sandbox: RunningSandbox, admin: httpx.Client
) -> None:
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


def test_a_file_that_cannot_be_deleted_is_named_and_can_be_deleted_later(
    http: httpx.Client, sandbox: RunningSandbox, admin: httpx.Client
) -> None:
    handle, url = finished(http, sandbox)
    fault = {"kind": "file_deletion", "name": "fails", "about": url}
    http.post(f"{sandbox.base}/_sandbox/faults", json=fault).raise_for_status()
    (file,) = admin.delete(path(handle)).json()["cdn_delete_results"]
    assert (file["link"], bool(file["exception"])) == (url, True)
    assert kept(http, sandbox, handle) == {"payloads": False, "result": None, "files": {url: None}}
    assert admin.delete(path(handle)).json()["cdn_delete_results"][0]["exception"] is None
    assert kept(http, sandbox, handle) is None


def test_an_input_file_stays_when_payloads_are_deleted(
    http: httpx.Client, sandbox: RunningSandbox, admin: httpx.Client
) -> None:
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
def test_deletion_wants_the_admin_key_and_a_known_request(
    sandbox: RunningSandbox, key: str, request_id: object, status: int, type_: str
) -> None:
    url = f"{sandbox.addresses['api']}/models/requests/{request_id}/payloads"
    key = sandbox.key if key == "own" else key
    answer = httpx.delete(url, headers={"Authorization": f"Key {key}"} if key else {})
    assert (answer.status_code, answer.json()["error"]["type"]) == (status, type_)


@pytest.mark.parametrize(
    ("headers", "lasts_s"),
    [({}, 30 * DAY), ({"X-Fal-Store-IO": "0"}, 3600)],
)
def test_results_expire(
    http: httpx.Client,
    sandbox: RunningSandbox,
    admin: httpx.Client,
    headers: dict[str, str],
    lasts_s: int,
) -> None:
    handle, url = finished(http, sandbox, **headers)
    record = {"payloads": not headers, "result": lasts_s, "files": {url: None}}
    assert kept(http, sandbox, handle) == record
    let_pass(http, sandbox, lasts_s - 60)
    assert http.get(handle["response_url"]).is_success
    let_pass(http, sandbox, 60)
    assert http.get(handle["response_url"]).json() == {"status": "NOT_FOUND"}
    record = {"payloads": False, "result": None, "files": {url: None}}
    assert kept(http, sandbox, handle) == record


def test_c89_the_header_has_priority_over_the_accounts_settings(
    http: httpx.Client, sandbox: RunningSandbox, admin: httpx.Client
) -> None:
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
