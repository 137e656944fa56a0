"""The first screen of a board: a sentence, pictures, an amount; the house chooses the models."""

import re
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Collection, Endpoint
from features.boards.models import Board
from projects.models import Rule
from runs.models import LedgerAccount, Run
from tests.features.boards import documents

NEW = "/compare/new/"
PICTURE, CHANGE = f"{NEW}?operation=make-a-picture", f"{NEW}?operation=change-a-picture"
PRICE = {"unit_price_usd": Decimal("0.01"), "price_unit": "images", "currency": "USD"}
PHOTO = "https://example.com/photo.png"
LORA = documents.document(
    "prompt", "loras", prompt=documents.PROMPT, loras={"type": "array", "items": {"type": "object"}}
)
ASK = {"operation": "tell-me-what-to-use", "asked": "a cat, for commercial use", "cap": "1"}


@pytest.fixture(autouse=True)
def catalogue(make_endpoint: Any) -> None:
    """Models in the gallery's order, in which the good ones come last."""
    rows = [
        ("unpriced", documents.FLUX, {}),
        ("weights", LORA, PRICE),
        ("quick-lora", documents.FLUX, PRICE),
        ("klein-base", documents.FLUX, PRICE),
        ("old", documents.FLUX, PRICE | {"status": "deprecated"}),
        ("locked", documents.FLUX, PRICE | {"mark": "blocked"}),
        ("test", documents.FLUX, PRICE | {"tags": ["test"]}),
        ("flux", documents.FLUX, PRICE | {"group_key": "flux"}),
        ("flux-two", documents.FLUX, PRICE | {"group_key": "flux"}),
        ("turbo", documents.TURBO, PRICE | {"license_type": "commercial"}),
        ("dream", documents.FLUX, PRICE | {"license_type": "commercial"}),
        ("chosen", documents.TURBO, PRICE | {"license_type": "commercial"}),
        ("edit", documents.EDIT, PRICE | {"category": "image-to-image"}),
    ]
    for position, (name, document, values) in enumerate(rows):
        make_endpoint(f"lab/{name}", document, position=position, **values)
    collection = Collection.objects.create(slug="ours", title="Ours", is_published=True)
    collection.items.create(endpoint=Endpoint.objects.get(endpoint_id="lab/chosen"), position=0)


def chosen(page: str) -> list[str]:
    """Return the models that Run would compare, in order."""
    return re.findall(r'data-endpoint-id="lab/([^"]+)"', page)


def read(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_best_of_each_family_are_chosen(member):
    page = read(member.get(PICTURE))
    assert chosen(page) == ["chosen", "flux", "turbo", "dream", "flux-two"]
    assert re.search(r'id="start-cost"[^>]*> ?up to \$0.05', page)
    assert 'value="1.00"' in page


def test_a_sentence_from_the_front_page_says_what_the_models_need(member):
    page = read(member.get(f"{NEW}?q=a+cat,+for+commercial+use"))
    assert chosen(page) == ["chosen", "turbo", "dream"]
    assert "> a cat, for commercial use</textarea>" in page
    assert chosen(read(member.get(NEW))) == ["chosen", "flux", "turbo", "dream", "flux-two"]
    assert chosen(read(member.post(NEW, ASK | {"~do": "update", "row.all.file": PHOTO}))) == [
        "edit"
    ]


def test_a_press_without_a_script_runs_them_within_the_amount_and_opens_judge(member):
    answer = member.post(NEW, ASK | {"~do": "run"})
    board = Board.objects.get()
    assert answer["Location"] == f"/compare/{board.pk}/judge/"
    assert (board.title, board.cap_usd) == ("a cat, for commercial use", Decimal(1))
    assert [run.arguments["prompt"] for run in Run.objects.all()] == ["a cat"] * 3
    account = LedgerAccount.objects.get(kind="board")
    assert (account.cap_usd, account.committed) == (Decimal(1), Decimal("0.03"))


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        ("0.02", "$0.02 is too little to compare 3 models: $0.03 is enough."),
        ("", "Write what it may cost at most"),
    ],
)
def test_an_amount_that_does_not_do_sends_nothing(member, amount, message):
    answer = member.post(NEW, ASK | {"cap": amount, "~do": "run"})
    assert (answer.status_code, Board.objects.count()) == (422, 0)
    assert message in read(answer)
    assert "> a cat, for commercial use</textarea>" in read(answer)


def test_a_rule_of_the_house_chooses_too(member):
    Rule.objects.create(effect="forbid", kind="id", value="lab/turbo", reason="No.")
    assert chosen(read(member.get(f"{NEW}?q=a+cat,+for+commercial+use"))) == ["chosen", "dream"]


def test_a_needed_picture_goes_into_each_model(member):
    page = read(member.get(CHANGE))
    assert chosen(page) == ["edit"]
    assert 'name="row.all.file"' in page
    post = {"operation": "change-a-picture", "asked": "blue", "cap": "1", "~do": "run"}
    refused = member.post(NEW, post)
    assert refused.status_code == 422
    assert "edit: Image is missing" in read(refused)
    answer = member.post(NEW, post | {"row.all.file": PHOTO})
    assert answer["Location"] == f"/compare/{Board.objects.get().pk}/"  # one result is not judged
    assert Run.objects.get().arguments["image_url"] == PHOTO
    many = member.post(NEW, post | {"row.all.file": [f"{PHOTO}?{n}" for n in range(4)]})
    assert "Give at most 3 files." in read(many)


def test_the_models_follow_what_is_typed(member):
    live = {"hx-request": "true"}
    page = read(member.post(NEW, ASK | {"~do": "update"}, headers=live))
    assert page.lstrip().startswith('<section class="start-choice')
    assert re.search(r'id="start-cost"[^>]*hx-swap-oob="true"> ?up to \$0.03', page)


def test_more_settings_open_the_whole_plan_with_what_was_typed(member):
    page = member.post(NEW, ASK | {"~do": "more"}).content.decode()
    assert re.search(r'name="shared.prompt"[^>]*>\s*a cat<', page)
    assert re.search(r'name="cap"[^>]*value="1"', re.sub(r"\s+", " ", page))
    assert 'id="row-values"' in page


def test_the_winner_is_kept_as_the_decision_of_the_day(member, user):
    member.post(NEW, ASK | {"~do": "run"})
    board = Board.objects.get()
    Run.objects.update(state=Run.State.SUCCEEDED)  # nothing is decided before
    cell = board.cells.get(column__endpoint__endpoint_id="lab/turbo")
    judge = f"/compare/{board.pk}/judge/"
    member.post(judge, {"cell": cell.pk, "winner": cell.column.position})
    board.refresh_from_db()
    assert (board.taken, board.taken_by) == (cell.column, user)
    assert board.taken_why == "the best of 3 models for “a cat, for commercial use”"
    member.post(judge, {"cell": cell.pk, "winner": ""})
    board.refresh_from_db()
    assert board.taken is None


def test_a_reload_keeps_the_sentence(member, user):
    answer = member.post(NEW, ASK | {"~do": "update"}, headers={"hx-request": "true"})
    address = answer["HX-Replace-Url"]
    assert "> a cat, for commercial use</textarea>" in read(member.get(address))


def test_models_are_unticked_and_added(member):
    shown = {"~shown": ["lab/chosen", "lab/turbo", "lab/dream"], "~use": ["lab/turbo"]}
    page = read(member.post(NEW, ASK | shown | {"~do": "add:lab/flux"}))
    assert chosen(page)[0] == "flux"
    assert re.search(r'value="lab/turbo" aria-label="[^"]*" checked', page)
    assert not re.search(r'value="lab/dream" aria-label="[^"]*" checked', page)
    four = ["lab/chosen", "lab/turbo", "lab/dream", "lab/flux"]
    shown = {"~shown": four, "~use": ["lab/turbo", "lab/flux"], "~added": ["lab/flux"]}
    member.post(NEW, ASK | shown | {"~do": "run"})
    assert {*Run.objects.values_list("endpoint__endpoint_id", flat=True)} == {
        "lab/turbo",
        "lab/flux",
    }
