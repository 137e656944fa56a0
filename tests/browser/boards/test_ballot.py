"""A ballot in a browser: by keys, and on the phone of a client without an account."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from features.boards.models import Vote
from tests.browser import axe
from tests.browser.contexts import Contexts
from tests.browser.gallery import PHONE, WIDE
from tests.browser.waiting import Held
from tests.features.boards.conftest import models, plan_of, send
from tests.features.boards.judging import Judged, make_judged_board, stored_picture
from tests.features.sharing.kinds.walking import share_of
from tests.projects.people import logged_in

__all__ = ["make_judged_board", "models", "plan_of", "send", "stored_picture"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def client_page(
    user: User, make_judged_board: Judged, contexts: Contexts, live_server: Any
) -> Page:
    """A shared board of two pairs, on the phone of a visitor without an account."""
    board = make_judged_board("flux", "turbo", prompts="quiet zebra\nloud heron")
    share = share_of(user, "board", str(board.pk), shows_models=False, takes_votes=True)
    page = contexts.take(viewport={"width": PHONE[0], "height": PHONE[1]}).new_page()
    page.goto(live_server.url + share.get_absolute_url())
    return page


def test_a_client_sees_a_board_and_judges_it_by_keys(client_page: Page) -> None:
    page = client_page
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(2)
    first, second = (rows.nth(place).bounding_box() for place in (0, 1))
    assert first
    assert second
    assert second["y"] >= first["y"] + first["height"]
    axe.assert_usable(page)
    page.get_by_role("link", name="Vote: which one is better?").click()
    page.get_by_label("Your name").fill("Anna")
    page.get_by_role("button", name="Start voting").click()
    better = page.get_by_role("button", name="A is better")
    box = better.bounding_box()
    assert box
    assert box["height"] >= 44
    page.keyboard.press("ArrowRight")
    expect(page.locator("#judge")).to_contain_text("1 of 2 judged")
    page.locator("#judge").focus()
    page.keyboard.press("0")
    expect(page.locator("#judge")).to_contain_text("You have judged every pair")
    axe.assert_fits(page)
    assert {vote.guest_name for vote in Vote.objects.all()} == {"Anna"}


def test_a_key_that_comes_before_htmx_votes(
    user: User, make_judged_board: Judged, contexts: Contexts, live_server: Any
) -> None:
    """htmx, once loaded, posts the held form together with the button that was pressed."""
    board = make_judged_board("flux", "turbo", prompts="quiet zebra")
    page = contexts.open_as(logged_in(user), live_server.url, WIDE)
    htmx = Held(page, "**/htmx-2*.js")
    page.goto(f"{board.get_absolute_url()}vote/")
    expect(page.locator(".judge-choices")).to_be_visible()
    page.keyboard.press("ArrowRight")
    htmx.let_go()
    expect(page.locator("#judge")).to_contain_text("You have judged every pair")
