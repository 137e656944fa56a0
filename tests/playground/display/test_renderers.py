"""The surroundings of a result where it is shown large.

The ways on from it, and what a page says of it.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from playground.display import renderers
from runs.models import Run

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled", "unconfirmed"])
def test_the_link_to_a_runs_page_is_everywhere_except_on_it(
    member: Client, make_run: Any, state: str
) -> None:
    error = {"message": "no"}
    run: Run = make_run(state=state, output={}, error=error, ended_at=timezone.now())
    link = rf'href="{run.get_absolute_url()}"\s*>(?:<svg.*?</svg>)?Details</a>'
    there = re.compile(link, re.DOTALL)
    assert there.search(renderers.changed_fragments(run, "stage"))
    assert not there.search(renderers.changed_fragments(run, "page"))
    assert not there.search(member.get(run.get_absolute_url()).content.decode())


def test_a_run_ending_on_its_page_can_become_an_example_at_once(
    member: Client, make_run: Any
) -> None:
    run: Run = make_run(state="running", output={})
    place = f'id="run-{run.pk}-example"'
    before = member.get(run.get_absolute_url()).content.decode()
    assert place in before
    assert "Show as example" not in before
    assert "Show as example" not in renderers.changed_fragments(run, "page")
    run.state = Run.State.SUCCEEDED
    after = renderers.changed_fragments(run, "page")
    assert f'{place} hx-swap-oob="true"' in after
    assert "Show as example" in after
    assert "Show as example" not in renderers.changed_fragments(run, "stage")


def test_user_texts_have_automatic_text_direction(member: Client, make_run: Any) -> None:
    run: Run = make_run(title="\u05d7\u05ea\u05d5\u05dc", state="cancelled")
    assert f'<h1 dir="auto">{run.title}' in member.get(run.get_absolute_url()).content.decode()
    assert '<h3 dir="auto">' in member.get("/runs/?as=list").content.decode()


POEM = "a\nb\nc\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```\none\ntwo\n```\n\n- first\n- second"


@pytest.mark.parametrize(
    "values",
    [
        {"state": "succeeded", "output": {"caption": POEM}},
        {"state": "running", "partial": {"output": POEM}},
    ],
)
def test_a_text_keeps_its_lines_and_tables(make_run: Any, values: dict[str, Any]) -> None:
    run: Run = make_run(**values)
    shown = renderers.context(run)
    (text,) = shown["texts"] or shown["partial"].texts
    assert "<p>a<br />\nb<br />\nc</p>" in text.html
    assert text.html.count("<br") == 2
    assert "<td>2</td>" in text.html
    assert "<code>one\ntwo\n</code>" in text.html
    assert "<li>second</li>" in text.html


@pytest.mark.parametrize(
    ("name", "label"), [("palette.safetensors", "SAFETENSORS file"), ("weights", "File")]
)
def test_a_file_without_a_viewer_has_a_labelled_tile(make_run: Any, name: str, label: str) -> None:
    run: Run = make_run(state="succeeded", output={}, ended_at=timezone.now())
    run.artifacts.create(
        position=0,
        path="file",
        kind="file",
        url="https://v3.fal.media/x",
        file_name=name,
        size_bytes=1800,
        error="It is tried.",
    )
    markup = renderers.changed_fragments(run, "stage")
    tile = markup[markup.index('<div class="tile">') : markup.index("</figure>")]
    assert f'<p class="name">{name}</p>' in tile
    assert f"{label} · " in tile
    assert "1.8 KB" in tile
    assert "no preview" in tile
    assert re.search(rf'\?download"\s+aria-label="Download {name}"', markup)
    assert "Not copied here yet. It is tried." in tile
