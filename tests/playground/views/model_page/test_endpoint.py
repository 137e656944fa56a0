"""A model's page: rendered from any document, filled in from any source, sent exactly."""

import json
import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from runs.models import Draft, Run
from schemas.reference.snippets import FAL
from tests.conftest import grant
from tests.projects.people import make_project
from tests.runs.looks import let_look
from tests.schemas import strategies
from tests.tables import each_row

FLUX = "fal-ai/flux/dev"
PAGE = f"/models/{FLUX}/"
HTMX = {"hx-request": "true"}


def test_every_real_document_has_its_page(member, make_endpoint, documents):
    for endpoint_id, document in documents.items():
        make_endpoint(endpoint_id, document)
        # "schema" was a tab in earlier versions
        for tab in ("playground", "api", "about", "schema"):
            response = member.get(f"/models/{endpoint_id}/", {"tab": tab})
            assert response.status_code == 200
            assert endpoint_id in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "way", "shown", "code"),
    [
        ({}, "", "Wait for it", "fal_client.subscribe("),
        ({}, "webhook", "Webhook", "webhook_url="),
        ({}, "stream", "Wait for it", "fal_client.subscribe("),
        ({"stream_url": "https://fal.run/x/stream"}, "stream", "Stream", "fal_client.stream("),
        ({"tags": ["realtime"]}, "realtime", "Realtime", "fal_client.realtime("),
        ({}, "none", "Wait for it", "fal_client.subscribe("),
    ],
)
def test_the_api_tab_has_code_for_each_way_that_the_model_offers(
    member, flux, settings, changes, way, shown, code
):
    settings.FAL_QUEUE_URL, settings.FAL_RUN_URL, settings.FAL_REST_URL = FAL
    type(flux).objects.filter(pk=flux.pk).update(**changes)
    context = member.get(PAGE, {"tab": "api", "way": way}).context
    assert context["way"].label == shown
    assert code in context["snippets"][0].code


def test_a_model_without_a_schema_takes_json(member, make_endpoint):
    make_endpoint("some/thing")
    assert b"~extra" in member.get("/models/some/thing/").content
    member.post("/models/some/thing/", {"~extra.0~key": "n", "~extra.0": "1.0", "~token": "t"})
    assert Run.objects.get().arguments == {"n": 1.0}


def test_only_values_that_were_set_are_sent_with_their_type(member, flux):
    response = member.post(
        PAGE,
        {
            "prompt": " a cat\r\n",
            "num_images": "1",
            "guidance_scale": "4",
            "seed": "1234567890123456789",
            "~token": "t",
        },
    )
    run = Run.objects.get()
    assert response.headers["Location"] == run.get_absolute_url()
    assert json.dumps(run.arguments) == json.dumps(
        {"prompt": " a cat\n", "seed": 1234567890123456789, "guidance_scale": 4}
    )
    assert run.title == "a cat"
    assert run.schema == flux.schema


def test_errors_are_beside_their_fields_and_input_is_kept(member, flux):
    response = member.post(PAGE, {"prompt": "<b>keep</b>", "num_inference_steps": "99"})
    text = response.content.decode()
    assert response.status_code == 422
    assert "must be 50 or less" in text
    assert 'aria-invalid="true"' in text
    assert "&lt;b&gt;keep&lt;/b&gt;" in text
    assert 'value="99"' in text
    assert not Run.objects.exists()


def test_unreadable_and_invalid_values_are_reported_together(member, flux):
    text = member.post(PAGE, {"prompt": "", "num_inference_steps": "99", "seed": "x"}).content
    for message in (b"Prompt is required", b"must be 50 or less", b"Seed must be a whole number"):
        assert message in text


def test_with_htmx_run_returns_the_new_stage_and_a_new_token(member, flux):
    response = member.post(PAGE, {"prompt": "a cat", "~token": "t"}, headers=HTMX)
    run = Run.objects.get()
    text = response.content.decode()
    assert f'data-run-id="{run.pk}"' in text
    assert 'data-run-state="created"' in text
    assert 'id="form-token"' in text
    assert response.headers["HX-Replace-Url"].endswith(f"?shown={run.pk}")


def test_the_stage_names_whose_run_it_shows(member, flux, make_run, stranger):
    run = make_run(endpoint=flux, state="succeeded", output={})
    address = f"{PAGE}?shown={run.pk}"
    assert b"Run by" not in member.get(address).content
    grant(stranger, "playground.view_run")
    let_look(stranger, run)
    member.force_login(stranger)
    assert f"Run by {run.user}" in " ".join(member.get(address).content.decode().split())


def test_a_double_click_is_one_run_and_other_input_another(member, flux):
    for prompt in ("a cat", "a cat", "a dog"):
        member.post(PAGE, {"prompt": prompt, "~token": "same"})
    assert sorted(run.arguments["prompt"] for run in Run.objects.all()) == ["a cat", "a dog"]


def test_query_parameters_fill_in_the_form(member, flux):
    arguments = {"prompt": "</textarea>🦊", "image_size": {"width": 640, "height": 480}}
    text = member.get(PAGE, {"input": json.dumps(arguments)}).content.decode()
    assert "&lt;/textarea&gt;🦊" in text
    assert 'value="640"' in text


@each_row("text", ["{", "[1]", "NaN", '{"a": 1, "a": 2}', "\x00"])
def test_unreadable_query_parameters_are_reported(member, flux, text):
    response = member.get(PAGE, {"input": text})
    assert response.status_code == 200
    assert 'class="notice"' in response.content.decode()


def test_a_strangers_run_fills_in_nothing(client, stranger, flux, make_run):
    run = make_run(endpoint=flux, arguments={"prompt": "a secret"})
    client.force_login(stranger)
    for key in ("run", "shown"):
        assert b"a secret" not in client.get(PAGE, {key: str(run.pk)}).content


def test_posted_values_survive_a_lost_session(client, user, flux):
    response = client.post(PAGE, {"prompt": "typed for an hour", "~token": "t"})
    assert response.status_code == 401
    assert f'name="next" value="{PAGE}"' in response.content.decode()
    assert not Run.objects.exists()
    client.post("/login/", {"login": "ana", "password": "pw", "next": PAGE})
    text = client.get(PAGE).content.decode()
    assert "typed for an hour" in text
    assert "You had been logged out" in text
    assert "typed for an hour" in client.get(PAGE).content.decode()


def test_large_posts_without_a_login_are_not_stored(client, db, flux):
    client.post(PAGE, {"prompt": "x" * (2 << 20), "~token": "t"})
    assert "typed" not in client.session


def test_row_buttons_and_the_json_tab_work_without_script(member, make_endpoint, documents):
    endpoint_id = "fal-ai/nano-banana/edit"
    make_endpoint(endpoint_id, documents[endpoint_id])
    page = f"/models/{endpoint_id}/"
    added = member.post(page, {"prompt": "keep me", "~do": "add:image_urls"}).content.decode()
    assert 'name="image_urls.0"' in added
    assert "keep me" in added
    as_json = member.post(
        page, {"prompt": "keep me", "image_urls.0": "https://a/b.png", "~do": "to-json"}
    )
    assert '"image_urls"' in unescape(as_json.content.decode())
    assert not Run.objects.exists()


def test_a_gone_model_cannot_be_run(member, flux):
    from django.utils import timezone

    flux.gone_at = timezone.now()
    flux.save()
    response = member.post(PAGE, {"prompt": "a cat", "~token": "t"})
    assert response.status_code == 422
    assert b"no longer lists this model" in response.content
    assert not Run.objects.exists()


def test_the_page_says_why_a_run_would_wait(member, flux):
    from django.utils import timezone

    from runs.models import Worker

    assert b"no worker is running" in member.get(PAGE).content
    worker = Worker.objects.create(name="w", beat_at=timezone.now())
    assert b"FAL_KEY is not set" in member.get(PAGE).content
    worker.has_key = True
    worker.save()
    assert b"Runs wait" not in member.get(PAGE).content


def test_a_posted_file_becomes_an_upload(member, make_endpoint, documents, settings, tmp_path):
    import io

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    settings.MEDIA_ROOT = str(tmp_path)
    endpoint_id = "fal-ai/pixverse/v5.6/image-to-video"
    make_endpoint(endpoint_id, documents[endpoint_id])
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    file = SimpleUploadedFile("a b.png", picture.getvalue(), "image/png")
    member.post(f"/models/{endpoint_id}/", {"prompt": "go", "image_url~file": file, "~token": "t"})
    address = Run.objects.get().arguments["image_url"]
    assert address.startswith("/uploads/")
    assert address.endswith("/a%20b.png")
    served = member.get(address)
    assert served.headers["Content-Type"] == "image/png"
    assert served.getvalue() == picture.getvalue()


@pytest.mark.parametrize(
    ("older", "newest", "shown"),
    [
        ("unconfirmed", "succeeded", "newest"),
        ("unconfirmed", "unconfirmed", "newest"),
        ("running", "succeeded", "older"),
        ("running", "unconfirmed", "older"),
        ("failed", "succeeded", "newest"),
    ],
)
@pytest.mark.parametrize("between", [0, 12])
def test_the_stage_shows_a_run_that_waits_or_else_the_last_result(
    member, flux, make_run, older, newest, shown, between
):
    runs = {"older": make_run(endpoint=flux, state=older)}
    for _ in range(between):
        make_run(endpoint=flux, state="succeeded")
    runs["newest"] = make_run(endpoint=flux, state=newest)
    page = member.get(flux.get_absolute_url()).content.decode()
    in_stage = re.findall(r'<section class="stage-run stack gap-3" id="run-([^"]+)"', page)
    assert in_stage == [str(runs[shown].pk)]


def test_without_a_result_of_ones_own_the_stage_shows_the_models_example(
    member, make_endpoint, make_run, stranger
):
    properties = {"image_url": {"type": "string", "examples": ["https://fal.media/before.png"]}}
    document = strategies.document({"type": "object", "properties": properties})
    after = {"type": "array", "examples": [[{"url": "https://fal.media/after.png"}]]}
    answer = {"type": "object", "properties": {"images": after}}
    document["components"]["schemas"]["Output"] = answer
    upscaler = make_endpoint("a/upscaler", document)
    make_run(endpoint=upscaler, state="failed")
    make_run(endpoint=upscaler, state="succeeded", user=stranger)
    stage = member.get(upscaler.get_absolute_url()).content.decode()
    assert '<section class="stage-run' not in stage
    for address in ("https://fal.media/before.png", "https://fal.media/after.png"):
        assert f'src="{address}"' in stage


@pytest.mark.parametrize("way", ["controls", "json"])
def test_our_files_are_recognised_by_their_absolute_address(member, make_endpoint, documents, way):
    endpoint_id = "fal-ai/bytedance/seedream/v4/edit"
    page = make_endpoint(endpoint_id, documents[endpoint_id]).get_absolute_url()
    path = f"/runs/{uuid.uuid4()}/artifacts/0/"
    addresses = [f"http://localhost:8400{path}", " https://example.com/a.png "]
    arguments = {"prompt": "a cat", "image_urls": addresses}
    post: dict[str, Any] = {"~mode": "json", "~json": json.dumps(arguments)}
    assert member.post(page, arguments if way == "controls" else post).status_code == 302
    assert Run.objects.get().arguments["image_urls"] == [path, "https://example.com/a.png"]


BLANK = f"/forms/blank/{FLUX}/"


def actions_of(page: str) -> set[str]:
    return set(re.findall(r'formaction="(/forms/[^"]*)"', page))


@pytest.mark.usefixtures("flux")
def test_buttons_post_to_the_project_that_the_page_shows(member):
    for slug in ("fox", "owl"):  # fields of a form are cached, but not with another project's
        make_project(slug, ana="maker")
        page = member.get(PAGE, {"project": slug}).content.decode()
        redrawn = member.post(f"{BLANK}?project={slug}", {"prompt": "a cat"}).content.decode()
        for text in (page, redrawn):
            assert {address.partition("?")[2] for address in actions_of(text)} == {
                f"project={slug}"
            }
        assert f"/forms/undo/{FLUX}/?project={slug}" in actions_of(redrawn)
        assert f"/forms/prompts/{FLUX}/?project={slug}" in actions_of(page)


@pytest.mark.usefixtures("flux")
def test_any_word_may_begin_the_id_of_a_model(member, make_endpoint):
    make_endpoint("undo/a/b")
    member.post(reverse("playground:form-blank", args=["undo/a/b"]), {"prompt": "x"})
    assert Draft.objects.get().endpoint.endpoint_id == "undo/a/b"
