"""Runs: the history, one run, its actions, and the users who may take them."""

import re
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from api.representation import run as representation
from runs.files import artifact_urls
from runs.models import Artifact, Worker

FAILURE = {
    "error": "RunFailed",
    "message": "Unprocessable",
    "status": 422,
    "type": None,
    "detail": [{"loc": ["body", "prompt"], "msg": "too rude", "type": "content_policy_violation"}],
}


def test_unfinished_runs_can_be_cancelled_from_the_history(member, make_run):
    runs = [make_run(state=state) for state in ("running", "unconfirmed", "succeeded")]
    html = member.get("/runs/?as=list").content.decode()
    assert [f"/runs/{run.pk}/cancellation/" in html for run in runs] == [True, False, False]
    member.post(f"/runs/{runs[0].pk}/cancellation/")
    html = member.get("/runs/?as=list").content.decode()
    assert "Cancellation requested" in html
    assert f"/runs/{runs[0].pk}/cancellation/" not in html


def test_a_failure_is_explained_in_plain_sentences(member, make_run):
    run = make_run(state="failed", error=FAILURE, ended_at=timezone.now())
    text = member.get(run.get_absolute_url()).content.decode()
    assert "The model declined this content" in text
    assert re.search(r"</span>(</field-error>)?: too rude", text)
    assert "Reword it" in text
    assert "content_policy_violation" in text  # the raw error, one click away


def test_a_run_can_be_cancelled_repeated_and_starred(member, make_run):
    run = make_run()
    page = run.get_absolute_url()
    assert member.post(f"{page}cancellation/").status_code == 302
    assert member.post(f"{page}cancellation/", headers={"hx-request": "true"}).status_code == 204
    again = member.post(f"{page}repetition/").headers["Location"]
    assert again != page
    assert member.get(again).context["run"].arguments == run.arguments
    member.post(f"{page}star/")
    run.refresh_from_db()
    assert (run.state, run.is_starred) == ("cancelled", True)


def test_healthz_tells_strangers_only_whether_it_is_healthy(client, member, db):
    for anybody in (client, member):
        response = anybody.get("/healthz")
        assert (response.status_code, response.json()) == (503, {"status": "not ok"})
    Worker.objects.create(name="w", beat_at=timezone.now(), trouble="queue.fal.run is away.")
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_healthz_says_that_the_database_takes_no_changes(client):
    Worker.objects.create(name="w", beat_at=timezone.now())
    is_postgresql = connection.vendor == "postgresql"
    setting = "SET default_transaction_read_only" if is_postgresql else "PRAGMA query_only"
    assert client.get("/healthz").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute(f"{setting} = on")
        try:
            response = client.get("/healthz")
        finally:
            cursor.execute(f"{setting} = off")
    assert (response.status_code, response.json()) == (503, {"status": "not ok"})


def test_healthz_gives_details_to_the_operator(admin_client, make_run):
    make_run()
    assert admin_client.get("/healthz").status_code == 503
    Worker.objects.create(name="w", beat_at=timezone.now())
    response = admin_client.get("/healthz")
    assert response.status_code == 200
    health = response.json()
    assert health.pop("caches")["bytes"] >= 0
    assert health == {
        "disk": "ok",
        "realtime": "ok",
        "status": "ok",
        "database": "ok",
        "workers": 1,
        "upstream": "ok",
        "unfinished_runs": 1,
        "pictures": {"waiting": 0, "kept": 0, "failed": 0, "bytes": 0},
        "last_sync_age_s": None,
    }
    Worker.objects.update(trouble="api.fal.ai does not accept the key.")
    refused = admin_client.get("/healthz")
    assert (refused.status_code, refused.json()["status"]) == (503, "not ok")
    Worker.objects.update(trouble="queue.fal.run does not answer.")
    assert admin_client.get("/healthz").json()["upstream"] == "queue.fal.run does not answer."


def test_the_front_page_shows_latest_results_first_to_whoever_has_some(
    member, stranger, make_run, django_assert_max_num_queries
):
    make_run(title="theirs", user=stranger, state="succeeded", output={})
    make_run(title="it broke", state="failed", error={})
    assert "Your latest results" not in member.get("/").content.decode()
    for number in range(20):
        run = make_run(title=f"mine {number}", state="succeeded", output={})
        run.artifacts.create(position=0, kind="image", url="https://v3.fal.media/a.png")
    with django_assert_max_num_queries(20):
        page = member.get("/").content.decode()
    strip = page[page.index("Your latest results") : page.index(">Categories<")]
    assert strip.count('class="wall-stack"') == 12
    assert "mine 19" in strip
    assert "theirs" not in strip
    assert "it broke" not in strip


def test_objections_of_the_model_are_beside_their_fields(
    member, make_endpoint, make_run, documents
):
    """C31: fal's own 422 is assigned to the fields, also inside a union whose branch it names."""
    endpoint = make_endpoint("fal-ai/flux/dev", documents["fal-ai/flux/dev"])
    detail = [
        {"loc": ["body", "prompt"], "msg": "is too rude", "type": "x"},
        {"loc": ["body", "image_size", "ImageSize", "width"], "msg": "is too wide", "type": "x"},
        {"loc": ["body"], "msg": "and altogether", "type": "x"},
    ]
    run = make_run(
        endpoint=endpoint,
        state="failed",
        error=FAILURE | {"detail": detail},
        arguments={"prompt": "a", "image_size": {"width": 9000, "height": 9}},
        ended_at=timezone.now(),
    )
    text = member.get(run.get_absolute_url()).content.decode()
    assert '<field-error for="f-prompt" text="is too rude">' in text
    assert 'text="is too wide"' in text
    assert "and altogether" in text
    form = member.get("/models/fal-ai/flux/dev/", {"run": str(run.pk)}).content.decode()
    assert 'id="f-prompt-error">is too rude' in form
    assert '<a href="#f-prompt">Prompt: is too rude</a>' in form
    assert "Image size: Width: is too wide" in form
    assert "<li>and altogether</li>" in form


@pytest.mark.parametrize(
    ("place", "refused"),
    [
        ({"loc": ["body", "prompt"]}, {"categories": ["violence", "self_harm"]}),
        ({"loc": ["body"]}, {"categories": {"violence": 0.98, "self_harm": True, "hate": False}}),
        ({"loc": []}, {"ctx": {"categories": ["violence", "self_harm"]}}),
    ],
)
def test_a_refusal_of_content_is_at_its_field_with_the_categories(
    member, make_endpoint, make_run, documents, place, refused
):
    flux = make_endpoint("fal-ai/flux/dev", documents["fal-ai/flux/dev"])
    problem = {"msg": "Flagged.", "type": "content_policy_violation", "input": "a war"} | place
    error = FAILURE | {"status": 422, "detail": [problem | refused]}
    arguments = {"seed": 1, "prompt": "a war"}
    run = make_run(endpoint=flux, state="failed", error=error, arguments=arguments)
    sentence = "Flagged. Categories: violence, self harm."
    page = member.get(run.get_absolute_url()).content.decode()
    assert f'<field-error for="f-prompt" text="{sentence}">' in page
    form = member.get(flux.get_absolute_url(), {"run": str(run.pk)}).content.decode()
    assert f'id="f-prompt-error">{sentence}' in form
    (reported,) = representation.error(run)["problems"]
    assert reported == {"path": ["prompt"], "message": sentence}


def test_an_output_tree_is_escaped(member, make_run):
    output = {"<b>key</b>": ["<script>x</script>", 1.0, None, {"deep": [[]]}], "n": 10**19}
    run = make_run(state="succeeded", output=output, ended_at=timezone.now())
    text = member.get(run.get_absolute_url()).content.decode()
    assert "&lt;b&gt;key&lt;/b&gt;" in text
    assert "<script>x" not in text
    assert str(10**19) in text


@pytest.mark.system
def test_a_huge_or_deep_output_is_cut_and_says_so(member, make_run):
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    run = make_run(
        state="succeeded",
        output={"many": list(range(50_000)), "deep": deep},
        ended_at=timezone.now(),
    )
    response = member.get(run.get_absolute_url())
    assert response.status_code == 200
    assert "the rest is in the file" in response.content.decode()
    assert len(response.content) < 500_000


def test_a_mesh_viewer_waits_for_the_copy(member, make_run):
    run = make_run(state="succeeded", output={})
    mesh = Artifact.objects.create(
        run=run, position=0, path="x", kind="mesh", url="https://v3.fal.media/a.glb"
    )
    viewer = f"{run.get_absolute_url()}artifacts/0/viewer/"
    waiting = member.get(viewer)
    assert waiting.status_code == 202
    assert b'http-equiv="refresh"' in waiting.content
    Artifact.objects.filter(pk=mesh.pk).update(state="lost")
    assert member.get(viewer).status_code == 404


@pytest.mark.parametrize(
    ("url", "is_linked"),
    [
        ("https://v3.fal.media/a.png", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
    ],
)
def test_an_uncopied_file_gives_the_reason_and_links_only_to_web_addresses(
    member, make_run, url, is_linked
):
    run = make_run(state="succeeded", output={})
    Artifact.objects.create(
        run=run, position=0, path="x", kind="image", url=url, state="lost", error="It expired."
    )
    text = member.get(run.get_absolute_url()).content.decode()
    assert "It expired." in text
    assert (f'href="{url}"' in text) is is_linked
    assert "javascript:" not in text


@pytest.mark.parametrize(
    ("url", "src"),
    [
        ("https://v3.fal.media/a.png", "https://v3.fal.media/a.png"),
        # otherwise the page would contain the whole file
        ("data:image/png;base64,AA==", "{run}artifacts/0/"),
        ("https://elsewhere.example/a.png", ""),
        ("javascript:alert(1)", ""),
        ("http://[broken", ""),
    ],
)
def test_a_page_embeds_only_files_from_upstreams_hosts(make_run, url, src):
    run = make_run()
    address = artifact_urls.artifact_url(Artifact(run=run, position=0, url=url))
    assert address == src.replace("{run}", run.get_absolute_url())
