"""References as an axis of a board: one row each, sent to each model in the form that it takes."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client

from features.boards.models import Board
from features.boards.plan.groups import groups_of
from features.boards.plan.rows import NAMED_CONTROL, with_named_rows
from features.library.models import ReferenceRun
from tests.features.boards import documents
from tests.features.library.references.conftest import MakeReference
from tests.features.library.references.test_runs import EDIT, FLUX, MANY, MANY_PICTURES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def models(make_endpoint: Any) -> dict[str, Any]:
    of_models = {FLUX: documents.FLUX, EDIT: documents.EDIT, MANY: MANY_PICTURES}
    return {name: make_endpoint(name, document) for name, document in of_models.items()}


def post_plan(client: Client, do: str, **post: Any) -> Any:
    typed = {"model": [FLUX, EDIT, MANY], "planned": "1", "~token": "t", "~do": do}
    return client.post("/compare/new/", typed | post)


def test_each_model_gets_what_it_takes_of_each_row(
    member: Client, make_reference: MakeReference
) -> None:
    bottle, mug = make_reference("bottle", 3), make_reference("mug", 1, description="a blue mug")
    rows = {"row-field": "prompt", "row-values": "@bottle on ice\n@mug on ice"}
    page = html.unescape(post_plan(member, "update", **rows).content.decode())
    assert "@bottle: 2 of 3 pictures, this model takes 2" in page
    assert post_plan(member, "run", **rows).status_code == 302
    cells = Board.objects.get().cells.select_related("run", "row", "column__endpoint")
    sent = {
        (cell.row.position, cell.column.endpoint.endpoint_id): cell.run.arguments
        for cell in cells
        if cell.run
    }
    assert sent == {
        (0, FLUX): {"prompt": "an amber bottle on ice"},
        (0, EDIT): {"prompt": "an amber bottle on ice", "image_url": bottle.cover},
        (0, MANY): {"prompt": "an amber bottle on ice", "image_urls": bottle.pictures[:2]},
        (1, FLUX): {"prompt": "a blue mug on ice"},
        (1, EDIT): {"prompt": "a blue mug on ice", "image_url": mug.cover},
        (1, MANY): {"prompt": "a blue mug on ice", "image_urls": mug.pictures},
    }
    assert ReferenceRun.objects.count() == 6


def test_chosen_references_become_rows_of_the_prompt(
    member: Client, make_reference: MakeReference
) -> None:
    make_reference("bottle", 1)
    make_reference("mug", 1)
    answer = post_plan(
        member,
        "name-rows",
        **{"shared.prompt": "a photo of @bottle", NAMED_CONTROL: ["@bottle", "@mug"]},
    )
    page = html.unescape(answer.content.decode())
    assert "a photo of @bottle\na photo of @mug</textarea>" in page
    assert 'name="~named" value="@mug"' in page


def test_a_picture_field_varies_over_references(
    member: Client, make_reference: MakeReference
) -> None:
    bottle, mug = make_reference("bottle", 2), make_reference("mug", 1)
    answer = member.post(
        "/compare/new/",
        {
            "model": [EDIT, MANY],
            "planned": "1",
            "~token": "t",
            "~do": "run",
            "shared.prompt": "blue",
            "row-field": "image_url",
            "row-values": "@bottle\n@mug",
        },
    )
    assert answer.status_code == 302, html.unescape(answer.content.decode())
    cells = Board.objects.get().cells.select_related("run")
    sent = [cell.run.arguments for cell in cells.order_by("row", "column") if cell.run]
    assert sent == [
        {"prompt": "blue", "image_url": bottle.cover},
        {"prompt": "blue", "image_urls": bottle.pictures},
        {"prompt": "blue", "image_url": mug.cover},
        {"prompt": "blue", "image_urls": mug.pictures},
    ]


def test_rows_are_in_the_field_that_varies(models: dict[str, Any]) -> None:
    groups = groups_of(models[EDIT], [models[EDIT]])
    names = ["@bottle", "@mug", "no name"]
    post = {"row-field": ["image_url"], "row-values": ["/uploads/a"], "shared.prompt": ["blue"]}
    assert with_named_rows(post, groups, names)["row-values"] == ["/uploads/a\n@bottle\n@mug"]
    post = {"row-field": ["prompt"], "shared.prompt": ["blue\nbig"]}
    assert with_named_rows(post, groups, names)["row-values"] == [
        "blue\nbig @bottle\n---\nblue\nbig @mug"
    ]
    assert with_named_rows({}, groups, ["@mug"])["row-values"] == ["@mug"]
