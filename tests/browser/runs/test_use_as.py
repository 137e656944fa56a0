"""From a result to another model, back to the result before it, and on."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_clean
from tests.browser.journeys import (
    AURORA,
    DONE,
    PHONE,
    WIDE,
    Open,
    open_page,
    prompt,
)
from tests.sampling import sample

__all__ = ["open_page"]
pytestmark = pytest.mark.browser


def run(page: Page, words: str) -> str:
    """Run with a prompt and wait for the result; return the run's id."""
    known = page.locator("#stage [data-run-id]").evaluate_all(
        "all => all.map(o => o.dataset.runId)"
    )
    prompt(page).fill(words)
    page.locator("#run-button").click()
    done = page.locator(f"#stage {DONE}")
    others = "".join(f":not([data-run-id='{key}'])" for key in known)
    expect(page.locator(f"#stage {DONE}{others}")).to_have_count(1, timeout=60_000)
    return done.first.get_attribute("data-run-id") or ""


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", sample([WIDE, PHONE], 1))
def test_a_picture_becomes_the_start_of_a_film(open_page: Open, size: tuple[int, int]) -> None:
    page = open_page(AURORA, size)
    key = run(page, "a harbour at dawn")
    page.locator("#stage a[data-shortcut='u']").first.click()
    menu = page.locator("dialog.jump")
    expect(menu.get_by_text("Start frame of a film", exact=True)).to_be_visible()
    assert_clean(page)
    page.keyboard.type("drift")
    expect(menu.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/drift/image-to-video/"))
    expect(page.locator("#form-notice")).to_contain_text("now holds the picture of the run of")
    expect(page.locator("media-field .media-view img")).to_be_visible()
    link = page.locator("media-field a.media-name")
    expect(link).to_have_text("Result of Aurora")
    assert link.get_attribute("href") == f"/runs/{key}/"


@pytest.mark.exhaustive
def test_back_returns_to_the_result_before_and_forward_to_the_next(open_page: Open) -> None:
    page = open_page(AURORA)
    first = run(page, "one boat")
    second = run(page, "two boats")
    prompt(page).fill("three boats, not run yet")
    page.go_back()
    expect(page.locator(f"#stage #run-{first}-result")).to_be_visible()
    assert page.url.endswith(f"?shown={first}")
    expect(prompt(page)).to_have_value("three boats, not run yet")
    page.go_forward()
    expect(page.locator(f"#stage #run-{second}-result")).to_be_visible()
    expect(prompt(page)).to_have_value("three boats, not run yet")


def test_a_key_shows_what_more_runs_cost_and_enter_starts_them(open_page: Open) -> None:
    """V started four paid runs by itself, also when it was a letter of a word."""
    page = open_page(AURORA)
    made = run(page, "a kite")
    page.locator("#stage a[data-view]").first.click()
    expect(page.locator("dialog.viewer[open] .viewer-picture[data-loaded]")).to_be_visible()
    page.keyboard.press("v")
    expect(page.get_by_role("button", name="More like this")).to_be_focused()
    expect(page.locator(".viewer-said")).to_contain_text("press Enter to start")
    expect(page).to_have_url(re.compile(f"#view={made}"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"shown=(?!{made})"))
