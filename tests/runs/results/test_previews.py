"""A text result of many megabytes: pages show its beginning and link to the whole file."""

import json
import time
from typing import Any

import pytest
from django.contrib.auth.models import User

from playground.display import renderers
from runs.models import Run
from runs.results import json_tree, previews
from tests.tables import each_row

WORD = "lorem ipsum dolor sit amet, "
LARGE = WORD * (3_000_000 // len(WORD))
MOST_BYTES = 200_000  # for a whole page, with its menus and icons


@pytest.fixture
def large(make_run: Any, user: User) -> Run:
    run: Run = make_run(user=user, state=Run.State.SUCCEEDED, output={"text": LARGE, "seed": 7})
    return run


def test_a_page_with_megabytes_of_text_is_small_and_links_to_the_file(member, large):
    began = time.process_time()
    response = member.get(large.get_absolute_url())
    took_s = time.process_time() - began
    page = response.content.decode()
    assert len(response.content) < MOST_BYTES
    assert took_s < 3
    assert WORD in page
    assert f"of {len(LARGE):,} characters are shown here" in page
    assert f'href="/runs/{large.pk}/texts/0.txt"' in page
    assert "<copy-button" not in page.split('class="text-output stack"')[1].split("</section>")[0]


@each_row("view", ["stage", "page", "row", "copies"])
def test_answers_to_polls_are_small(large, make_run, view):
    streaming = make_run(state=Run.State.RUNNING, partial={"output": LARGE, "message": LARGE})
    assert len(renderers.changed_fragments(large, view)) < MOST_BYTES
    assert len(renderers.changed_fragments(streaming, view)) < MOST_BYTES


def test_the_full_text_and_the_full_output_are_files(member, large):
    response = member.get(f"/runs/{large.pk}/texts/0.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.getvalue().decode() == LARGE
    assert member.get(f"/runs/{large.pk}/texts/1.txt").status_code == 404
    output = member.get(f"/runs/{large.pk}/output.json")
    assert json.loads(output.getvalue()) == large.output


def test_a_text_of_hostile_markup_is_served_as_text(member, make_run, user):
    text = "<script>alert(1)</script>\ud800\x00é" * 3000
    run = make_run(user=user, state=Run.State.SUCCEEDED, output={"text": text})
    body = member.get(f"/runs/{run.pk}/texts/0.txt").getvalue().decode()
    assert body.startswith("<script>alert(1)</script>?é<script>")
    assert "<script>alert(1)" not in member.get(run.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "value",
    [
        {"text": LARGE},
        [WORD * 50] * 5000,
        {f"{n}" * 50_000: n for n in range(1, 60)},
        [[WORD * 70] * 40] * 60,
    ],
)
def test_a_json_tree_of_any_value_is_small(value):
    assert len(json_tree.render(value)) < MOST_BYTES
    assert len(json_tree.preview(value)) < previews.MAX_JSON_CHARS + 100
