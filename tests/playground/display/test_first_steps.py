"""What the front page offers users who have made no run yet."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Endpoint
from core.formatting import shorten
from runs.models import Run

OFFER = r'formaction="/models/(a/\w+)/'
TITLE = "Start with one of these"


@pytest.fixture
def models(make_endpoint: Any, documents: dict[str, Any]) -> None:
    for position, name in enumerate(("text-to-image", "text-to-image", "text-to-video", "llm")):
        make_endpoint(
            f"a/{position}", documents["fal-ai/flux/dev"], category=name, position=position
        )
    make_endpoint("a/without", category="vision", position=9)


def read_front_page(client: Client) -> str:
    return unescape(client.get("/").content.decode())


def test_a_newcomer_has_three_kinds_of_models_and_a_result_by_one_press(
    member: Client, models: None
) -> None:
    page = read_front_page(member)
    steps = page[page.index(TITLE) : page.index("Make a picture")]
    assert re.findall(OFFER, steps) == ["a/0", "a/2", "a/3"]
    for _ in range(2):  # two presses make one run
        answer = member.post("/models/a/0/", {"~token": "first", "~do": "run-example"})
        assert answer.headers["Location"] == Run.objects.get().get_absolute_url()
    assert shorten(Run.objects.get().title, 140) in steps
    assert TITLE not in read_front_page(member)


def test_what_the_newcomer_may_not_run_is_not_offered(
    member: Client, models: None, user: User, make_run: Any, stranger: User
) -> None:
    make_run(user=stranger)  # a run of another user
    Endpoint.objects.filter(endpoint_id="a/2").update(standing="blocked")
    assert re.findall(OFFER, read_front_page(member)) == ["a/0", "a/3"]
