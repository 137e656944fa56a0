"""What visitors of a share do by taps, drags and keys; whole journeys are in test_three_people."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from features.library.selection import ResultKey
from features.sharing import items
from features.sharing.models import Comment, Pick, Share
from runs.models import Run
from tests.browser.axe import assert_clean
from tests.browser.contexts import Contexts
from tests.browser.dragging import drag
from tests.browser.gallery import PHONE, Open
from tests.browser.library.test_viewer import store, tone
from tests.browser.media import png
from tests.catalog.thumbs import film
from tests.features.library.wall.test_wall import done
from tests.features.sharing.conftest import make_picture, make_share

__all__ = ["make_picture", "make_share"]

IS_PLAYING = "selector => document.querySelector(selector).currentTime > 0"
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

    circle = guest.get_by_role("link", name="2: And here").locator("circle").bounding_box()
    assert circle
    guest.mouse.move(circle["x"] + circle["width"] / 2, circle["y"] + circle["height"] / 2)
    guest.mouse.down()
    guest.mouse.move(box["x"] + box["width"] / 2, circle["y"] + 40, steps=4)
    guest.mouse.up()
    drawn = guest.get_by_role("button", name="New place").locator("rect")
    expect(drawn).to_have_attribute("width", re.compile(r"^2[456](\.\d)?%$"))
    assert "#comment" not in guest.url


@pytest.mark.exhaustive
def test_films_and_sounds_play_in_their_tiles(guest: Page) -> None:
    for number, name, kind in ((3, "Film 3", "video"), (4, "Sound 4", "audio")):
        guest.get_by_role("link", name=f"Play {name}").tap()
        medium = guest.locator(f"#item-{number} {kind}")
        expect(medium).to_be_visible()
        guest.wait_for_function(IS_PLAYING, arg=f"#item-{number} {kind}")
        expect(guest.get_by_role("link", name=f"Play {name}")).to_have_count(0)
    assert guest.url.endswith("/review/")
    assert_clean(guest)


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


@pytest.fixture
def three(make_picture: Any) -> list[Run]:
    """Three runs with a picture each."""
    return [make_picture(title=f"picture {number}") for number in range(3)]


@pytest.mark.exhaustive
def test_a_visitor_looks_through_a_share_by_keys_and_by_swipes(
    open_page: Open, three: list[Run], make_share: Any
) -> None:
    share = make_share(*three, note="Which one?")
    page = open_page(share.get_absolute_url())
    expect(page.get_by_role("heading", name="Posters")).to_be_visible()
    assert_clean(page, "a share")
    page.locator("a[data-item]").first.click()
    dialog = page.get_by_role("dialog", name="Result")
    expect(dialog.get_by_text("1 of 3")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_text("2 of 3")).to_be_visible()
    assert_clean(page, "the viewer of a share", within="dialog.large")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#item-2 a[data-item]")).to_be_focused()
