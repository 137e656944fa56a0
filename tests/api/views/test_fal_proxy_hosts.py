"""A reverse proxy maps fal's host names to us; answers contain the host name that was called."""

from typing import Any

import pytest
from django.test import Client

from api import tokens
from api.models import Token
from runs.models import Run, Upload
from tests.api.views.proxy_call import FLUX, QUEUE, SUBMIT

pytestmark = pytest.mark.django_db

HOSTS = "/api/fal/hosts"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * (2 << 20)


@pytest.fixture
def browser(user: Any, endpoint: Any) -> Client:
    _, secret = tokens.create(user, "huggingface", ["run"])
    return Client(headers={"Authorization": f"Key {secret}"})


def submit(browser: Client, host: str = "queue.fal.run", **headers: str) -> Any:
    path = f"{HOSTS}/{host}/{FLUX}"
    return browser.post(path, {"prompt": "x"}, content_type="application/json", headers=headers)


def test_addresses_carry_the_host_under_which_the_caller_came(browser):
    ours = f"http://testserver{HOSTS}/queue.fal.run"
    for forwarded, base in (
        ({"X-Forwarded-Host": "queue.fal.run"}, QUEUE),
        ({}, ours),  # otherwise the next call would send a token to fal
        ({"X-Forwarded-Host": "evil.test"}, ours),
    ):
        answer = submit(browser, **forwarded).json()
        address = f"{base}/fal-ai/flux/requests/{answer['request_id']}"
        assert answer["status_url"] == f"{address}/status"
        assert answer["response_url"] == address
        assert answer["cancel_url"] == f"{address}/cancel"
        path = f"{HOSTS}/queue.fal.run/fal-ai/flux/requests/{answer['request_id']}/status"
        assert browser.get(path).status_code == 202


@pytest.mark.parametrize("host", ["evil.test", "fal.run.evil.test", "127.0.0.1", "v3b.fal.media"])
def test_other_hosts_are_refused(browser, host):
    assert submit(browser, host).status_code == 400
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "endpoint_id",
    [
        "https://evil.test/fal-ai/flux/dev",
        "//evil.test/fal-ai/flux/dev",
        "https:%2F%2Fevil.test/x",
        "fal-ai/flux/../../evil",
        "fal-ai/%2e%2e/dev",
        "user@evil.test/dev",
        "fal-ai\\evil.test/dev",
        "fal-ai/flux%5cdev",
        "fal-ai/flux%252fdev",
        "fal-ai/./dev",
    ],
)
def test_an_id_that_carries_an_address_is_refused(browser, call, endpoint_id):
    for path in (f"{HOSTS}/queue.fal.run/", f"{HOSTS}/fal.run/", "/api/fal/queue/"):
        response = browser.post(path + endpoint_id, {}, content_type="application/json")
        assert (response.status_code, "location" in response.headers) == (400, False), path
    assert call("POST", f"{QUEUE}/{endpoint_id}", {}).status_code == 400
    assert not Run.objects.exists()


def authorize(browser: Client, **headers: str) -> Any:
    path = f"{HOSTS}/rest.fal.ai/storage/auth/token?storage_type=fal-cdn-v3"
    return browser.post(path, {}, content_type="application/json", headers=headers).json()


def upload(token: str, path: str, body: bytes, **headers: str) -> Any:
    named = {"Authorization": f"Bearer {token}", "X-Fal-File-Name": "a b.png", **headers}
    cdn = f"{HOSTS}/v3.fal.media/{path}"
    return Client().post(cdn, body, content_type="image/png", headers=named)


def test_fals_python_client_uploads_a_file(browser, call):
    given = authorize(browser, **{"X-Forwarded-Host": "rest.fal.ai"})
    assert (given["token_type"], given["base_url"]) == ("Bearer", "https://v3.fal.media")
    assert authorize(browser)["base_url"] == f"http://testserver{HOSTS}/v3.fal.media"
    answer = upload(given["token"], "files/upload", PNG)
    stored = Upload.objects.get()
    assert (stored.file_name, stored.size_bytes) == ("a b.png", len(PNG))
    call("POST", SUBMIT, {"image_url": answer.json()["access_url"]})
    assert Run.objects.get().arguments == {"image_url": stored.get_absolute_url()}


def test_fals_python_client_uploads_parts(browser, call, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    token = authorize(browser)["token"]
    upload_token = upload(token, "files/upload/multipart", b"").json()
    address = f"{upload_token['access_url']}/multipart/{upload_token['uploadId']}"
    parts = {2: PNG[1 << 20 :], 1: PNG[: 1 << 20]}
    etags = {
        number: Client().put(f"{address}/{number}", part).headers["ETag"]
        for number, part in parts.items()
    }
    listed = [{"partNumber": number, "etag": etag} for number, etag in etags.items()]
    whole = {"parts": listed}
    ended = Client().post(f"{address}/complete", whole, content_type="application/json")
    assert ended.status_code == 200, ended.content
    assert Upload.objects.get().size_bytes == len(PNG)
    call("POST", SUBMIT, {"image_url": upload_token["access_url"]})
    assert Run.objects.get().arguments == {"image_url": Upload.objects.get().get_absolute_url()}


def test_uploads_need_a_token_for_them_that_is_still_good(browser, call, user, settings):
    settings.REALTIME_URL = "wss://vitrine.test/live"
    live = call("POST", "https://rest.fal.ai/tokens/", {"allowed_apps": ["fal-ai/flux"]}).json()
    token = authorize(browser)["token"]
    assert upload(token, "files/other", PNG).status_code == 404
    for other in ("", "x", f"{token}x", live, browser.defaults["HTTP_AUTHORIZATION"][4:]):
        assert upload(other, "files/upload", PNG).status_code == 401
    for given in Token.objects.all():
        tokens.revoke(None, given)
    assert upload(token, "files/upload", PNG).status_code == 401
    assert not Upload.objects.exists()
