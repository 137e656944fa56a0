"""A page that watches a run: silent while hidden, honest without an answer, beside other tabs."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.browser.contexts import Contexts
from tests.browser.journeys import DONE
from tests.login import in_browser
from tests.processes import Up, until

pytestmark = pytest.mark.browser
LIVE = "**/runs/live/**"
Watch = Callable[..., Page]
RUNNING = "[data-run-id][data-run-state='running']"
# Acts like a tab in the background, and records notifications instead of showing them.
PRETEND = """
  let isHidden = false;
  Object.defineProperty(document, "hidden", { get: () => isHidden });
  window.hide = (value) => {
    isHidden = value;
    document.dispatchEvent(new Event("visibilitychange"));
  };
  window.told = [];
  window.Notification = class extends EventTarget {
    static permission = "default";
    static async requestPermission() { return (this.permission = "granted"); }
    constructor(title, { body }) {
      super();
      window.told.push(`${title}: ${body}`);
    }
  };
"""


def slow(prompt: str) -> str:
    """Return the URL of a form whose run takes an hour, or ends at `Up.hurry`."""
    values = {"prompt": prompt, "duration": 3600, "picture": False}
    return f"/models/mischief/slow/?input={quote(json.dumps(values))}"


@pytest.fixture
def context(contexts: Contexts, vitrine: Up, session: list[Any]) -> BrowserContext:
    context = contexts.take(base_url=vitrine.base)
    context.add_cookies(session)
    context.add_init_script(PRETEND)
    return context


@pytest.fixture
def watching(context: BrowserContext, vitrine: Up) -> Iterator[Watch]:
    """`watching("patience")`: a page that watches a run, which `vitrine.hurry()` ends."""

    def start(prompt: str = "patience") -> Page:
        page = context.new_page()
        page.goto(slow(prompt))
        page.locator("#run-button").click()
        page.wait_for_selector(RUNNING)
        return page

    yield start
    vitrine.hurry()


def end(page: Page, vitrine: Up) -> Page:
    """End the page's run; return the page once it shows the end."""
    vitrine.hurry()
    page.wait_for_selector(DONE)
    return page


def ask_anew(page: Page) -> None:
    """Make the page poll now, so that a poll is held."""
    with page.expect_request(LIVE):
        page.evaluate("dispatchEvent(new Event('online'))")


def is_done(page: Page) -> bool:
    """Return whether the run has ended on the server, without asking the page."""
    return 'data-run-state="succeeded"' in page.request.get(page.url).text()


def note_holder(held: set[int], number: int, request: Request) -> None:
    """Add the page's number to `held` if the request is a held poll."""
    if "hold=1" in request.url:
        held.add(number)


@pytest.mark.exhaustive
def test_a_hidden_page_is_silent_and_catches_up_when_shown(watching, vitrine):
    page = watching()
    ask_anew(page)
    with page.expect_event("requestfailed", lambda request: "/runs/live/" in request.url):
        page.evaluate("window.hide(true)")  # hiding the page ends its held poll
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    vitrine.hurry()
    until(lambda: is_done(page))
    assert not [url for url in requests if "/runs/live/" in url]
    assert page.locator(DONE).count() == 0
    page.evaluate("window.hide(false)")
    page.wait_for_selector(DONE)


def test_a_lost_network_is_told_calmly_and_recovered_from(watching, vitrine, context):
    page = watching()
    context.set_offline(True)
    line = page.locator("#toasts [data-live]")
    expect(line).to_contain_text("You are offline.")
    vitrine.hurry()
    context.set_offline(False)
    page.wait_for_selector(DONE)
    expect(line).to_have_count(0)


@pytest.mark.exhaustive
def test_a_web_process_that_is_killed_is_outlived_by_its_pages(watching, vitrine):
    page = watching()
    killed = vitrine.kill("config.server.serving")
    until(lambda: vitrine.pid_of("config.server.serving") not in {None, killed})
    end(page, vitrine)
    expect(page.locator("#toasts [data-live]")).to_have_count(0)
    assert page.evaluate("performance.getEntriesByType('navigation').length") == 1


@pytest.mark.exhaustive
def test_a_page_that_is_logged_out_says_so_and_catches_up_after_a_login(
    watching, context, vitrine, session
):
    context.clear_cookies()
    in_browser(context.new_page(), vitrine.link)  # a session that this test may end
    page = watching()
    page.request.post(
        "/logout/", headers=json.loads(page.get_attribute("body", "hx-headers") or "")
    )
    vitrine.hurry()
    line = page.locator("#toasts > p")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("You are logged out. Runs go on")
    expect(line.get_by_role("link")).to_have_attribute("target", "_blank")
    expect(page.locator(DONE)).to_have_count(0)
    context.add_cookies(session)  # as by a login in another tab
    page.wait_for_selector(DONE)
    expect(line).to_have_count(0)


@pytest.mark.exhaustive
def test_one_tab_asks_for_all_and_another_goes_on_when_it_is_closed(watching, vitrine):
    pages = [watching(prompt) for prompt in ("first", "second", "third", "fourth")]
    held: set[int] = set()
    for number, page in enumerate(pages):
        page.on("request", partial(note_holder, held, number))
    first, second, third, fourth = pages
    vitrine.hurry("second")
    second.wait_for_selector(DONE)
    third.get_by_role("button", name="Cancel").click()
    beside = fourth.locator(".try", has_text="third").locator(".try-runs a").first
    expect(beside).to_have_attribute("data-state", "cancelled")
    with first.expect_request(lambda request: "hold=1" in request.url):
        pass  # the next poll: the events before it are recorded by then
    assert held == {0}
    first.close()
    fourth.get_by_role("button", name="Cancel").click()
    fourth.wait_for_selector("[data-run-id][data-run-state='cancelled']")
    # the run of the first page is still running
    expect(second.locator("[data-run-id][data-watch]")).to_have_count(1)
    assert len(held) > 1


@pytest.mark.exhaustive
def test_who_asked_for_it_is_told_of_the_end_while_the_page_is_hidden(watching, vitrine):
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
