"""Selecting results on the wall, by mouse and keyboard, and the bar's actions: series and stars."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from features.library.models import Series
from features.library.series import items
from runs.models import Artifact, Run
from tests.browser.axe import assert_clean
from tests.browser.gallery import Open
from tests.browser.library.test_wall import PIXEL, tile
from tests.features.library.wall.test_wall import done

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def eight(make_run: Any) -> list[Run]:
    """Eight runs with a picture each, newest last."""
    runs = [done(make_run, title=f"picture {number}", files=[(512, 512)]) for number in range(8)]
    Artifact.objects.update(url=PIXEL)
    return runs


def selected_count(page: Page) -> Any:
    return page.locator("output[data-count]")


def test_the_keyboard_selects_a_range_all_and_nothing(open_page: Open, eight: list[Run]) -> None:
    page = open_page("/runs/")
    expect(page.get_by_role("button", name="Star")).to_be_hidden()
    page.locator("#wall .face").first.focus()
    page.keyboard.press("Space")
    expect(selected_count(page)).to_have_text("1 selected")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(selected_count(page)).to_have_text("3 selected")
    page.keyboard.press("Shift+ArrowLeft")
    expect(selected_count(page)).to_have_text("2 selected")
    page.keyboard.press("Control+a")
    expect(selected_count(page)).to_have_text("8 selected")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Star")).to_be_hidden()


@pytest.mark.exhaustive
def test_shift_click_and_a_rectangle_select_and_open_nothing(
    open_page: Open, eight: list[Run]
) -> None:
    page = open_page("/runs/")
    newest = tile(page, eight[7])
    newest.hover()
    newest.get_by_role("checkbox").check()
    tile(page, eight[4]).locator(".face").click(modifiers=["Shift"])
    expect(selected_count(page)).to_have_text("4 selected")
    first, other = newest.bounding_box(), tile(page, eight[6]).bounding_box()
    assert first
    assert other
    page.mouse.move(first["x"] + 60, first["y"] + 60)
    page.mouse.down()
    page.mouse.move(first["x"] + 80, first["y"] + 80, steps=3)
    page.mouse.move(other["x"] + 60, other["y"] + 90, steps=5)
    expect(page.locator(".selection-rectangle")).to_be_visible()
    expect(selected_count(page)).to_have_text("2 selected")
    page.mouse.up()
    expect(page.locator(".selection-rectangle")).to_have_count(0)
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.url.partition("#")[0].endswith("/runs/") or "until" in page.url


@pytest.mark.exhaustive
def test_stars_and_series_from_the_bar(open_page: Open, eight: list[Run]) -> None:
    page = open_page("/runs/")
    for run in (eight[7], eight[5]):
        tile(page, run).hover()
        tile(page, run).get_by_role("checkbox").check()
    page.locator(".selection summary", has_text="Series").click()
    page.get_by_label("Add to the series").fill("fox")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 results are in the series “fox”.")).to_be_visible()
    page.get_by_role("button", name="Star", exact=True).click()
    expect(tile(page, eight[5]).get_by_text("starred")).to_be_attached()
    expect(selected_count(page)).to_have_text(
        "2 selected"
    )  # the selection stays for the next action
    page.locator(".selection summary", has_text="Series").click()
    page.get_by_role("button", name="All series…").click()
    page.get_by_label("A new series").fill("Poster")
    page.get_by_role("button", name="Create series").click()
    expect(page.get_by_role("heading", name="Poster")).to_be_visible()
    page.locator(".series-wall .face").first.focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.get_by_text("Now 2 of 2")).to_be_attached()
    assert [item.run_id for item in items.items_of(Series.objects.get(name="Poster"))] == [
        eight[5].pk,
        eight[7].pk,
    ]
    assert_clean(page)
