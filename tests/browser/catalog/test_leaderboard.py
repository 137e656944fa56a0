"""The leaderboard in a browser: found, narrowed by category, and clean at both sizes."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from catalog.models import Endpoint
from tests.boards.leaderboard.voting import voted
from tests.browser import axe
from tests.browser.gallery import PHONE, Open

pytestmark = pytest.mark.browser


@pytest.fixture
def votes(gallery: None, user: User) -> None:
    """Votes on four models of two categories; those of films are too few to tell."""
    flux = [Endpoint.objects.get(display_name=f"Flux {n}") for n in (4, 8)]
    films = [Endpoint.objects.get(display_name=f"Flux {n}") for n in (1, 5)]
    voted(user, flux, wins=7, tags=["photos of products"])
    voted(user, films, wins=2)


@pytest.mark.usefixtures("votes")
def test_the_leaderboard_is_found_narrowed_and_followed_to_a_model(open_page: Open) -> None:
    page = open_page("/models/?q=won:>60 %25")
    expect(page.locator("#said")).to_contain_text("2 models")
    card = page.locator("article.card").filter(has_text="Flux 4")
    expect(card).to_contain_text("Won 100 % of 7 votes here")
    axe.assert_clean(page)
    page.get_by_role("link", name="Leaderboard").click()
    tables = page.get_by_role("table")
    expect(tables).to_have_count(2)
    expect(page.get_by_role("heading", name="Not yet compared with the others")).to_be_visible()
    expect(tables.first.get_by_role("row").nth(1)).to_contain_text("Flux 4")
    axe.assert_clean(page)
    page.get_by_label("Category").select_option("image-to-video")
    page.get_by_role("button", name="Show").press("Enter")
    expect(tables).to_have_count(1)
    expect(page.get_by_text("Too few to tell", exact=True)).to_have_count(2)
    assert "category=image-to-video" in page.url
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    axe.assert_fits(page)
    axe.assert_clean(page)
    page.emulate_media(color_scheme="dark")
    axe.assert_clean(page)
    page.get_by_role("link", name="Flux 1", exact=True).click()
    expect(page.locator("#record")).to_contain_text("Won 100 % of 2 votes here")


@pytest.mark.usefixtures("gallery")
def test_without_votes_it_says_how_to_begin(open_page: Open) -> None:
    page = open_page("/leaderboard/", PHONE)
    expect(page.get_by_role("heading", name="No votes yet")).to_be_visible()
    axe.assert_clean(page)
    axe.assert_fits(page)
    page.get_by_role("link", name="Plan a board").click()
    page.wait_for_url("**/compare/new/**")
