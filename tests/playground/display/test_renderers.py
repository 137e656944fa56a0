"""The surroundings of a large result.

The links to what can be done next with it, and the page's text about it.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from catalog.models import Endpoint
from playground.display import renderers
from playground.display.renderers import changed_fragments
from playground.display.tiles import tile
from runs.models import Artifact, Run
from tests.playground.projects.people import signed_in
from tests.projects.people import make_project, person

pytestmark = pytest.mark.django_db


PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="


@pytest.fixture
def run(flux: Any, make_run: Any) -> Run:
    running: Run = make_run(
        endpoint=flux, state="running", arguments={"image_size": "landscape_4_3"}
    )
    return running


def test_a_partial_shows_pictures_texts_and_progress():
    run = Run(endpoint=Endpoint(), arguments={"image_size": "square"})
    assert renderers.partial(run) is None
    run.partial = {
        "images": [{"url": PIXEL}, {"url": "https://elsewhere.test/x.png"}],
        "output": "# Title",
        "progress": 0.25,
        "message": "Developing",
    }
    context = renderers.partial(run)
    assert context is not None
    assert context.pictures == [(PIXEL, 512, 512)]
    assert [text.html for text in context.texts] == ["<h1>Title</h1>\n"]
    assert (context.share, context.message) == (0.25, "Developing")


@pytest.mark.parametrize(
    ("progress", "share"), [(0.5, 0.5), (50, 0.5), (1, 1), (True, None), ("x", None), (500, None)]
)
def test_progress_is_a_share_or_is_not_shown(progress, share):
    context = renderers.partial(Run(arguments={}, partial={"progress": progress, "message": "m"}))
    assert context is not None
    assert context.share == share


def test_partial_output_stays_visible_after_a_failure(run):
    run.partial = {"output": "So far"}
    run.state = Run.State.FAILED
    run.error = {"error": "RunFailed", "type": "stream_broken", "message": "cut"}
    fragment = renderers.changed_fragments(run, "stage")
    assert "The connection broke before the result was whole" in fragment
    assert "So far" in fragment
    assert "aria-busy" not in fragment


def test_a_cancelled_run_that_was_sent_is_not_called_free(run):
    run.state = Run.State.CANCELLED
    assert "cost nothing" in renderers.changed_fragments(run, "stage")
    run.sent_at = run.created_at
    assert "may charge" in renderers.changed_fragments(run, "stage")


@pytest.fixture
def streaming(flux: Any) -> Any:
    flux.stream_url = "https://fal.ai/models/fal-ai/flux/dev/stream"
    flux.save()
    return flux


def test_the_form_offers_the_transports(member, streaming):
    page = member.get(streaming.get_absolute_url()).content.decode()
    assert re.search(r'name="~transport" value="queue"[^>]* checked', page)
    assert 'value="stream"' in page
    post = {"prompt": "a cat", "~transport": "stream"}
    member.post(streaming.get_absolute_url(), post)
    run = Run.objects.get()
    assert (run.transport, "~transport" in run.arguments) == ("stream", False)
    page = member.get(streaming.get_absolute_url()).content.decode()
    assert re.search(r'name="~transport" value="stream"[^>]* checked', page)
    member.post(f"/runs/{run.pk}/repetition/", {"token": "once more"})
    assert Run.objects.count() == 2
    assert set(Run.objects.values_list("transport", flat=True)) == {"stream"}


def test_an_unsupported_transport_falls_back_to_the_queue(member, flux):
    member.post(flux.get_absolute_url(), {"prompt": "a cat", "~transport": "stream"})
    member.post(flux.get_absolute_url(), {"prompt": "a dog", "~transport": "<script>"})
    assert set(Run.objects.values_list("transport", flat=True)) == {"queue"}


Make = Callable[..., Run]


def run_with_artifact(make_run: Make, kind: str, **more: Any) -> Run:
    run = make_run(state="succeeded", output={"file": {"url": "https://v3.fal.media/a"}})
    Artifact.objects.create(run=run, position=0, path="file", kind=kind, **more)
    return run


def test_a_waiting_run_is_watched(make_run):
    markup = tile(make_run(state="queued"))
    assert json.loads(markup.watch)["view"] == "tile"
    assert (markup.text, markup.cost, markup.copies) == ("", "", "")


def test_a_video_is_watched_until_it_has_a_still(make_run):
    run = run_with_artifact(
        make_run, "video", url="https://v3.fal.media/a.mp4", content_type="video/mp4"
    )
    assert json.loads(tile(run).copies)["view"] == "tile"
    assert 'data-watch="{&quot;view&quot;: &quot;tile&quot;' in changed_fragments(run, "tile")
    Artifact.objects.update(state="stored", file="a.mp4", thumbnail="a.webp")
    markup = tile(Run.objects.get())
    assert markup.copies == ""
    assert markup.row.still.endswith("/thumbnail/")


def test_a_tile_plays_sounds_and_quotes_texts(make_run):
    sound = tile(run_with_artifact(make_run, "audio", url="https://v3.fal.media/a.mp3")).sound
    assert sound
    assert sound.src == "https://v3.fal.media/a.mp3"
    text = tile(make_run(state="succeeded", output={"text": "word " * 500})).text
    assert text.startswith("word word")
    assert len(text) <= 400


ROW = "playground/partials/_run_row.html"
LIST = "/runs/?as=list"


def rendered_rows(client: Client, path: str = LIST) -> list[str]:
    """Return the templates of rows that a page has rendered."""
    return [template.name for template in client.get(path).templates if template.name == ROW]


def test_an_ended_run_is_rendered_once(member, make_run):
    make_run(state="succeeded", title="a mill")
    assert rendered_rows(member) == [ROW]
    assert rendered_rows(member) == []
    assert "a mill" in member.get(LIST).content.decode()


def test_a_run_under_way_is_rendered_anew(member, make_run):
    make_run(state="running")
    assert rendered_rows(member) == rendered_rows(member) == [ROW]


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("is_starred", True, "starred</span>"),
        ("title", "a boat", "a boat"),
        ("version", 9, 'data-version="9"'),
    ],
)
def test_a_change_is_shown_at_once(member, make_run, column, value, shown):
    run = make_run(state="succeeded", title="a mill")
    assert shown not in member.get(LIST).content.decode()
    Run.objects.filter(pk=run.pk).update(**{column: value})
    assert rendered_rows(member) == [ROW]
    assert shown in member.get(LIST).content.decode()


def test_two_members_see_rows_of_their_own(user, make_run):
    acme = make_project("Acme", ana="manager", ben="maker")
    make_run(user=person("ben"), project=acme, state="succeeded")
    path = "/runs/?as=list&project=acme"
    for name, is_named in (("ben", False), ("ana", True), ("ben", False)):
        assert ("by ben" in signed_in(name).get(path).content.decode()) == is_named
