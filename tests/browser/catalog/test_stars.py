"""Stars in a browser: a press changes them at once, wherever their model appears, and back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from catalog.models import Favourite
from tests.browser.gallery import PHONE, WIDE, Open
from tests.sampling import sample

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", sample([PHONE, WIDE], 1))
def test_a_star_turns_at_once_is_announced_and_can_be_undone(
    open_page: Open, size: tuple[int, int]
) -> None:
    page = open_page("/", size)
    stars = page.get_by_role("button", name="Star: Kling 0")
    expect(stars).to_have_count(2)  # in the collection, and in the list of new models
    stars.first.click()
    for star in stars.all():
        expect(star).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status").filter(has_text="Kling 0 is starred")).to_be_visible()
    assert Favourite.objects.count() == 1
    page.get_by_role("button", name="Undo").click()
    expect(stars.first).to_have_attribute("aria-pressed", "false")
    expect(
        page.get_by_role("status").filter(has_text="Kling 0 is no longer starred")
    ).to_be_visible()
    expect(page.get_by_text("Kling 0 is starred")).to_have_count(0)
    assert Favourite.objects.count() == 0


@pytest.mark.exhaustive
def test_a_star_turns_in_the_other_tabs_and_back_when_the_server_refuses(open_page: Open) -> None:
    page = open_page("/models/")
    other = page.context.new_page()
    other.goto(page.url)
    star, its_twin = (
        tab.get_by_role("button", name="Star: Flux 1", exact=True) for tab in (page, other)
    )
    star.click()
    expect(its_twin).to_have_attribute("aria-pressed", "true")
    its_twin.click()
    expect(star).to_have_attribute("aria-pressed", "false")
    expect(
        other.get_by_role("status").filter(has_text="Flux 1 is no longer starred")
    ).to_be_visible()
    assert Favourite.objects.count() == 0

    page.route("**/favourites/", lambda route: route.fulfill(status=500))
    star.hover()
    star.click()
    expect(page.locator("#toasts")).to_contain_text("500")
    expect(star).to_have_attribute("aria-pressed", "false")
    open_page.errors.clear()  # type: ignore[attr-defined]
