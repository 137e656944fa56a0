"""What visitors of a share do by keys; whole journeys are in test_three_people."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from features.boards.models import Vote
from features.library.selection import ResultKey
from features.sharing import items
from features.sharing.models import Comment, Share
from tests.browser.axe import assert_clean, assert_fits, assert_usable
from tests.browser.gallery import PHONE
from tests.browser.library.test_viewer import store
from tests.browser.media import png
from tests.features.boards.conftest import models, plan_of, send
from tests.features.boards.judging import make_judged_board, stored_picture
from tests.features.library.wall.test_wall import done
from tests.features.sharing.kinds.walking import share_of

__all__ = ["make_judged_board", "models", "plan_of", "send", "stored_picture"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def pick(page: Page, number: int) -> Any:
    """Return the button that picks an item."""
    return page.get_by_role("button", name=f"Pick: {number}", exact=True)


@pytest.mark.exhaustive
def test_a_region_is_marked_by_keys(contexts, live_server, gallery, user, make_run):
    run = done(make_run, title="a result", files=[])
    store(run, png(800, 600, "teal"), "image/png", width=800, height=600)
    share = Share.objects.create(user=user, title="Posters", takes_comments=True)
    items.keep_in_step(share, [ResultKey(run.pk, 0)])
    viewport = {"width": PHONE[0], "height": PHONE[1]}
    page = contexts.take(viewport=viewport, base_url=live_server.url).new_page()
    page.route("**/shares/live/**", lambda route: None)  # the test's server has no polls
    page.goto(f"{share.get_absolute_url()}review/1/")
    page.get_by_role("button", name="Mark a place").press("Enter")
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.keyboard.type("Here")
    page.get_by_role("button", name="Send").last.click()
    name = page.get_by_role("dialog", name="Your name").get_by_label("Your name")
    name.fill("Anna")
    name.press("Enter")
    expect(page.get_by_role("link", name="1: Here")).to_be_visible()
    comment = Comment.objects.get()
    assert (comment.x, comment.y, comment.width, comment.height) == (490, 490, 20, 40)
    assert_clean(page)


def test_a_shared_board_is_judged_by_keys(user, make_judged_board, contexts, live_server):
    board = make_judged_board("flux", "turbo", prompts="quiet zebra\nloud heron")
    share = share_of(user, "board", str(board.pk), shows_models=False, takes_votes=True)
    page = contexts.take(viewport={"width": PHONE[0], "height": PHONE[1]}).new_page()
    page.goto(live_server.url + share.get_absolute_url())
    expect(page.locator("[data-row]")).to_have_count(2)
    assert_usable(page)
    page.get_by_role("link", name="Vote: which one is better?").click()
    page.get_by_label("Your name").fill("Anna")
    page.get_by_role("button", name="Start voting").click()
    expect(page.get_by_role("button", name="A is better")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#judge")).to_contain_text("1 of 2 judged")
    page.locator("#judge").focus()
    page.keyboard.press("0")
    expect(page.locator("#judge")).to_contain_text("You have judged every pair")
    assert_fits(page)
    assert {vote.guest_name for vote in Vote.objects.all()} == {"Anna"}
