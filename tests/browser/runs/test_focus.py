"""When the focused element disappears, the focus moves to a place that is visible."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.journeys import WIDE, Open, open_page
from tests.browser.waiting import eventually, wait_at_rest
from tests.browser.watching import slow
from tests.sampling import sample

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
ZOOMED = (720, 450)  # a laptop's window at 200 %


def see_below_the_head(page: Page, element: Locator) -> None:
    """Wait until the whole element is in sight below the head, and check that it stays there."""

    def is_seen() -> bool:
        head, box = page.locator(".head").bounding_box(), element.bounding_box()
        return bool(
            head
            and box
            and box["y"] >= head["y"] + head["height"]
            and box["y"] + box["height"] <= page.evaluate("innerHeight")
        )

    eventually(page, is_seen)
    wait_at_rest(page)
    assert is_seen()


@pytest.mark.exhaustive
def test_cancel_in_the_history_leaves_the_focus_to_the_rows_link(open_page: Open) -> None:
    page = open_page(slow())
    page.locator("#run-button").click()
    page.wait_for_selector("[data-run-state='running']")
    page.goto("/runs/?as=list")
    row = page.locator(".run-row").first
    row.get_by_role("button", name="Cancel").press("Enter")
    expect(row.get_by_role("link", name="patience", exact=True)).to_be_focused()
    expect(row).to_have_attribute("data-run-state", "cancelled")
    expect(row.get_by_role("link", name="patience", exact=True)).to_be_focused()


@pytest.mark.exhaustive
def test_zoomed_in_the_focus_is_never_below_the_head(open_page: Open) -> None:
    page = open_page(slow(), size=ZOOMED)
    page.locator("#run-button").press("Enter")
    state = page.locator("#stage .state")
    expect(state).to_be_focused()
    see_below_the_head(page, state)
    expect(page.locator("#stage .stage-run")).to_have_attribute("data-run-state", "running")
    cancel = page.get_by_role("button", name="Cancel")
    cancel.focus()
    page.evaluate("scrollTo(0, 9999)")
    page.keyboard.press("Enter")
    page.wait_for_selector("#stage [data-run-state=cancelled]")
    expect(state).to_be_focused()
    see_below_the_head(page, state)


@pytest.mark.exhaustive
@pytest.mark.parametrize("path", sample(["/", "/runs/?as=list"], 1))
def test_the_owners_menu_closes_by_escape_and_by_a_click_elsewhere(
    open_page: Open, path: str
) -> None:
    page = open_page(path, size=WIDE)
    name = page.locator("nav .menu > summary")
    link = page.locator("nav .menu").get_by_role("link", name="Spending")
    name.click()
    link.focus()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(name).to_be_focused()
    name.click()
    expect(link).to_be_visible()
    page.locator(".foot").click(position={"x": 5, "y": 5})
    expect(link).to_be_hidden()
