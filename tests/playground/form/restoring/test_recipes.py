"""Recipes of this Vitrine and of another one fill forms."""

import io
import json
import uuid
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Endpoint
from playground.form.restoring import recipes
from projects.models.project import private_project
from runs.models import Artifact, Run, Share, Upload
from tests.playground.form.restoring import pictures
from tests.playground.form.restoring.test_restore import ADDRESS, DIGEST, FLUX, SCRIPT
from tests.tables import each_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def flux(make_endpoint: Any, documents: dict[str, Any]) -> Endpoint:
    endpoint: Endpoint = make_endpoint(
        FLUX, documents[FLUX], display_name="FLUX", category="text-to-image"
    )
    return endpoint


def recipe(**values: Any) -> dict[str, Any]:
    return {
        "sha256": "0" * 64,
        "model": FLUX,
        "arguments": {"prompt": "remember", "seed": 1234567890123456789},
        "seed": None,
        "run": str(uuid.uuid4()),
    } | values


def manifest(*written: dict[str, Any], **values: Any) -> bytes:
    named = {f"{number}.png": recipe for number, recipe in enumerate(written)}
    return json.dumps(
        {"format": "vitrine-recipes", "version": 1, "recipes": named} | values
    ).encode()


def archive(text: bytes, name: str = "recipes.json", size_bytes: int = 100) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.png", bytes(size_bytes))
        file.writestr(name, text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def drop(client: Client, content: bytes, name: str = "a") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(ADDRESS, {"file": file}, headers=SCRIPT).json()


def only(answer: Any) -> str:
    """Return the address of the first act. A recipe has only one."""
    address: str = answer["acts"][0]["address"]
    return address


@pytest.mark.parametrize(
    "content",
    [manifest(recipe()), archive(manifest(recipe())), manifest(recipe(), recipe())],
    ids=["json", "zip", "twice the same"],
)
def test_a_recipe_of_another_vitrine_fills_the_form(member, flux, content):
    answer = drop(member, content)
    assert answer["endpoint_id"] == FLUX
    assert "1234567890123456789" in member.get(only(answer)).content.decode()
    assert json.dumps(Share.objects.get().arguments) == json.dumps(recipe()["arguments"])


def test_the_end_of_a_large_archive_is_enough(member, flux):
    whole = archive(manifest(recipe()), size_bytes=1 << 20)
    assert drop(member, whole[-(64 << 10) :])["endpoint_id"] == FLUX


def test_a_recipe_of_a_run_that_is_here_opens_the_run(member, flux, make_run, stranger, client):
    run = make_run(endpoint=flux, arguments={"prompt": "here"})
    content = manifest(recipe(run=str(run.pk)))
    assert drop(member, content)["fill"] == f"run:{run.pk}"
    Artifact.objects.create(run=run, position=0, path="", kind="image", url="u", digest=DIGEST)
    assert drop(member, manifest(recipe(sha256=DIGEST)))["fill"] == f"run:{run.pk}"
    client.force_login(stranger)
    assert drop(client, content)["fill"].startswith("recipe:")


def test_several_recipes_are_chosen_from(member, flux, make_run):
    run = make_run(endpoint=flux, title="the first")
    others = [recipe(arguments={"prompt": f"number {number}"}) for number in range(3)]
    answer = drop(
        member, manifest(recipe(run=str(run.pk)), *others, recipe(model="gone/model")), "a.json"
    )
    assert answer["words"] == "This file has 5 recipes. 4 of them can be opened here."
    page = member.get(only(answer)).content.decode()
    for words in ("the first", "number 0", "number 1", "number 2"):
        assert words in page
    assert f"?run={run.pk}" in page


def test_files_of_the_other_server_are_left_out_and_said(member, flux):
    gone = f"/uploads/{uuid.uuid4()}/file.png"
    arguments = {
        "prompt": "remember",
        "image_url": gone,
        "loras": [{"path": f"/runs/{uuid.uuid4()}/artifacts/0/"}, {"path": "https://fal.media/a"}],
    }
    answer = drop(member, manifest(recipe(arguments=arguments)))
    page = member.get(only(answer)).content.decode()
    assert "Left out, as the file is not on this server: image_url, loras." in page
    assert "remember" in page
    assert gone not in page
    assert "https://fal.media/a" in page


def test_own_files_stay(member, flux, user):
    upload = Upload.objects.create(
        user=user, project=private_project(user), digest="d", file="f", file_name="me.png",
        content_type="image/png", size_bytes=1,
    )  # fmt: skip
    arguments = {"prompt": "x", "image_url": f"/uploads/{upload.pk}/file.png"}
    page = member.get(only(drop(member, manifest(recipe(arguments=arguments)))))
    assert "Left out" not in page.content.decode()


@each_row(
    ("content", "message"),
    [
        (manifest(), "is empty"),
        (manifest(version=2), "newer Vitrine"),
        (manifest(version="1"), "damaged"),
        (manifest(recipe(model=1)), "names no model"),
        (manifest(recipe(arguments=[])), "names no model"),
        (manifest(recipe(model="no/such")), "no/such, which is not in the catalogue"),
        (manifest(recipe(model="a/b"), recipe(model="c/d")), "None of the 2 recipes"),
        (archive(b"{}", "other.json"), "contains no recipes"),
        (archive(b"{}"), "not written by Vitrine"),
        (archive(b"\xff"), "are damaged"),
        (archive(b" " * (9 << 20)), "larger than 8 MB"),
        (archive(manifest(recipe()))[:-30], "cannot be opened"),
        (b"PK\x03\x04", "cannot be opened"),
        (b"{" + b" " * (9 << 20), "at most 8 MB"),
        (pictures.png(vitrine="a" * (10 << 20)), "larger than 1 MB"),
        (pictures.png(vitrine="{}"), "neither a recipe"),
        (pictures.png(parameters="a mill\nSteps: 20"), "No run here made this file."),
    ],
)
def test_what_cannot_be_restored_is_told_in_a_sentence(member, flux, content, message):
    error = drop(member, content)["error"]
    assert message in error
    assert error.endswith(".")


def test_a_recipe_names_no_person_and_no_host(member, flux, make_run):
    arguments = {
        "image_url": f"http://testserver/uploads/{uuid.uuid4()}/ana-maria.png",
        "others": [f"/uploads/{uuid.uuid4()}/ana-maria"],
    }
    run: Run = make_run(endpoint=flux, arguments=arguments)
    text = recipes.as_text({"a.png": recipes.recipe_of(run, None)})
    text += member.get(f"/runs/{run.pk}/run.json").content.decode()
    assert "ana-maria" not in text
    assert "testserver" not in text
    assert run.user.username not in text.replace(str(run.pk), "")
    assert "/file.png" in text


def test_an_upload_says_which_runs_used_it(member, client, flux, user, stranger, make_run):
    upload = Upload.objects.create(
        user=user, project=private_project(user), digest=DIGEST, file="f", file_name="me.png",
        content_type="image/png", size_bytes=1,
    )  # fmt: skip
    unused = member.post(ADDRESS, {"digest": DIGEST}, headers=SCRIPT).json()
    assert unused["words"] == "This is an upload, “me.png”, which no run has used yet."
    make_run(
        endpoint=flux, title="with me", arguments={"image_url": f"/uploads/{upload.pk}/me.png"}
    )
    used = member.post(ADDRESS, {"digest": DIGEST}, headers=SCRIPT).json()
    assert used["words"] == "This is an upload, “me.png”, which 1 run used."
    assert [act["label"] for act in used["acts"]] == ["Use it as input for …", "See the runs"]
    assert "with me" in member.get(only(used)).content.decode()
    client.force_login(stranger)
    assert "error" in client.post(ADDRESS, {"digest": DIGEST}, headers=SCRIPT).json()
    assert client.get(only(used)).status_code == 404
