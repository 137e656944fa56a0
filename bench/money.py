"""Makes what the pages of money show: budgets, a refusal, a request, bills, an alarm."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from bench.team import FOX, PASSWORD

CHEAP = "/models/sandbox/aurora/lite/"
PROMPT = "A red fox on a frosty morning, poster colours"


def make_money(
    browser: Browser, admin: Page, base: str
) -> tuple[dict[str, str], dict[str, str], object]:
    """Make budgets and bills; return the paths of an admin's pages, of a maker's, and his session.

    To be called after `make_team`, whose ben is the maker.
    """
    _make_pictures(admin)
    rows = [sys.executable, "-m", "bench.money_rows"]
    printed = subprocess.run(rows, check=True, capture_output=True, text=True).stdout
    alarm, project = printed.split()[-2:]
    _make_budget(admin, FOX, limit="50", ask_above="5")
    _make_budget(admin, "ben", limit="25", ask_above="0.001")
    context = browser.new_context(base_url=base)
    ben = context.new_page()
    log_in(ben)
    request = _ask(ben, f"{CHEAP}?project={project}")
    state = context.storage_state()
    context.close()
    return (
        {
            "spend": "/spend/",
            "budgets": "/spend/budgets/",
            "request": request,
            "prices": "/prices/",
            "alarm": alarm,
        },
        {
            "refused": f"{CHEAP}?project={project}",
            "asked": f"{CHEAP}?project=private",
        },
        state,
    )


def press_run(page: Page) -> None:
    """Press Run, to which the answer is a question or a refusal."""
    page.locator("form-fields [name=prompt]").fill(PROMPT)
    page.locator("#run-button").click()
    page.locator("#form-notice [data-refused]").wait_for()


PREPARED: dict[str, Callable[[Page], None]] = {"refused": press_run, "asked": press_run}


def _make_pictures(page: Page) -> None:
    """Run the first model so often that it has enough bills to be measured."""
    for number in range(1, 6):
        page.goto("/models/sandbox/aurora/?project=private")
        page.locator("form-fields [name=prompt]").fill(f"{PROMPT}, sketch {number}")
        page.locator("label:has([name='~variations'][value='1'])").click()
        page.locator("#run-button").click()
        page.wait_for_url("**shown=**")
        page.locator("#stage [data-run-state='succeeded']").first.wait_for()


def log_in(page: Page) -> None:
    """Log in as the maker of `make_team`."""
    page.goto("/login/")
    page.locator("[name=login]").fill("ben")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(lambda address: "/login/" not in address)


def _make_budget(page: Page, whose: str, limit: str, ask_above: str) -> None:
    page.goto("/spend/budgets/new/")
    page.locator("#id_target").select_option(label=whose, force=True)
    page.get_by_label("Limit in dollars").fill(limit)
    page.get_by_label("Ask before a press that costs more than").fill(ask_above)
    page.get_by_role("button", name="Make budget").click()
    page.wait_for_url("**/spend/budgets/")


def _ask(page: Page, path: str) -> str:
    """Press Run, ask for more, and return the path of the request."""
    page.goto(path)
    press_run(page)
    page.locator("#form-notice a", has_text="Ask for more").click()
    page.locator("[name=amount]").fill("5")
    page.locator("[name=sentence]").fill("Six more foxes for the print run on Friday")
    page.get_by_role("button", name=re.compile("^Ask ")).click()
    page.wait_for_url(re.compile(r"/spend/requests/(?!new/)"))
    return urlsplit(page.url).path
