"""A picture, a run's address or a run file restores the settings of its run."""

import hashlib
import html
import json
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from runs.models import Artifact, Run, Share, Upload
from tests.conftest import grant
from tests.playground.form.restoring import pictures
from tests.runs.looks import let_look
from tests.runs.results_to_use import models
from tests.tables import each_row

__all__ = ["models"]
FLUX = "fal-ai/flux/dev"
ADDRESS = "/restorations/"
SCRIPT = {"accept": "application/json"}
PICTURE = b"the bytes of a picture"
DIGEST = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture
def past_run(make_endpoint: Any, documents: dict[str, Any], make_run: Any) -> Run:
    """A run that made a picture."""
    run: Run = make_run(
        endpoint=make_endpoint(FLUX, documents[FLUX], display_name="FLUX"),
        arguments={"prompt": "remember", "seed": 1234567890123456789, "x": 1.0},
        state="succeeded",
        output={"images": [{"url": "https://fal.media/a.png"}]},
        request_id="r-1",
    )
    Artifact.objects.create(
        run=run, position=0, path="images.0", kind="image", url="u", state="stored", digest=DIGEST
    )
    return run


def file(content: bytes, name: str = "a.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@each_row("how", ["digest", "upper", "file", "page", "thumbnail"])
def test_the_settings_of_a_run_can_be_restored(member, past_run, how):
    post: Any = {
        "digest": {"digest": DIGEST},
        "upper": {"digest": DIGEST.upper()},
        "file": {"file": file(PICTURE)},
        "page": {"address": f"http://testserver/runs/{past_run.pk}/"},
        "thumbnail": {"address": f"http://testserver/runs/{past_run.pk}/artifacts/0/"},
    }[how]
    answer = member.post(ADDRESS, post, headers=SCRIPT).json()
    assert answer["endpoint_id"] == FLUX
    assert answer["fill"] == f"run:{past_run.pk}"
    assert answer["words"].startswith("Made here by FLUX, ")
    acts = {act["label"]: act["address"] for act in answer["acts"]}
    assert acts["Open"] == f"/runs/{past_run.pk}/#run-{past_run.pk}-artifacts"
    page = member.get(acts["Use its settings"]).content.decode()
    assert "remember" in page
    assert "1234567890123456789" in page


def test_a_picture_of_a_stranger_restores_nothing(client, stranger, past_run):
    client.force_login(stranger)
    for post in ({"digest": DIGEST}, {"address": f"/runs/{past_run.pk}/"}):
        answer = client.post(ADDRESS, post, headers=SCRIPT)
        assert answer.status_code == 422
        assert "error" in answer.json()
    assert client.get(f"/runs/{past_run.pk}/run.json").status_code == 404
    grant(stranger, "playground.view_run")
    assert client.post(ADDRESS, {"digest": DIGEST}, headers=SCRIPT).status_code == 422
    let_look(stranger, past_run)
    assert client.post(ADDRESS, {"digest": DIGEST}, headers=SCRIPT).status_code == 200


@each_row(
    ("post", "message"),
    [
        ({"digest": "0" * 64}, "No run here made this file."),
        ({"digest": "nonsense\x00"}, "No run here made this file."),
        ({"address": "https://elsewhere/x"}, "There is no run at this address that you can see."),
        (
            {"address": f"/runs/{uuid.uuid4()}/"},
            "There is no run at this address that you can see.",
        ),
        ({}, "No file arrived"),
    ],
)
def test_an_unknown_file_is_reported(member, past_run, post, message):
    answer = member.post(ADDRESS, post, headers=SCRIPT)
    assert answer.status_code == 422
    assert message in answer.json()["error"]


def test_a_run_file_restores_settings_exactly_without_the_run(client, member, stranger, past_run):
    answer = member.get(f"/runs/{past_run.pk}/run.json")
    assert "flux-dev-1234" in answer.headers["Content-Disposition"]
    assert '.run.json"' in answer.headers["Content-Disposition"]
    saved = answer.content
    document = json.loads(saved)
    assert document["request_id"] == "r-1"
    assert document["output"] == past_run.output
    Artifact.objects.all().delete()
    Run.objects.all().delete()
    client.force_login(stranger)
    restored = client.post(ADDRESS, {"file": file(saved, "run.json")}, headers=SCRIPT).json()
    assert restored["fill"].startswith("recipe:")
    assert json.dumps(Share.objects.get().arguments) == json.dumps(past_run.arguments)
    assert "remember" in client.get(restored["acts"][0]["address"]).content.decode()


@each_row(
    "content",
    [
        b"{",
        b'{"a": 1}',
        b'{"format": "vitrine-run"}',
        b'{"format": "vitrine-run", "endpoint_id": "no/such", "arguments": {}}',
        b'{"format": "vitrine-run", "endpoint_id": "fal-ai/flux/dev", "arguments": [1]}',
        b'{"format": "vitrine-run", "endpoint_id": ["x"], "arguments": {}}',
        b'{"format": "vitrine-run", "format": "vitrine-run"}',
        b'{"format": "vitrine-run", "endpoint_id": "a\\u0000", "arguments": {}}',
        b'{"format": "vitrine-run", "endpoint_id": "a\\ud800", "arguments": {}}',
        b"\xff\xfe{",
        b'{"a":' * 5000,
    ],
)
def test_a_file_that_is_not_a_run_file_is_refused_with_a_message(member, past_run, content):
    answer = member.post(ADDRESS, {"file": file(content, "run.json")}, headers=SCRIPT)
    assert answer.status_code == 422
    assert answer.json()["error"].endswith(".")
    assert not Share.objects.exists()


def test_a_json_result_is_recognised_by_its_content(member, past_run):
    text = b'{"made": "by a model"}'
    Artifact.objects.filter(run=past_run).update(digest=hashlib.sha256(text).hexdigest())
    assert member.post(ADDRESS, {"file": file(text)}, headers=SCRIPT).status_code == 200


def test_without_script_the_page_offers_the_same_acts(member, past_run):
    assert "Made here" in member.get(ADDRESS).content.decode()
    page = member.post(ADDRESS, {"file": file(PICTURE)}).content.decode()
    assert "Made here by FLUX, " in page
    assert f'href="/models/{FLUX}/?run={past_run.pk}"' in page
    refused = member.post(ADDRESS, {"file": file(b"something else")})
    assert refused.status_code == 422
    assert "No run here made this file." in refused.content.decode()


def test_the_newest_of_several_runs_is_found_in_few_queries(
    member, past_run, make_run, django_assert_num_queries
):
    for _ in range(5):
        newest = make_run(endpoint=past_run.endpoint)
        Artifact.objects.create(run=newest, position=0, path="", kind="image", digest=DIGEST)
    with django_assert_num_queries(3):  # session, person, the run with its model
        answer = member.post(ADDRESS, {"digest": DIGEST}, headers=SCRIPT).json()
    assert answer["fill"] == f"run:{newest.pk}"


def test_an_unknown_picture_is_offered_as_an_input_and_fills_the_form(
    member, client, user, stranger, models
):
    content = pictures.png()
    dropped = {"digest": "0" * 64, "name": "hill.png", "type": "image/png"}
    (act,) = member.post(ADDRESS, dropped, headers=SCRIPT).json()["acts"]
    assert act["sends"]
    assert (
        member.post(ADDRESS, dropped | {"name": "a.txt", "type": ""}, headers=SCRIPT).json()["acts"]
        == []
    )
    uses = member.post(act["address"], {"file": file(content, "hill.png")}).json()["uses"]
    page = member.get(uses).content.decode()
    assert "the picture “hill.png”" in page
    film = html.unescape(page).partition(f'href="{models["film"].get_absolute_url()}')[2]
    form = member.get(models["film"].get_absolute_url() + film.partition('"')[0])
    assert "now holds the picture “hill.png”" in form.context["notice"]
    assert f'value="{Upload.objects.get().get_absolute_url()}"' in form.content.decode()
    plain = member.post(ADDRESS, {"file": file(content, "hill.png"), "use": "1"})
    assert plain.headers["Location"] == uses
    client.force_login(stranger)
    assert client.get(uses).status_code == 404
