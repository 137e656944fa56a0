"""Users reach their goals with at most the promised number of presses, texts, drops and keys."""

import hashlib
import json
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from catalog.models import Endpoint, Schema
from features.spending.models import Budget
from runs.models import Run
from tests.browser.axe import assert_usable
from tests.browser.contexts import Contexts
from tests.browser.hand import Hand
from tests.browser.journeys import AURORA, DONE, PHONE, WIDE, open_page, prompt
from tests.browser.media import begin_drag
from tests.browser.people.house import browsers, invite, join
from tests.processes import until
from tests.projects.people import logged_in, make_project, person
from tests.sampling import sample
from tests.schemas import strategies

__all__ = ["browsers", "open_page"]
pytestmark = pytest.mark.browser
FIRST_RESULT, POSTER, DECISION, MONEY, MADE_AGAIN = 2, 14, 16, 6, 3
SIZES = sample([WIDE, PHONE], 1)
ENDED_MS = 90_000
PROMPT = {"type": "object", "properties": {"prompt": {"type": "string", "title": "Prompt"}}}
REASON = "Its letters can be read from across the street"
Size = tuple[int, int]


def touch(size: Size) -> dict[str, Any]:
    return {"size": size, "has_touch": size == PHONE}


@pytest.mark.parametrize("size", SIZES)
def test_a_newcomers_first_result(browsers, session, size, record_property):
    page = browsers.open(**touch(size))
    join(page, invite(browsers.open(session)), f"nora-{uuid.uuid4().hex[:6]}")
    page.goto("/")
    hand = Hand(page)
    offered = page.locator(".first-steps")
    words = offered.get_by_role("textbox").first.input_value()
    hand.click(offered.get_by_role("button", name="Run", exact=True).first)
    expect(page.locator(f"#stage {DONE}").first).to_be_visible(timeout=ENDED_MS)
    expect(page.locator(".artifact").first).to_be_visible()
    expect(prompt(page)).to_have_value(words)
    hand.tell(record_property, FIRST_RESULT)


def make_result(page: Page) -> str:
    """Run a model; return the address of our copy of its result, once it is stored."""
    page.goto(AURORA)
    prompt(page).fill("a heron in the mist")
    prompt(page).press("Control+Enter")
    done = f"#stage [data-title='a heron in the mist']{DONE}"
    page.wait_for_selector(done)
    run = page.locator(done).get_attribute("data-run-id")
    address = f"/runs/{run}/artifacts/0/"
    until(lambda: page.request.get(address, max_redirects=0).status == 200)
    page.goto(AURORA)
    prompt(page).fill("something else")
    page.goto("/models/")
    begin_drag(page)
    return address


def made_again(page: Page) -> None:
    page.wait_for_selector(f"#stage {DONE}")
    expect(page.locator(".try").nth(1)).to_be_visible()
    expect(prompt(page)).to_have_value("a heron in the mist")


@pytest.mark.parametrize("size", SIZES)
def test_a_renamed_file_is_made_again(open_page, size, record_property):
    page = open_page("/models/", has_touch=size == PHONE, size=size)
    file = make_result(page)
    hand = Hand(page)
    hand.drop(file, "IMG_0001.png", "image/png")
    expect(page.locator("#toasts")).to_contain_text("Made here by Aurora, ")
    assert_usable(page)
    hand.click(page.get_by_role("link", name="Use its settings"))
    expect(prompt(page)).to_have_value("a heron in the mist")
    hand.click(page.locator("#run-button"))
    made_again(page)
    hand.tell(record_property, MADE_AGAIN)


@pytest.mark.parametrize("size", SIZES)
def test_a_poster_in_eight_variations_of_which_a_client_sees_five(open_page, size, record_property):
    page = open_page("/models/sandbox/aurora/lite/", has_touch=size == PHONE, size=size)
    hand = Hand(page)
    hand.type(prompt(page), "A harbour at dawn")
    hand.select(page.get_by_label("Variations", exact=True), "8")
    hand.click(page.locator("#run-button"))
    tiles = page.locator(".try").first.locator("a[data-state='succeeded']")
    expect(tiles).to_have_count(8, timeout=ENDED_MS)
    hand.click(page.get_by_role("link", name="Results", exact=True).first)
    tiles = page.locator("#wall .tile")
    for number in range(5):
        page.mouse.move(0, 0)  # a toast above the tiles stays while the pointer rests on it
        tiles.nth(number).hover()
        hand.click(tiles.nth(number).locator(".pick"))
    hand.click(page.get_by_role("button", name="Share").first)
    question = page.get_by_role("dialog", name="Share", exact=True)
    hand.click(question.get_by_role("button", name="A client"))
    dialog = page.get_by_role("dialog", name="Shared")
    expect(dialog.get_by_role("button", name="A client")).to_have_attribute("aria-pressed", "true")
    hand.tell(record_property, POSTER)
    page.goto(dialog.locator("[data-share]").inner_text())
    expect(page.locator(".review-tile")).to_have_count(5)


@pytest.mark.parametrize("size", SIZES)
def test_which_model_for_landscapes(open_page, size, record_property):
    page = open_page("/", has_touch=size == PHONE, size=size)
    hand = Hand(page)
    hand.type(page.get_by_label("What you want to make"), "a landscape")
    hand.click(page.get_by_role("button", name="Find models"))
    if size == PHONE:
        hand.click(page.get_by_role("button", name="More actions"))
    hand.click(page.locator("[data-compare]"))
    for model in ("sandbox/ridgeline", "sandbox/aurora"):
        hand.click(page.locator(f"article[data-endpoint-id='{model}'] .compare-pick"))
    hand.click(page.get_by_role("link", name="Compare 2 models"))
    hand.type(page.locator("[name='row-values']"), "A harbour at dawn")
    hand.click(page.locator("[data-board-plan] .plan-bar [value=run]"))
    expect(page.locator("[data-run-state='succeeded']")).to_have_count(2, timeout=ENDED_MS)
    hand.click(page.get_by_role("link", name="Judge", exact=True))
    hand.click(page.get_by_role("button", name="Wins its row: B"))
    hand.click(page.get_by_text("We take…"))
    hand.select(page.locator(".judge-decision [name='column']"), "1")
    hand.type(page.locator(".judge-decision [name='why']"), REASON)
    hand.click(page.get_by_role("button", name="Save the decision"))
    expect(page.locator("main")).to_contain_text(REASON)
    hand.tell(record_property, DECISION)


def rings(page: Page, count: int) -> None:
    bell = page.locator("[data-inbox]")
    expect(bell).to_have_attribute("data-inbox", str(count))
    new = f", {count} new" if count else ""
    expect(bell).to_have_accessible_name(re.compile(rf"^Inbox{new}(, \d running)?$"))


@pytest.fixture
def expensive_model(gallery: None) -> Endpoint:
    """A model that costs two dollars a picture."""
    endpoint = Endpoint.objects.order_by("position")[0]
    endpoint.unit_price_usd, endpoint.price_unit, endpoint.currency = Decimal(2), "images", "USD"
    text = json.dumps(strategies.document(PROMPT))
    digest = hashlib.sha256(text.encode()).hexdigest()
    endpoint.schema = Schema.objects.create(digest=digest, document=text)
    endpoint.save()
    return endpoint


def open_as(contexts: Contexts, server: LiveServer, client: Client, size: Size) -> Page:
    scheme = "dark" if size == PHONE else "light"
    options = {"has_touch": size == PHONE, "color_scheme": scheme}
    page = contexts.open_as(client, server.url, size, **options)
    page.goto("/")
    return page


@pytest.mark.parametrize("size", SIZES)
def test_money_is_asked_for_allowed_and_used(
    contexts, live_server, expensive_model, size, record_property
):
    fox = make_project("Fox", ana="maker", mia="manager")
    Budget.objects.create(scope="project", project=fox, limit=Decimal(1))
    ana = open_as(contexts, live_server, logged_in(person("ana")), size)
    ana.goto(f"{expensive_model.get_absolute_url()}?project={fox.slug}")
    prompt(ana).fill("a fox in the snow")
    ana.locator("#run-button").click()  # refused: here the counted journey begins
    asking = Hand(ana)
    asking.click(ana.get_by_role("link", name="Ask for more"))
    asking.click(ana.get_by_role("button", name="Ask"))
    expect(prompt(ana)).to_have_value("a fox in the snow")
    rings(ana, 0)

    mia = open_as(contexts, live_server, logged_in(person("mia")), size)
    rings(mia, 1)
    allowing = Hand(mia)
    allowing.click(mia.locator("[data-inbox]"))
    expect(mia.locator("#tray")).to_contain_text("ana asks for")
    assert_usable(mia)
    allowing.click(mia.locator("#tray").get_by_role("button", name=re.compile("Allow \\$")))
    rings(mia, 0)

    asking.click(ana.locator("#run-button"))
    expect(ana.locator("[data-run-id]").first).to_be_visible()
    asking.clicks += allowing.clicks
    asking.tell(record_property, MONEY)

    ana.goto("/inbox/")
    rings(ana, 1)


@pytest.mark.exhaustive
def test_neither_a_no_nor_another_press_of_run_allows_an_unknown_cost(
    contexts, live_server, member, expensive_model
):
    Endpoint.objects.filter(pk=expensive_model.pk).update(unit_price_usd=None)
    Budget.objects.create(scope="house", limit=100)
    page = open_as(contexts, live_server, member, WIDE)
    page.goto(expensive_model.get_absolute_url())
    prompt(page).fill("a fox in the snow")
    question = page.get_by_role("alert").filter(has_text="It is not known in advance")
    page.locator("#run-button").press("Enter")
    expect(question).to_be_in_viewport()
    assert_usable(page)
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(page.locator("#run-button")).to_be_focused()
    expect(prompt(page)).to_have_value("a fox in the snow")
    assert not Run.objects.exists()

    page.locator("#run-button").click()
    expect(question).to_be_visible()
    prompt(page).fill("a hare")
    with page.expect_response(lambda response: response.status == 402):
        page.locator("#run-button").click()
    expect(question).to_be_visible()
    assert not Run.objects.exists()
    page.get_by_role("button", name="Go on, whatever it costs").click()
    expect(page.locator("[data-run-id]").first).to_be_visible()
    assert Run.objects.get().arguments == {"prompt": "a hare"}
