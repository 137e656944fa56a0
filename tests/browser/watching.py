"""Pages that watch runs whose end the test decides, for tests of live pages."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.contexts import Contexts
from tests.browser.journeys import DONE
from tests.processes import Up

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
  window.tags = [];
  window.Notification = class extends EventTarget {
    static permission = "default";
    static async requestPermission() { return (this.permission = "granted"); }
    constructor(title, { body, tag }) {
      super();
      window.told.push(`${title}: ${body}`);
      window.tags.push(tag);
    }
  };
"""


def slow(prompt: str = "patience", seconds: float = 3600) -> str:
    """Return the URL of a form whose run takes `seconds`, or ends at `Up.hurry`."""
    values = {"prompt": prompt, "duration": seconds, "picture": False}
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
