"""The stage of a model's page and the tries below it."""

import json
import re
from html import escape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from playground.display import renderers
from runs.models import Run
from runs.progress import watch_tokens
from tests.runs.results_to_use import document

FLUX = "fal-ai/flux/dev"


# The tries below the stage: the user's presses in the project, with what changed.


def read_tries(client: Client, **posted: str) -> str:
    address = f"/tries/{FLUX}/"
    response = client.post(address, posted, follow=True) if posted else client.get(address)
    return " ".join(response.content.decode().split())


def test_the_tries_are_the_users_own_of_all_models(member, stranger, flux, make_run, make_endpoint):
    other = make_endpoint("a/other", display_name="Other model")
    mine = make_run(endpoint=flux)
    elsewhere = make_run(endpoint=other, state="succeeded", output={})
    theirs = make_run(endpoint=flux, user=stranger)
    page = read_tries(member)
    assert page.index(f"try-{elsewhere.pk}-link") < page.index(f"try-{mine.pk}-link")
    assert str(theirs.pk) not in page
    assert f'<a href="/models/a/other/?run={elsewhere.pk}"' in page  # use again
    assert ">Other model<" in page


def test_a_try_says_what_changed_against_the_one_before_it_or_the_pinned_one(
    member, flux, make_run
):
    def tried(words: str, steps: int) -> Any:
        arguments = {"prompt": words, "num_inference_steps": steps}
        return make_run(endpoint=flux, arguments=arguments, state="succeeded", output={})

    first = tried("a red boat on a lake", 28)
    tried("a red boat on a calm lake", 28)
    tried("a red boat on a calm lake", 40)
    page = read_tries(member)
    assert page.count('<li class="try"') == 3
    assert "a red boat on a <ins>calm </ins>lake" in page
    assert "The same words" in page
    assert "<bdi>28</bdi> → <bdi>40</bdi>" in page
    assert 'data-words="a red boat on a calm lake"' in page
    pinned = read_tries(member, pin=str(first.pk))
    assert pinned.count("<ins>calm </ins>") == 2
    assert "data-pinned" in pinned
    assert "data-pinned" not in read_tries(member, pin="")


@pytest.fixture
def press(flux: Any, make_run: Any) -> list[Any]:
    """Four runs of one press: one is running, one succeeded, and two have no result."""
    key = uuid4()
    return [
        make_run(endpoint=flux, batch=key, arguments={"image_size": "portrait_16_9"}, **of_run)
        for of_run in (
            {"state": "running"},
            {"state": "succeeded", "output": {}},
            {"state": "failed", "error": {"message": "The words were declined."}},
            {"state": "cancelled"},
        )
    ]


def test_the_runs_of_a_press_are_one_try_and_that_on_the_stage_is_marked(member, press):
    html = member.get(press[1].stage_address).content.decode()
    assert html.count('<li class="try"') == 1
    tiles = dict(re.findall(r'<li\s+id="try-([0-9a-f-]{36})"([^>]*)', html))
    assert list(tiles) == [str(run.pk) for run in press]
    marked = [pk for pk, attributes in tiles.items() if 'aria-current="true"' in attributes]
    assert marked == [str(press[1].pk)]
    watched = [pk for pk, attributes in tiles.items() if "data-watch" in attributes]
    assert watched == [str(press[0].pk)]


def test_a_tile_has_the_shape_of_its_picture_before_and_after_it_comes(member, press):
    expected = '<svg width="576" height="1024"'
    assert read_tries(member).count(expected) == 4
    assert expected in " ".join(renderers.changed_fragments(press[0], "try").split())
    file = {"kind": "image", "url": "https://v3.fal.media/a.png"}
    press[1].artifacts.create(position=0, **file, width=640, height=480)
    page = read_tries(member)
    assert page.count(expected) == 3
    assert page.count('<svg width="640" height="480"') == 1


def test_a_try_says_which_of_its_runs_have_no_result_and_why(member, press):
    page = read_tries(member)
    assert re.search(r'class="reason">Run 3 failed: [^<]*The words were declined\.</p>', page)
    assert 'class="reason">Run 4 cancelled</p>' in page
    Run.objects.filter(pk=press[1].pk).update(state="cancelled")
    assert 'class="reason">Runs 2 and 4 cancelled</p>' in read_tries(member)
    Run.objects.filter(batch=press[0].batch).update(state="cancelled")
    assert 'class="reason">All 4 runs cancelled</p>' in read_tries(member)
    Run.objects.exclude(pk=press[2].pk).delete()
    assert 'class="reason"' not in read_tries(member)
    Run.objects.update(state="failed")
    assert re.search(r'class="reason">[^<]*The words were declined\.</p>', read_tries(member))


def test_a_deleted_run_leaves_the_others_of_its_try_until_it_is_brought_back(member, press):
    def shown() -> list[str]:
        return re.findall(r'id="try-([0-9a-f-]{36})"', read_tries(member))

    everything = [str(run.pk) for run in press]
    headers = {"hx-request": "true"}
    member.post("/runs/deletion/", {"run": everything[1]}, headers=headers)
    assert shown() == [everything[0], *everything[2:]]
    member.post("/runs/recovery/", {"run": everything[1]}, headers=headers)
    assert shown() == everything


def test_all_files_of_a_press_are_saved_together(member, press):
    assert "Download all" not in read_tries(member)
    for run in press[:2]:
        Run.objects.filter(pk=run.pk).update(state="succeeded")
        run.artifacts.create(position=0, kind="image", url="https://v3.fal.media/a.png")
    page = read_tries(member)
    form = page.partition('action="/runs/archives/"')[2].partition("</form>")[0]
    assert re.findall(r'name="run" value="([^"]+)"', form) == [str(run.pk) for run in press]


def test_an_unfinished_run_among_the_tries_is_watched(member, flux, make_run, make_endpoint):
    run = make_run(endpoint=flux)
    watch = escape(watch_tokens.data_watch(run, "try"))
    assert f'data-watch="{watch}"' in read_tries(member)
    run.state = Run.State.SUCCEEDED
    run.save()
    assert "data-watch" not in read_tries(member)
    swapped = " ".join(renderers.changed_fragments(run, "try").split())
    assert f'id="try-{run.pk}" data-run-id="{run.pk}" data-run-state="succeeded"' in swapped
    assert 'hx-swap-oob="true"' in swapped
    assert "hx-get" in swapped
    assert "hx-get" not in renderers.changed_fragments(run, "elsewhere")


def test_an_earlier_try_is_pinned_only_if_it_is_ones_own(member, stranger, flux, make_run):
    make_run(endpoint=flux)
    theirs = make_run(endpoint=flux, user=stranger)
    page = read_tries(member, pin=str(theirs.pk))
    assert "data-pinned" not in page
    assert str(theirs.pk) not in page


# The form's own file on the stage.


@pytest.fixture
def editor(make_endpoint: Any) -> Any:
    """A model that changes a picture."""
    fields = {"prompt": {"type": "string"}, "image_url": {"type": "string"}}
    return make_endpoint("a/edit", document(fields, "image"), category="image-to-image")


def stage_of(client: Client, endpoint: Any, address: str, **query: str) -> str:
    values = json.dumps({"image_url": address})
    page = client.get(endpoint.get_absolute_url(), {"input": values} | query).content.decode()
    return page[page.index('id="stage"') : page.index('id="tries"')]


def test_the_stage_shows_the_picture_of_the_form_until_it_was_changed(member, editor, make_run):
    mine, other = (f"/uploads/{uuid4()}/{name}.png" for name in ("mine", "other"))
    assert f'data-own="{mine}"' in stage_of(member, editor, mine)
    assert "stage-empty" not in stage_of(member, editor, mine)
    arguments = {"prompt": "x", "image_url": other}
    run = make_run(endpoint=editor, arguments=arguments, state="succeeded", output={})
    assert "data-own" in stage_of(member, editor, mine)  # the result is of another picture
    assert "data-own" not in stage_of(member, editor, other)
    assert "data-own" not in stage_of(member, editor, mine, shown=str(run.pk))
    Run.objects.filter(pk=run.pk).update(state="running")
    assert "data-own" not in stage_of(member, editor, mine)  # what is under way stays in sight


@pytest.mark.parametrize("address", ["data:image/png;base64,AA", "https://example.org/a.png"])
def test_the_stage_loads_no_file_from_elsewhere(member, editor, address):
    assert "data-own" not in stage_of(member, editor, address)
