"""How a page reports ended runs.

With a notice, in its title, and by a notification if the user wants one.
"""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.watching import Watch, context, slow, watching
from tests.processes import Up

__all__ = ["context", "watching"]
pytestmark = pytest.mark.browser


@pytest.mark.exhaustive
def test_who_waits_is_offered_to_be_told_however_long_the_page_was_open(
    context: BrowserContext,
) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto(slow())
    page.clock.fast_forward("01:00:00")
    for _ in range(2):
        page.locator("#run-button").click()
        expect(page.get_by_role("button", name="Notify me when it ends")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_selector("#stage [data-run-state='cancelled']")


@pytest.mark.exhaustive
def test_who_asked_for_it_is_told_of_the_end_while_the_page_is_hidden(
    watching: Watch,
    vitrine: Up,
) -> None:
    page = watching()
    button = page.get_by_role("button", name="Notify me when it ends")
    button.click()
    expect(page.get_by_role("button", name="You will be notified")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.evaluate("window.hide(true)")
    vitrine.hurry()
    expect(page).to_have_title(re.compile(r"1 done · Slow · Vitrine$"))
    assert page.evaluate("window.told") == ["Run done: Slow: patience"]
    page.evaluate("window.hide(false)")
    expect(page).not_to_have_title(re.compile("done"))
    expect(page.locator(".notify-me")).to_have_count(0)


@pytest.mark.exhaustive
def test_ends_are_collected_in_one_notification_that_says_which_models_and_what_failed(
    watching: Watch,
) -> None:
    page = watching()
    page.get_by_role("button", name="Notify me when it ends").click()
    page.evaluate("window.hide(true)")
    page.evaluate(
        """(states) => states.forEach((state, number) => {
          const run = document.body.appendChild(document.createElement("article"));
          const [title, model] = [`cat ${number}`, number ? "Aurora" : "Slow"];
          Object.assign(run.dataset, { runId: number, title, model });
          if (state === "failed") run.innerHTML = "<div class='failure'><h3>Refused</h3></div>";
          const options = { bubbles: true, detail: { state } };
          for (const _ of [1, 2]) run.dispatchEvent(new CustomEvent("run:finished", options));
        })""",
        ["succeeded", "succeeded", "failed"],
    )
    assert page.evaluate("window.told") == [
        "Run done: Slow: cat 0",
        "2 runs done: Slow, Aurora",
        "2 runs done, 1 failed: Slow, Aurora\nAurora: cat 2: Refused",
    ]
    assert page.evaluate("new Set(window.tags).size") == 1
    page.evaluate("window.hide(false)")
    assert page.evaluate("localStorage.getItem('vitrine-ended')") is None
