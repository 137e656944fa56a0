"""What the front page offers users who have made no run yet."""

import copy
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from catalog.models import Endpoint, Mark
from runs.models import Artifact, Run

OFFER = r'action="/models/(a/[\w/-]+)/'
TITLE = "Start with one of these"


def priced(dollars: str) -> dict[str, Any]:
    return {"unit_price_usd": Decimal(dollars), "price_unit": "images", "currency": "USD"}


@pytest.fixture
def models(make_endpoint: Any, documents: dict[str, Any]) -> None:
    """Models in the gallery's order: those that a newcomer must not start with come first."""
    flux = documents["fal-ai/flux/dev"]
    rows = [
        ("unpriced", "text-to-image", {}),
        ("dear", "text-to-image", priced("0.06")),
        ("flux-lora", "text-to-image", priced("0.01")),
        ("klein/base", "text-to-image", priced("0.01")),
        ("mishap", "text-to-image", priced("0.01") | {"tags": ["test"]}),
        ("old", "text-to-image", priced("0.01") | {"status": "deprecated"}),
        ("picture", "text-to-image", priced("0.03")),
        ("approved", "text-to-image", priced("0.03") | {"mark": Mark.APPROVED}),
        ("film", "text-to-video", priced("0.4")),
        ("voice", "text-to-speech", priced("0.02")),
        ("essay", "llm", priced("0.01")),
    ]
    for position, (name, category, values) in enumerate(rows):
        make_endpoint(f"a/{name}", copy.copy(flux), category=category, position=position, **values)
    make_endpoint("a/without", category="text-to-video", position=9)


def read_front_page(client: Client) -> str:
    return unescape(client.get("/").content.decode())


def test_a_newcomer_has_a_picture_a_film_and_a_voice_at_known_prices(member, models):
    page = read_front_page(member)
    steps = " ".join(page[page.index(TITLE) : page.index("Make a picture")].split())
    assert re.findall(OFFER, steps) == ["a/approved", "a/film", "a/voice"]
    assert re.findall(r'Run ?<span class="figures">([^<]+)', steps) == [
        "about $0.03",
        "about $0.40",
        "about $0.02",
    ]
    Endpoint.objects.filter(endpoint_id="a/approved").update(mark="blocked")
    assert re.findall(OFFER, read_front_page(member))[0] == "a/picture"


def test_one_press_runs_the_words_on_the_card_and_opens_the_filled_form(member, models):
    post = {"prompt": "a red door", "~token": "first", "~do": "run-example"}
    for _ in range(2):  # two presses make one run
        answer = member.post("/models/a/picture/", post)
        run = Run.objects.get()
        assert answer.headers["Location"] == run.stage_link
    assert run.arguments["prompt"] == "a red door"
    page = member.get(run.stage_address).content.decode()
    assert f'id="run-{run.pk}' in page
    assert re.search(r'<textarea[^>]*name="prompt"[^>]*>\s*a red door', page)


def test_a_starter_stays_until_its_kind_was_made(member, models, make_run):
    run = make_run()
    assert len(re.findall(OFFER, read_front_page(member))) == 3  # nothing has come of it yet
    for place, (kind, left) in enumerate([("image", 2), ("video", 1), ("audio", 0)]):
        Artifact.objects.create(
            run=run, position=place, path="x", kind=kind, url="https://a.test/a"
        )
        assert len(re.findall(OFFER, read_front_page(member))) == left
    assert TITLE not in read_front_page(member)


def test_what_the_newcomer_may_not_run_is_not_offered(member, models, user, make_run, stranger):
    make_run(user=stranger)  # a run of another user
    Endpoint.objects.filter(endpoint_id="a/film").update(mark="blocked")
    assert re.findall(OFFER, read_front_page(member)) == ["a/approved", "a/voice"]
