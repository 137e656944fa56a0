"""An operation's page: a prompt, a file and good models that are ticked; Run makes a board."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from catalog.models import Collection, Endpoint
from features.boards.models import Board
from runs.models import Run
from tests.features.boards import documents

NEW = "/compare/new/"
PICTURE, CHANGE = f"{NEW}?operation=make-a-picture", f"{NEW}?operation=change-a-picture"
PRICE = {"unit_price_usd": Decimal("0.01"), "price_unit": "images", "currency": "USD"}
PHOTO = "https://example.com/photo.png"
LORA = documents.document(
    "prompt", "loras", prompt=documents.PROMPT, loras={"type": "array", "items": {"type": "object"}}
)


@pytest.fixture(autouse=True)
def catalogue(make_endpoint: Any) -> None:
    """Models in the gallery's order, in which the good ones come last."""
    rows = [
        ("unpriced", documents.FLUX, {}),
        ("weights", LORA, PRICE),
        ("quick-lora", documents.FLUX, PRICE),
        ("klein-base", documents.FLUX, PRICE),
        ("old", documents.FLUX, PRICE | {"status": "deprecated"}),
        ("locked", documents.FLUX, PRICE | {"standing": "blocked"}),
        ("test", documents.FLUX, PRICE | {"tags": ["test"]}),
        ("flux", documents.FLUX, PRICE | {"group_key": "flux"}),
        ("flux-two", documents.FLUX, PRICE | {"group_key": "flux"}),
        ("turbo", documents.TURBO, PRICE),
        ("dream", documents.FLUX, PRICE),
        ("chosen", documents.TURBO, PRICE),
        ("edit", documents.EDIT, PRICE | {"category": "image-to-image"}),
    ]
    for position, (name, document, values) in enumerate(rows):
        make_endpoint(f"lab/{name}", document, position=position, **values)
    collection = Collection.objects.create(slug="ours", title="Ours", is_published=True)
    collection.items.create(endpoint=Endpoint.objects.get(endpoint_id="lab/chosen"), position=0)


def boxes(page: str) -> list[tuple[str, bool]]:
    """Return the models that can be ticked, in order, and whether they are."""
    tags = re.findall(r'<input[^>]*type="checkbox"[^>]*name="model"[^>]*>', page)
    values = ((re.search(r'value="lab/([^"]+)"', tag), "checked" in tag) for tag in tags)
    return [(value[1], is_ticked) for value, is_ticked in values if value]


def test_three_good_models_of_different_families_are_ticked(member: Client) -> None:
    page = member.get(PICTURE).content.decode()
    assert boxes(page) == [
        ("chosen", True),
        ("flux", True),
        ("turbo", True),
        ("dream", False),
        ("unpriced", False),
        ("flux-two", False),
    ]
    assert 'href="/categories/text-to-image/"' in page
    assert re.search(r'id="start-cost"[^>]*>\s*about \$0.03', page)
    assert "autofocus" in page
    assert "row.all.file" not in page


def test_a_press_without_a_script_makes_a_board(member: Client) -> None:
    post = {"operation": "make-a-picture", "row": "0", "row.0.prompt": "a cat", "~do": "run"}
    answer = member.post(NEW, post | {"model": ["lab/chosen", "lab/flux", "lab/turbo"]})
    board = Board.objects.get()
    assert answer["Location"] == f"/compare/{board.pk}/"
    assert board.title == "a cat"
    assert [run.arguments["prompt"] for run in Run.objects.all()] == ["a cat"] * 3


def test_a_needed_picture_goes_into_each_model(member: Client) -> None:
    page = member.get(CHANGE).content.decode()
    assert boxes(page) == [("edit", True)]
    assert 'name="row.all.file"' in page
    post = {"operation": "change-a-picture", "row": "0", "row.0.prompt": "blue", "~do": "run"}
    refused = member.post(NEW, post | {"model": "lab/edit"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "edit: Image is missing" in re.sub(r"\s+", " ", page)
    assert boxes(page) == [("edit", True)]
    assert ">\nblue</textarea>" in page
    assert member.post(NEW, post | {"model": "lab/edit", "row.all.file": PHOTO}).status_code == 302
    assert Run.objects.get().arguments["image_url"] == PHOTO


def test_run_says_the_price_of_what_is_ticked(member: Client) -> None:
    post = {"operation": "make-a-picture", "row": "0", "row.0.prompt": "", "~do": "update"}
    live = {"hx-request": "true"}
    two = member.post(NEW, post | {"model": ["lab/flux", "lab/turbo"]}, headers=live)
    assert re.fullmatch(
        r'<span id="start-cost" class="figures">about \$0.02</span>',
        re.sub(r"\s*([<>])\s*", r"\1", two.content.decode().strip()),
    )
    unknown = member.post(NEW, post | {"model": "lab/unpriced"}, headers=live).content.decode()
    assert "data-unknown" in unknown
    assert "Price unknown" in unknown
    none = member.post(NEW, post | {"~do": "run"})
    assert (none.status_code, Board.objects.count()) == (422, 0)
    assert "Tick at least one model." in none.content.decode()


def test_more_settings_open_the_whole_plan_with_what_was_typed(member: Client) -> None:
    post = {"operation": "make-a-picture", "row": "0", "row.0.prompt": "a cat"}
    for verb in ("more", "add:lab/dream"):
        page = member.post(NEW, post | {"model": ["lab/flux"], "~do": verb}).content.decode()
        assert re.search(r'name="shared.prompt"[^>]*>\s*a cat', page)
        assert 'id="row-values"' in page


def test_an_operation_without_a_fitting_model_leads_to_its_list(member: Client) -> None:
    assert member.get(f"{NEW}?operation=upscale")["Location"] == "/models/?q=upscale+a+picture"
