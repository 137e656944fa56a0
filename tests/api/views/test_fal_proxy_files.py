"""Files that fal's clients upload through the proxy become uploads of their user."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api import tokens
from api.fal_proxy import parts as proxy_parts
from api.models import ProxyPart
from runs.files.uploads import MAX_BYTES
from runs.models import Run, Upload
from tests.api.views.proxy_call import SUBMIT, send

pytestmark = pytest.mark.django_db

INITIATE = "https://rest.fal.ai/storage/upload/initiate?storage_type=fal-cdn-v3"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * (2 << 20)


def test_an_uploaded_file_can_be_an_input(call, endpoint, member, stranger):
    initiated = [
        call("POST", INITIATE, {"file_name": "a b.png", "content_type": "image/png"}).json()
    ]
    initiated.append(call("POST", INITIATE, {}).json())  # for the same content again
    for upload in initiated:
        assert Client().put(upload["upload_url"], PNG, content_type="image/png").status_code == 200
    upload = Upload.objects.get()
    first, second = (upload["file_url"] for upload in initiated)
    call("POST", SUBMIT, {"image_url": first, "more": [{"url": second}, f"see {first}"]})
    address = upload.get_absolute_url()
    more = [{"url": address}, f"see {first}"]
    assert Run.objects.get().arguments == {"image_url": address, "more": more}
    assert member.get(first).headers["Location"] == address
    member.force_login(stranger)
    assert member.get(first).status_code == 404


def test_a_file_of_somebody_else_cannot_be_used(call, endpoint, stranger):
    _, secret = tokens.create(stranger, "n8n", ["run"])
    theirs = send(Client(headers={"Authorization": f"Key {secret}"}), "POST", INITIATE, {}).json()
    Client().put(theirs["upload_url"], PNG)
    call("POST", SUBMIT, {"image_url": theirs["file_url"]})
    assert Run.objects.get().arguments == {"image_url": theirs["file_url"]}


def test_a_page_of_another_site_may_send_its_file(call):
    """A page of an app, whose own server called the proxy, sends its file to us directly."""
    address = call("POST", INITIATE, {"file_name": "x.png"}).json()["upload_url"]
    parted = call("POST", INITIATE.replace("initiate?", "initiate-multipart?"), {}).json()
    page = Client(headers={"Origin": "https://app.example"})
    for target, method in (
        (address, "PUT"),
        (f"{parted['upload_url']}/1", "PUT"),
        (f"{parted['upload_url']}/complete", "POST"),
    ):
        answer = page.options(target, headers={"Access-Control-Request-Method": method})
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Methods"] == method
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Headers"] == "*"
    for target, status in ((address, 200), (address + "x", 403)):
        response = page.put(target, PNG, content_type="image/png")
        assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (
            status,
            "*",
        )
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_a_bad_ticket_or_file_is_refused(call):
    initiated = call("POST", INITIATE, {"file_name": "x.png"}).json()
    for address, body, status in (
        (initiated["upload_url"] + "x", PNG, 403),
        ("/api/fal/uploads/none", PNG, 403),
        (initiated["upload_url"], b"", 422),
    ):
        response = Client().put(address, body)
        assert (response.status_code, bool(response.json()["detail"])) == (status, True)
    assert not Upload.objects.exists()


PARTS = INITIATE.replace("initiate?", "initiate-multipart?")
JSON = "application/json"


def test_a_file_can_be_uploaded_in_parts(call, endpoint, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    initiated = call("POST", PARTS, {"file_name": "film.png", "content_type": "image/png"}).json()
    address = initiated["upload_url"]
    sent = [PNG[: 1 << 20], b"not yet whole", PNG[1 << 20 :]]
    numbers = (1, 2, 2)  # part 2 is sent twice
    etags = {}
    for number, content in zip(numbers, sent, strict=True):
        etags[number] = Client().put(f"{address}/{number}", content).json()
    listed = [etags[2], etags[1]]
    assert listed[0]["partNumber"] == 2
    wrong: tuple[Any, ...] = (
        [{"partNumber": 1, "etag": "x"}],
        [{"partNumber": 7, "etag": ""}],
        [],
        "no list",
        [1],
    )
    for parts in wrong:
        response = Client().post(f"{address}/complete", json.dumps({"parts": parts}), JSON)
        assert (response.status_code, bool(response.json()["detail"])) == (422, True)
    done = Client().post(f"{address}/complete", json.dumps({"parts": listed}), JSON)
    assert done.status_code == 200
    upload = Upload.objects.get()
    assert (upload.size_bytes, upload.file_name) == (len(PNG), "film.png")
    assert not ProxyPart.objects.exists()
    assert not list((tmp_path / "incoming").iterdir())
    call("POST", SUBMIT, {"image_url": initiated["file_url"]})
    assert Run.objects.get().arguments == {"image_url": upload.get_absolute_url()}


def test_parts_are_limited_and_purged(call, endpoint, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    address = call("POST", PARTS, {"file_name": "film.png"}).json()["upload_url"]
    for path, status in (("/0", 422), ("/1001", 422), ("x/1", 403)):
        assert Client().put(address + path, b"part").status_code == status
    assert Client().put(f"{address}/1", b"part").status_code == 200
    ProxyPart.objects.update(size_bytes=MAX_BYTES)
    assert Client().put(f"{address}/2", b"one more").status_code == 422
    ProxyPart.objects.update(created_at=timezone.now() - timedelta(hours=2))
    proxy_parts.purge_stale()
    assert not ProxyPart.objects.exists()
    assert not list((tmp_path / "incoming").iterdir())
