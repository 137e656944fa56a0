"""Models that take two pictures in different ways: each gets both, or its card says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from boards.models import Column
from catalog.models import Endpoint
from runs.models import Run
from tests.boards import documents

pytestmark = pytest.mark.django_db
URL = {"type": "string", "ui": {"field": "image"}}
A, B = "https://x.test/a.png", "https://x.test/b.png"
TEXT = documents.PROMPT
NAMES = ("lab/list", "lab/kling", "lab/pixverse", "lab/single")


@pytest.fixture
def films(make_endpoint: Any) -> list[Endpoint]:
    """A model with a list, two with a first and a last frame, and one that takes one picture."""
    inputs: list[dict[str, Any]] = [
        {"image_urls": {"type": "array", "items": URL}},
        {"start_image_url": URL, "end_image_url": URL},
        {"first_image_url": URL, "last_image_url": URL},
        {"image_url": URL},
    ]
    return [
        make_endpoint(name, documents.document(next(iter(fields)), prompt=TEXT, **fields))
        for name, fields in zip(NAMES, inputs, strict=True)
    ]


def run(member: Client, models: list[str], **controls: Any) -> dict[str, dict[str, Any]]:
    """Run a plan; return the arguments sent, by model."""
    post = {"model": models, "planned": "1", "~do": "run", "~token": "one", **controls}
    assert member.post("/compare/new/", post).status_code == 302
    return {
        run.endpoint.endpoint_id: {k: v for k, v in run.arguments.items() if k != "prompt"}
        for run in Run.objects.select_related("endpoint")
    }


EXPECTED = {
    "lab/list": {"image_urls": [A, B]},
    "lab/kling": {"start_image_url": A, "end_image_url": B},
    "lab/pixverse": {"first_image_url": A, "last_image_url": B},
    "lab/single": {"image_url": A},
}


def steps_of(name: str) -> list[str]:
    column = Column.objects.get(endpoint__endpoint_id=name)
    return [step_words for kind, step_words in column.steps if kind == "dropped"]


@pytest.mark.parametrize("way", ["shared", "table"])
def test_a_list_of_two_pictures_fits_every_model(
    member: Client, films: list[Endpoint], way: str
) -> None:
    ways: dict[str, dict[str, Any]] = {
        "shared": {"shared.prompt": "x", "shared.image_urls": [A, B]},
        "table": {"table": f'[{{"prompt": "x", "image_urls": ["{A}", "{B}"]}}]'},
    }
    assert run(member, list(NAMES), **ways[way]) == EXPECTED
    assert [steps_of(name) for name in NAMES] == [
        [], [], [], ["The second picture is not used: this model takes one"]
    ]  # fmt: skip
    page = member.get(Column.objects.latest("pk").board.get_absolute_url()).content.decode()
    assert "The second picture is not used: this model takes one" in page


def test_first_and_last_frames_fit_every_model(member: Client, films: list[Endpoint]) -> None:
    frames = {"shared.prompt": "x", "shared.start_image_url": A, "shared.end_image_url": B}
    assert (
        run(member, ["lab/kling", "lab/list", "lab/pixverse", "lab/single"], **frames) == EXPECTED
    )
    assert steps_of("lab/single") == ["“End image” is not used: this model takes one picture"]


def test_the_plan_names_unused_frames_before_sending(member: Client, films: list[Endpoint]) -> None:
    post = {"model": list(NAMES), "planned": "1", "~do": "update", "shared.image_urls": [A, B]}
    page = member.post("/compare/new/", post).content.decode()
    assert page.count("The second picture is not used: this model takes one") >= 1
    assert "Images → Start image and End image" in page
