"""A review by two people: a guest on a phone picks and comments, the designer answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from features.library.selection import ResultKey
from features.sharing import items
from features.sharing.models import Comment, Pick, Share
from tests.browser.axe import assert_clean, assert_fits, assert_usable
from tests.browser.contexts import Contexts
from tests.browser.dragging import drag
from tests.browser.gallery import PHONE, Open
from tests.browser.library.test_viewer import store, tone
from tests.browser.media import png
from tests.catalog.thumbs import film
from tests.features.library.wall.test_wall import done

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def share(open_page: Open, user: User, make_run: Any) -> Share:
    """A review of two pictures, a video and a sound, in this order."""
    runs = [done(make_run, title=f"result {number}", files=[]) for number in range(4)]
    for run, colour in zip(runs, ("teal", "maroon"), strict=False):
        store(run, png(800, 600, colour), "image/png", width=800, height=600)
    store(runs[2], film(2.0), "video/mp4", width=400, height=300)
    store(runs[3], tone(), "audio/wav")
    share = Share.objects.create(
        user=user,
        title="Posters",
        picks=Share.Picks.SOME,
        most_picks=3,
        takes_ratings=True,
        takes_comments=True,
    )
    items.keep_in_step(share, [ResultKey(run.pk, 0) for run in runs])
    return share


@pytest.fixture
def guest(contexts: Contexts, live_server: Any, share: Share) -> Page:
    """The page of the review on the phone of a guest without an account."""
    context = contexts.take(
        viewport={"width": PHONE[0], "height": PHONE[1]}, base_url=live_server.url, has_touch=True
    )
    page = context.new_page()
    hold_polls(page)
    page.goto(f"{share.get_absolute_url()}review/")
    return page


def hold_polls(page: Page) -> None:
    """Leave polls unanswered: the test's server has none, and a started Vitrine tests them."""
    page.route("**/shares/live/**", lambda route: None)


def introduce(page: Page, name: str) -> None:
    """Enter a name once a press has asked for it."""
    dialog = page.get_by_role("dialog", name="Your name")
    dialog.get_by_label("Your name").fill(name)
    dialog.get_by_label("Your name").press("Enter")
    expect(dialog).not_to_be_visible()


def pick(page: Page, number: int) -> Any:
    """Return the button that picks an item."""
    return page.get_by_role("button", name=f"Pick: {number}", exact=True)


def test_a_client_picks_two_and_comments_and_the_designer_answers_with_a_version(
    guest: Page, open_page: Open, share: Share, make_run: Any
) -> None:
    pick(guest, 1).tap()
    introduce(guest, "Anna")
    expect(pick(guest, 1)).to_have_attribute("aria-pressed", "true")
    pick(guest, 3).tap()
    expect(guest.get_by_text("2 of 3 chosen")).to_be_visible()
    assert Pick.objects.count() == 2
    assert_fits(guest)

    guest.goto(f"{share.get_absolute_url()}review/3/")
    player = guest.locator("video")
    expect(player).to_have_js_property("readyState", 4)
    player.evaluate("film => { film.currentTime = 1.2 }")
    guest.get_by_role("button", name="Use the current time").click()
    expect(guest.get_by_label("At", exact=True)).to_have_value("0:01.2")
    guest.get_by_label("Your comment").fill("The boat should be larger here")
    guest.get_by_role("button", name="Send").last.click()
    moment = guest.get_by_role("link", name="0:01.2")
    expect(moment).to_be_visible()
    player.evaluate("film => { film.currentTime = 0 }")
    moment.click()
    expect(player).to_have_js_property("currentTime", 1.2)
    assert Comment.objects.get().from_ms == 1200
    assert_fits(guest)

    run = done(make_run, title="larger boat", files=[])
    store(run, film(1.0), "video/mp4", width=400, height=300)
    designer = open_page("/shares/")
    hold_polls(designer)
    designer.goto(designer.url + f"{share.pk}/review/")
    expect(designer.get_by_text("The boat should be larger here")).to_be_visible()
    assert_usable(designer)
    designer.get_by_role("link", name="Answer with a new version").click()
    designer.locator(f"label:has([value='{run.pk}/0'])").click()
    designer.get_by_role("button", name="Use it as version 2").click()
    expect(designer.get_by_text("Version 2 is added.")).to_be_visible()

    guest.goto(f"{share.get_absolute_url()}review/5/")
    expect(guest.get_by_role("link", name="Version 2 answers Anna\u2019s comment")).to_be_visible()
    guest.get_by_role("link", name="Version 1", exact=True).click()
    expect(guest.get_by_text("The boat should be larger here")).to_be_visible()


@pytest.mark.exhaustive
def test_a_pin_is_set_by_a_tap_and_moved_by_keys(guest: Page, share: Share) -> None:
    guest.goto(f"{share.get_absolute_url()}review/1/")
    guest.get_by_role("button", name="Mark a place").focus()
    guest.keyboard.press("Enter")
    guest.keyboard.press("ArrowLeft")
    for key in ("ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown"):
        guest.keyboard.press(key)
    guest.keyboard.press("Enter")
    guest.keyboard.type("Here")
    guest.get_by_role("button", name="Send").last.click()
    introduce(guest, "Anna")
    pin = guest.get_by_role("link", name="1: Here")
    expect(pin).to_be_visible()
    comment = Comment.objects.get()
    region = (comment.x, comment.y, comment.width, comment.height)
    assert region == (490, 490, 20, 40)
    expect(guest.get_by_label("Your comment")).to_have_value("")
    assert_clean(guest)

    picture = guest.locator(".review-canvas img")
    box = picture.bounding_box()
    assert box
    picture.tap(position={"x": box["width"] / 4, "y": box["height"] / 2})
    guest.get_by_label("Your comment").fill("And here")
    guest.get_by_role("button", name="Send").last.click()
    expect(guest.get_by_role("link", name="2: And here")).to_be_visible()
    second = Comment.objects.get(text="And here")
    assert second.x == pytest.approx(250, abs=10)


@pytest.mark.exhaustive
def test_favourites_are_dragged_into_an_order(share: Share, guest: Page) -> None:
    Share.objects.update(picks=Share.Picks.RANKED)
    guest.reload()
    pick(guest, 1).tap()
    introduce(guest, "Anna")
    pick(guest, 2).tap()
    places = guest.locator("review-order li")
    expect(places).to_have_count(2)
    drag(places.nth(1).locator(".review-rank"), places.nth(0), 5, 5)
    # the server has sent it back as the first
    expect(guest.get_by_role("button", name="Move 2 up")).to_be_disabled()
    assert [*Pick.objects.order_by("rank").values_list("item__number", flat=True)] == [2, 1]
