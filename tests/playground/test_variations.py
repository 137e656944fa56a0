"""Variations: one press starts several runs, once; they are one try and priced together."""

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from accounts.limits import rate_limit
from playground.variations import ALL_ALIKE
from runs.models import Run
from tests.schemas.strategies import document

HTMX = {"HX-Request": "true"}
PAGE = "/models/fal-ai/flux/dev/"
FILMS = "/models/a/films/"


@pytest.fixture
def films(make_endpoint: Any) -> Any:
    """A model with a seed and without a number of results, at $0.10 per second."""
    properties = {
        "prompt": {"type": "string"},
        "duration": {"type": "string", "enum": ["5", "10"], "default": "5"},
        "seed": {"type": "integer"},
    }
    schema = {"type": "object", "properties": properties, "required": ["prompt"]}
    return make_endpoint(
        "a/films",
        document(schema),
        unit_price_usd=Decimal("0.1"),
        price_unit="seconds",
        currency="USD",
        facts=["out:video"],
    )


def press(client: Client, times: int, token: str = "t", **more: Any) -> Any:
    posted = {"prompt": "a cat", "~token": token, "~variations": str(times)}
    return client.post(FILMS, posted, **more)


def seeds() -> list[Any]:
    return [run.arguments.get("seed") for run in Run.objects.order_by("created_at", "pk")]


def test_several_results_are_one_run_if_the_schema_allows(member, flux):
    member.post(PAGE, {"prompt": "a cat", "~token": "t", "~variations": "4"})
    run = Run.objects.get()
    assert (run.arguments["num_images"], run.batch) == (4, None)


def test_more_results_than_one_run_can_make_are_several_runs(member, flux):
    member.post(PAGE, {"prompt": "a cat", "~token": "t", "~variations": "8"})
    runs = Run.objects.all()
    assert [run.arguments["num_images"] for run in runs] == [4, 4]
    assert len({run.batch for run in runs}) == 1


def test_several_runs_have_new_seeds_and_are_one_try_below_the_first(member, films):
    response = press(member, 4)
    runs = list(Run.objects.order_by("created_at", "pk"))
    assert len(set(seeds())) == 4
    assert len({run.batch for run in runs}) == 1
    assert response.headers["Location"] == runs[0].stage_link
    page = member.get(response.headers["Location"]).content.decode()
    assert f'class="stage-run stack gap-3" id="run-{runs[0].pk}"' in " ".join(page.split())
    assert page.count('<li class="try"') == 1
    assert re.findall(r'id="try-([0-9a-f-]{36})"', page) == [str(run.pk) for run in runs]
    in_place = press(member, 2, "another", headers=HTMX)
    assert in_place.content.decode().count('class="stage-run') == 1


def test_a_double_click_starts_several_runs_once(member, films):
    press(member, 4)
    press(member, 4)
    assert Run.objects.count() == 4
    press(member, 4, token="another")
    assert Run.objects.count() == 8
    assert len(set(seeds())) == 7  # the first run of each press leaves the seed to the model


def test_a_try_takes_as_many_queries_for_any_number_of_runs(
    member, films, make_run, django_assert_max_num_queries
):
    counts = []
    for length in (2, 8):
        batch = uuid.uuid4()
        for _ in range(length):
            make_run(endpoint=films, batch=batch, state="succeeded")
        member.get("/tries/a/films/")
        with django_assert_max_num_queries(12) as captured:
            member.get("/tries/a/films/")
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_answer_to_a_press_shows_the_cost_of_the_next(member, films):
    for times, cost in ((1, "about $0.50"), (4, "about $2.00")):
        text = press(member, times, f"t{times}", headers=HTMX).content.decode()
        sentence = re.search(r'id="run-cost"\s+hx-swap-oob="true"\s*>([^<]*)<', text)
        assert sentence, text
        assert sentence[1] == cost


def test_saving_a_draft_returns_the_cost_of_a_press(member, films):
    def draft_cost(**posted: str) -> Any:
        return member.post("/drafts/a/films/", {"prompt": "a cat", **posted}).json()["cost"]

    assert draft_cost() == {
        "words": "about $0.50",
        "is_known": True,
        "head": "5 s (the default) × $0.10",
        "lines": ["5 s (the default) × $0.10"],
        "named": [],
    }
    assert draft_cost(duration="10")["words"] == "about $1.00"
    assert draft_cost(**{"~variations": "4"}) == {
        "words": "about $2.00",
        "is_known": True,
        "head": "4 runs with new seeds",
        "lines": ["4 runs; each:", "5 s (the default) × $0.10"],
        "named": [],
    }


def test_the_page_shows_the_cost_of_the_form(member, films):
    member.post("/drafts/a/films/", {"prompt": "a cat", "duration": "10"})
    page = member.get(FILMS).content.decode()
    assert "about $1.00" in page
    redrawn = member.post(
        "/forms/default-settings/a/films/", {"duration": "5", "~variations": "2"}, headers=HTMX
    )
    assert re.search(r'id="run-cost" hx-swap-oob="true"\s*>about \$1.00', redrawn.content.decode())
    refused = member.post(FILMS, {"duration": "5", "~do": "run", "~variations": "2"})
    assert re.search(r'value="2"\s+selected', refused.content.decode())


def more(client: Client, run: Run, token: str = "t", **options: Any) -> Any:
    return client.post(f"{run.get_absolute_url()}variations/", {"~token": token}, **options)


def test_more_like_this_has_the_same_arguments_and_new_seeds(member, films, make_run):
    run = make_run(
        endpoint=films, state="succeeded", arguments={"prompt": "a cat", "seed": 7}, title="a cat"
    )
    response = more(member, run)
    new_runs = Run.objects.exclude(pk=run.pk).order_by("created_at", "pk")
    assert response.headers["Location"] == new_runs[0].stage_link
    assert {new_run.arguments["prompt"] for new_run in new_runs} == {"a cat"}
    assert len({new_run.arguments["seed"] for new_run in new_runs} - {7}) == 4
    more(member, run)
    assert Run.objects.count() == 5, "a double click starts them once"
    more(member, run, "of a button drawn anew")
    assert Run.objects.count() == 9
    assert len(set(seeds())) == 9


def test_more_like_this_is_one_run_if_the_schema_has_a_count(member, flux, make_run):
    run = make_run(endpoint=flux, state="succeeded", arguments={"prompt": "a cat", "seed": 7})
    response = more(member, run, headers=HTMX | {"HX-Current-URL": f"http://testserver{PAGE}"})
    new_run = Run.objects.exclude(pk=run.pk).get()
    assert (new_run.arguments["num_images"], new_run.batch) == (4, None)
    assert new_run.arguments["seed"] != 7
    assert response.headers["HX-Retarget"] == "#stage"
    more(member, new_run)
    again = Run.objects.order_by("created_at").last()
    assert again is not None
    assert again.arguments["num_images"] == 4
    assert again.arguments["seed"] not in {7, new_run.arguments["seed"]}


def test_a_result_offers_more_like_this_with_its_price(member, films, make_run):
    run = make_run(endpoint=films, state="succeeded", output={"video": {}})
    page = member.get(run.get_absolute_url()).content.decode()
    assert 'title="4 runs with new seeds"' in page
    assert re.search(r'More like this <span class="figures">about \$2.00</span>', page)


def test_each_run_counts_for_the_rate_limit(member, films, settings, monkeypatch):
    settings.RATE_LIMITS = True
    # with this clock, no slow machine refills a bucket
    standing_clock = rate_limit.Buckets(clock=lambda: 0.0)
    monkeypatch.setattr(rate_limit, "buckets", standing_clock)
    limit = rate_limit.LIMITS["run"]
    user = User.objects.get(username="ana")
    for _ in range(limit.burst - 4):
        rate_limit.buckets.take(limit, f"person {user.pk}")
    assert press(member, 8).status_code == 429
    assert not Run.objects.exists()


ONE_FILE = {"type": "object", "properties": {"image_url": {"type": "string"}}}
WITH_SEED = {
    "type": "object",
    "properties": {"image_url": {"type": "string"}, "seed": {"type": "integer"}},
}
WITH_PROMPT = {"type": "object", "properties": {"prompt": {"type": "string"}}}


@pytest.mark.parametrize(
    ("endpoint_id", "category", "schema", "can_vary"),
    [
        ("lab/kling", "text-to-video", WITH_PROMPT, True),
        ("lab/redraw", "image-to-image", WITH_SEED, True),
        ("lab/depth", "image-to-image", ONE_FILE, False),
        ("lab/esrgan", "image-to-image", ONE_FILE, False),
        ("lab/clarity-upscaler", "image-to-image", WITH_SEED, False),
        ("lab/flux-lora-fast-training", "training", WITH_SEED, False),
        ("lab/rembg", "image-to-image", ONE_FILE, False),
    ],
)
def test_variations_are_offered_only_if_results_can_differ(
    member, make_endpoint, make_run, endpoint_id, category, schema, can_vary
):
    endpoint = make_endpoint(endpoint_id, document(schema), category=category)
    page = member.get(endpoint.get_absolute_url()).content.decode()
    assert ('name="~variations"' in page) is can_vary
    posted = {"image_url": "https://x.test/a.png", "prompt": "x", "~token": "t"}
    answer = member.post(endpoint.get_absolute_url(), posted | {"~variations": "2"}, headers=HTMX)
    assert Run.objects.count() == (2 if can_vary else 0)
    assert (ALL_ALIKE in answer.content.decode()) is not can_vary
    done = make_run(endpoint=endpoint, state="succeeded", output={}, arguments={})
    result = member.get(done.get_absolute_url()).content.decode()
    assert ("More like this" in result) is can_vary
    count = Run.objects.count()
    more(member, done, headers=HTMX)
    assert (Run.objects.count() > count) is can_vary
