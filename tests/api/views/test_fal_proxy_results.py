"""A result names its files by our addresses, which open as long as the result does."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from api import tokens
from api.models import Token
from api.wait import HEADER
from runs.models import Artifact, Run
from runs.ownership import deletion
from tests.api.views.proxy_call import FLUX, QUEUE, SUBMIT, Call, send
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db

URL = "https://v3.fal.media/files/a/mill.png"
OTHER = f"{URL}.txt"  # it begins with the file's address, but is no file of the result
TEXT = (
    '{"images": [{"url": "https:\\/\\/v3.fal.media/files/a/mill.png", "width": 1.00}],'
    f' "seed": 12345678901234567890123, "also": "{URL}", "said": "\\ud800 see {URL}, {OTHER}"}}'
)
PNG = b"\x89PNG\r\n\x1a\n0123456789"


@pytest.fixture
def run(make_run: Any, endpoint: Any) -> Run:
    run: Run = make_run(
        endpoint=endpoint,
        state="succeeded",
        ended_at=timezone.now(),
        output=json.loads(TEXT),
        output_text=TEXT,
    )
    keep(run)
    return run


def keep(run: Run, **more: Any) -> Artifact:
    stored = {"state": "stored", "file": default_storage.save("a.png", ContentFile(PNG))}
    return Artifact.objects.create(
        **{"run": run, "position": 0, "path": "images[0]", "kind": "image", "url": URL}
        | {"content_type": "image/png"} | stored | more
    )  # fmt: skip


def result_of(call: Call, run: Run) -> Any:
    return call("GET", f"{QUEUE}/{FLUX}/requests/{run.pk}")


def address_of(call: Call, run: Run) -> str:
    return str(result_of(call, run).json()["images"][0]["url"])


def status_of(address: str) -> int:
    return Client().head(address).status_code


def test_only_the_files_addresses_differ_from_upstreams_text(call, run):
    text = result_of(call, run).content.decode()
    address = address_of(call, run)
    assert address.startswith("http://testserver/api/fal/results/")
    assert address.endswith("/mill.png")
    escaped = TEXT.replace("https:\\/\\/v3.fal.media/files/a/mill.png", address)
    expected = escaped.replace(f'"{URL}"', f'"{address}"').replace(f"{URL}, ", f"{address}, ")
    assert text == expected
    assert OTHER in text


def test_a_file_opens_without_a_token_in_whole_and_in_parts(call, run):
    address = address_of(call, run)
    whole = Client().get(address)
    part = Client().get(address, headers={"Range": "bytes=2-3"})
    assert b"".join(whole) == PNG
    assert (part.status_code, b"".join(part)) == (206, PNG[2:4])
    assert whole.headers["Content-Type"] == "image/png"
    assert whole.headers["Cache-Control"] == "private, no-cache"
    assert "sandbox" in whole.headers["Content-Security-Policy"]


def test_a_file_closes_with_its_token(call, run):
    address = address_of(call, run)
    token = Token.objects.get()
    assert status_of(address) == 200
    tokens.revoke(None, token)
    assert status_of(address) == 404
    tokens.restore(None, token)
    assert status_of(address) == 200
    Token.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert status_of(address) == 404


def test_a_file_closes_with_its_run_or_its_user(call, run, user):
    address = address_of(call, run)
    user.is_active = False
    user.save()
    assert status_of(address) == 404
    user.is_active = True
    user.save()
    deletion.delete(Run.objects.filter(pk=run.pk), user)
    assert status_of(address) == 404


@pytest.mark.parametrize("is_bound", [True, False])
def test_a_file_closes_with_the_membership(make_run, endpoint, user, stranger, is_bound):
    project = make_project("Acme", **{stranger.username: "manager", user.username: "maker"})
    run = make_run(endpoint=endpoint, state="succeeded", output={"url": URL}, project=project)
    keep(run)
    _, secret = tokens.create(user, "n8n", ["run"], project=project if is_bound else None)
    browser = Client(headers={"Authorization": f"Key {secret}"})
    address = send(browser, "GET", f"{QUEUE}/{FLUX}/requests/{run.pk}").json()["url"]
    assert status_of(address) == 200
    project.memberships.filter(user=user).delete()
    assert status_of(address) == 404


def test_a_changed_address_opens_nothing(call, run):
    signed = address_of(call, run).split("/")[-2]
    for forged in (signed[:-1], f"{signed}x", signed.rpartition(":")[0], "x"):
        assert status_of(f"/api/fal/results/{forged}/mill.png") == 404


def test_a_login_gets_the_addresses_that_pages_use(member, run):
    headers = {"Sec-Fetch-Site": "same-origin"}
    answer = send(member, "GET", f"{QUEUE}/{FLUX}/requests/{run.pk}", **headers)
    address = answer.json()["images"][0]["url"]
    assert address == f"http://testserver/runs/{run.pk}/artifacts/0/"
    assert member.head(address).status_code == 200
    assert status_of(address) == 302


def test_a_file_that_is_not_copied_yet_is_waited_for_at_most_shortly(call, run):
    run.artifacts.update(state="remote", file="")
    first = result_of(call, run)
    assert first.headers[HEADER].split(" ")[:2] == [str(run.pk), "0"]
    assert first.content.decode() == TEXT
    Run.objects.update(ended_at=timezone.now() - timedelta(minutes=1))
    assert HEADER not in result_of(call, run).headers


def test_a_results_file_can_be_an_input(call, run):
    address = address_of(call, run)
    call("POST", SUBMIT, {"image_url": address, "more": [address, f"see {address}"]})
    page = f"/runs/{run.pk}/artifacts/0/"
    newest = Run.objects.exclude(pk=run.pk).get()
    assert newest.arguments == {"image_url": page, "more": [page, f"see {address}"]}
