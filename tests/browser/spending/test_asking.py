"""A press of unknown cost under a budget: the page asks yes or no."""

import hashlib
import json
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from catalog.models import Endpoint, Schema
from features.spending.models import Budget
from runs.models import Run
from tests.browser.axe import assert_usable
from tests.browser.contexts import Contexts
from tests.browser.gallery import WIDE
from tests.browser.journeys import prompt
from tests.sampling import sample
from tests.schemas import strategies

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
PROMPT = {"type": "object", "properties": {"prompt": {"type": "string", "title": "Prompt"}}}
TYPED = "a fox in the snow"


@pytest.fixture
def unpriced_model(gallery: None) -> Endpoint:
    """A model of unknown price, in a house with a budget."""
    endpoint = Endpoint.objects.order_by("position")[0]
    endpoint.unit_price_usd = None
    text = json.dumps(strategies.document(PROMPT))
    digest = hashlib.sha256(text.encode()).hexdigest()
    endpoint.schema = Schema.objects.create(digest=digest, document=text)
    endpoint.save()
    Budget.objects.create(scope="house", limit=100)
    return endpoint


@pytest.fixture
def open_form(
    contexts: Contexts, live_server: LiveServer, member: Client, unpriced_model: Endpoint
) -> Open:
    """`open_form(PHONE)` → the page of the model, with its prompt filled in."""

    def open_(size: tuple[int, int] = WIDE, **options: object) -> Page:
        page = contexts.open_as(member, live_server.url, size, **options)
        page.goto(unpriced_model.get_absolute_url())
        prompt(page).fill(TYPED)
        return page

    return open_


def question(page: Page) -> Locator:
    return page.get_by_role("alert").filter(
        has_text="It is not known in advance how much it costs."
    )


def go_on(page: Page) -> Locator:
    return page.get_by_role("button", name="Go on, whatever it costs")


@pytest.mark.exhaustive
@pytest.mark.parametrize("how", sample(["Escape", "Not now"], 1))
def test_neither_a_no_nor_another_press_of_run_is_a_yes(open_form: Open, how: str) -> None:
    page = open_form()
    page.locator("#run-button").press("Enter")
    expect(question(page)).to_be_in_viewport()
    assert_usable(page)
    if how == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Not now").press("Enter")
    expect(question(page)).to_have_count(0)
    expect(page.locator("#run-button")).to_be_focused()
    expect(prompt(page)).to_have_value(TYPED)
    assert not Run.objects.exists()

    page.locator("#run-button").click()
    expect(question(page)).to_be_visible()
    prompt(page).fill("a hare")
    with page.expect_response(lambda response: response.status == 402):
        page.locator("#run-button").click()
    expect(question(page)).to_be_visible()
    assert not Run.objects.exists()
    go_on(page).click()
    expect(page.locator("[data-run-id]").first).to_be_visible()
    assert Run.objects.get().arguments == {"prompt": "a hare"}
