"""The page of a run in progress, and of one that broke off."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from catalog.models import Endpoint
from playground.display import renderers
from runs.models import Run

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def run(flux: Any, make_run: Any) -> Run:
    running: Run = make_run(
        endpoint=flux, state="running", arguments={"image_size": "landscape_4_3"}
    )
    return running


def test_a_partial_shows_pictures_texts_and_progress() -> None:
    run = Run(endpoint=Endpoint(), arguments={"image_size": "square"})
    assert renderers.partial(run) is None
    run.partial = {
        "images": [{"url": PIXEL}, {"url": "https://elsewhere.test/x.png"}],
        "output": "# Title",
        "progress": 0.25,
        "message": "Developing",
    }
    shown = renderers.partial(run)
    assert shown is not None
    assert shown.pictures == [(PIXEL, 512, 512)]
    assert [text.html for text in shown.texts] == ["<h1>Title</h1>\n"]
    assert (shown.share, shown.message) == (0.25, "Developing")


@pytest.mark.parametrize(
    ("progress", "share"), [(0.5, 0.5), (50, 0.5), (1, 1), (True, None), ("x", None), (500, None)]
)
def test_progress_is_a_share_or_is_not_shown(progress: Any, share: float | None) -> None:
    shown = renderers.partial(Run(arguments={}, partial={"progress": progress, "message": "m"}))
    assert shown is not None
    assert shown.share == share


@pytest.mark.parametrize("partial", [17, [], {}, {"odd": 1}, {"message": 5}])
def test_an_empty_partial_shows_nothing(partial: Any) -> None:
    assert renderers.partial(Run(arguments={}, partial=partial)) is None


def test_a_running_page_swaps_one_fragment_per_partial(run: Run) -> None:
    run.partial = {"output": "So far"}
    fragment = renderers.changed_fragments(run, "stage")
    assert f'id="run-{run.pk}-partial" aria-busy="true" hx-swap-oob="true"' in fragment
    assert "So far" in fragment
    assert f'id="run-{run.pk}-result"' not in fragment


def test_partial_output_stays_visible_after_a_failure(run: Run) -> None:
    run.partial = {"output": "So far"}
    run.state = Run.State.FAILED
    run.error = {"error": "RunFailed", "type": "stream_broken", "message": "cut"}
    fragment = renderers.changed_fragments(run, "stage")
    assert "The connection broke before the result was whole" in fragment
    assert "So far" in fragment
    assert "aria-busy" not in fragment


def test_a_cancelled_run_that_was_sent_is_not_called_free(run: Run) -> None:
    run.state = Run.State.CANCELLED
    assert "cost nothing" in renderers.changed_fragments(run, "stage")
    run.sent_at = run.created_at
    assert "may charge" in renderers.changed_fragments(run, "stage")


@pytest.fixture
def streaming(flux: Any) -> Any:
    flux.stream_url = "https://fal.ai/models/fal-ai/flux/dev/stream"
    flux.save()
    return flux


def test_the_form_offers_the_transports(member: Client, streaming: Any) -> None:
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


def test_an_unsupported_transport_falls_back_to_the_queue(member: Client, flux: Any) -> None:
    member.post(flux.get_absolute_url(), {"prompt": "a cat", "~transport": "stream"})
    member.post(flux.get_absolute_url(), {"prompt": "a dog", "~transport": "<script>"})
    assert set(Run.objects.values_list("transport", flat=True)) == {"queue"}


def test_the_chosen_transport_survives_a_form_reset(member: Client, flux: Any) -> None:
    post = {"prompt": "a cat", "~transport": "sync", "~do": "reset"}
    member.post(flux.get_absolute_url(), post)
    page = member.get(flux.get_absolute_url()).content.decode()
    assert re.search(r'name="~transport" value="sync"[^>]* checked', page)
