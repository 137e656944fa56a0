"""Presets, collections and uploads by the API."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.models import Collection
from runs.models import Preset, Upload
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db
FLUX = "fal-ai/flux/dev"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@pytest.fixture
def flux(make_endpoint: Any) -> Any:
    return make_endpoint(FLUX)


@pytest.fixture
def make_preset(flux: Any, user: User) -> Any:
    def make(name: str, **values: Any) -> Preset:
        return Preset.objects.create(user=user, endpoint=flux, name=name, **values)

    return make


def test_a_preset_is_read(call, make_preset):
    preset = make_preset("wide", arguments={"seed": 7})
    answer = call("GET", f"/presets/{preset.pk}").json()
    assert (answer["name"], answer["arguments"], answer["is_mine"]) == ("wide", {"seed": 7}, True)


def test_presets_are_listed_by_pages_of_whom_they_are_shared_with(
    call, caller, make_preset, stranger
):
    for name, is_shared in (("ours", True), ("mine", False), ("ours too", True)):
        make_preset(name, arguments={}, is_shared=is_shared)
    other = caller(stranger, "read", "run")
    page = other("GET", f"/presets?model={FLUX}&limit=1").json()
    (preset,) = page["items"]
    assert (preset["name"], preset["is_mine"], preset["owner"]) == ("ours too", False, "ana")
    page = other("GET", f"/presets?limit=1&cursor={page['next_cursor']}").json()
    assert ([item["name"] for item in page["items"]], page["next_cursor"]) == (["ours"], None)


def test_curators_can_change_collections(caller, flux, user, call):
    best = Collection.objects.create(slug="best", title="Best", is_published=True)
    curator = caller(user, "read", "curate")
    path = f"/collections/best/models/{FLUX}"
    assert curator("PUT", path).status_code == 403
    user.is_staff = True
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="change_collection"))
    assert curator("PUT", path).status_code == 204
    assert curator("PUT", path).status_code == 204
    (item,) = call("GET", "/collections/best").json()["models"]
    assert item["model"]["endpoint_id"] == FLUX
    assert curator("DELETE", path).status_code == 204
    assert best.items.count() == 0


def test_draft_collections_are_visible_only_to_staff(call, user):
    Collection.objects.create(slug="a", title="A", is_published=False)
    Collection.objects.create(slug="b", title="B", is_published=True, position=1)
    Collection.objects.create(slug="c", title="C", is_published=True, position=2)
    page = call("GET", "/collections?limit=1").json()
    assert [collection["slug"] for collection in page["items"]] == ["b"]
    page = call("GET", f"/collections?limit=1&cursor={page['next_cursor']}").json()
    assert ([collection["slug"] for collection in page["items"]], page["next_cursor"]) == (
        ["c"],
        None,
    )
    assert call("GET", "/collections/a").status_code == 404


def test_a_file_is_uploaded_once_and_read_back(call, user):
    def send() -> Any:
        return call.file("/uploads", file=SimpleUploadedFile("cat.png", PNG), kind="image")

    created = send()
    assert created.status_code == 201, created.content
    upload = created.json()
    assert send().json() == upload
    assert Upload.objects.count() == 1
    assert upload["address"] == f"/uploads/{upload['id']}/cat.png"
    response = call.get_page(upload["address"])
    assert b"".join(response.streaming_content) == PNG
    assert call("GET", f"/uploads/{upload['id']}").json() == upload
    assert call("GET", "/uploads").json()["items"] == [upload]


def test_own_file_is_deleted_although_a_run_used_it(call, user, make_run):
    def send(name: str) -> Any:
        file = SimpleUploadedFile(name, PNG + name.encode())
        return call.file("/uploads", file=file, kind="image").json()

    used, unused, foreign = send("used.png"), send("unused.png"), send("foreign.png")
    make_run(user=user, arguments={"image_url": used["address"]})
    others = {
        "user": User.objects.create_user("other"),
        "project": make_project("Fox", ana="maker"),
    }
    Upload.objects.filter(pk=foreign["id"]).update(**others)
    statuses = [
        call("DELETE", f"/uploads/{upload['id']}").status_code
        for upload in (used, unused, unused, foreign)
    ]
    assert statuses == [204, 204, 404, 403]
    assert [str(pk) for pk in Upload.objects.kept().values_list("pk", flat=True)] == [foreign["id"]]
    assert call("GET", f"/uploads/{unused['id']}").status_code == 404


def test_a_file_of_the_wrong_kind_is_refused(call):
    text = SimpleUploadedFile("cat.png", b"just words", "text/plain")
    refused: list[tuple[dict[str, Any], str]] = [
        ({"file": text, "kind": "image"}, "is not an image"),
        ({"file": SimpleUploadedFile("e", b"")}, "empty"),
        ({"kind": "image"}, "part `file`"),
        ({"file": SimpleUploadedFile("cat.png", PNG), "kind": "smell"}, "kind must be"),
    ]
    for fields, reason in refused:
        response = call.file("/uploads", **fields)
        assert response.status_code == 422
        assert reason in response.json()["detail"]
