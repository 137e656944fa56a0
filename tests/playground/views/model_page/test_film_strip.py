"""The film strip of a model's page: the user's runs of the model beside the one on the stage."""

from __future__ import annotations

from html import escape
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.test import Client

from playground.display import renderers
from runs.models import Run
from runs.progress import watch_tokens

FLUX = "fal-ai/flux/dev"


def test_the_film_strip_has_the_users_own_runs_of_the_model(
    member: Client, stranger: User, flux: Any, make_run: Any
) -> None:
    mine, _theirs = make_run(endpoint=flux), make_run(endpoint=flux, user=stranger)
    text = member.get(f"/strips/{FLUX}/").content.decode()
    assert str(mine.pk) in text
    assert text.count("<li ") == 1


def test_a_batch_on_the_stage_is_not_among_its_earlier_runs(
    member: Client, flux: Any, make_run: Any
) -> None:
    key = uuid4()
    earlier = make_run(endpoint=flux, state="succeeded", output={})
    batch = [make_run(endpoint=flux, batch=key, output={}) for _ in range(4)]
    html = member.get(f"/models/{FLUX}/?batch={key}").content.decode()

    def item(run: Any) -> str:
        return html[html.index(f'<li id="strip-{run.pk}"') :].partition(">")[0]

    assert all(" hidden" in item(run) and "data-watch" not in item(run) for run in batch)
    assert " hidden" not in item(earlier)


def test_an_unfinished_run_in_the_film_strip_is_watched(
    member: Client, flux: Any, make_run: Any
) -> None:
    run = make_run(endpoint=flux)
    watch = escape(watch_tokens.data_watch(run, "strip"))
    assert f'data-watch="{watch}"' in strip_item(member, run)
    run.state = Run.State.SUCCEEDED
    run.save()
    assert "data-" not in strip_item(member, run).partition(">")[0]
    swapped = renderers.changed_fragments(run, "strip")
    assert f'id="strip-{run.pk}"  data-run-id="{run.pk}" data-run-state="succeeded"' in swapped
    assert 'hx-swap-oob="true"' in swapped
    assert "data-watch" not in swapped


def strip_item(client: Client, run: Any) -> str:
    text = client.get(f"/strips/{FLUX}/").content.decode()
    return text[text.index(f'<li id="strip-{run.pk}"') : text.index("</li>")]
