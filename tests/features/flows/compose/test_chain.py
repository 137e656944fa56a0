"""The steps that led to a result are found from the files that its runs were given."""

from typing import Any

import pytest

from features.flows.compose.chain import chain_of
from features.flows.compose.definition import MOST_STEPS
from tests.features.flows.conftest import FLUX, KLING, SEEDREAM, result_of

pytestmark = pytest.mark.django_db
PHOTO = "/uploads/11111111-2222-3333-4444-555555555555/me.png"


def address(run: Any) -> str:
    return f"/runs/{run.pk}/artifacts/0/"


def test_files_become_wires_and_what_came_from_outside_stays_open(user, models):
    drawn = result_of(user, models[FLUX], arguments={"prompt": "a fox", "seed": 3})
    edited = {"prompt": "in snow", "image_urls": [address(drawn), PHOTO]}
    edited_run = result_of(user, models[SEEDREAM], arguments=edited)
    filmed = {"prompt": "it runs", "image_url": address(edited_run), "tail_image_url": PHOTO}
    chain = chain_of(result_of(user, models[KLING], arguments=filmed), user)
    document = chain.definition.as_json()
    assert [step["endpoint"] for step in document["steps"]] == [FLUX, SEEDREAM, KLING]
    assert chain.runs["s1"] == drawn
    assert [step["wires"] for step in document["steps"]] == [
        [],
        [{"to": ["image_urls", 0], "step": "s1", "path": ["images", 0, "url"]}],
        [{"to": ["image_url"], "step": "s2", "path": ["images", 0, "url"]}],
    ]
    assert [step["arguments"] for step in document["steps"]] == [
        {"prompt": "a fox", "seed": 3},
        {"prompt": "in snow", "image_urls": [PHOTO]},
        {"prompt": "it runs", "tail_image_url": PHOTO},
    ]
    assert {row["name"]: row["targets"] for row in document["inputs"]} == {
        "prompt": [["s1", "prompt"]],
        "image_urls": [["s2", "image_urls", 0], ["s3", "tail_image_url"]],
    }


def test_others_results_and_steps_beyond_the_tenth_stay_files(user, stranger, models):
    theirs = result_of(stranger, models[FLUX])
    run = result_of(user, models[KLING], arguments={"prompt": "x", "image_url": address(theirs)})
    (step,) = chain_of(run, user).definition.steps
    assert step.arguments["image_url"] == address(theirs)
    for _ in range(MOST_STEPS + 2):
        run = result_of(user, models[KLING], arguments={"prompt": "x", "image_url": address(run)})
    chain = chain_of(run, user)
    assert len(chain.definition.steps) == MOST_STEPS
    assert [len(step.wires) for step in chain.definition.steps] == [0] + [1] * (MOST_STEPS - 1)
    assert [field.targets[0][1] for field in chain.definition.inputs] == [
        ("image_url",),
        ("prompt",),
    ]
