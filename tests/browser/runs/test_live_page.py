"""A page that watches a run: silent while hidden, honest without an answer, beside other tabs."""

import json
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from tests.browser.journeys import DONE
from tests.browser.waiting import eventually, pass_time
from tests.browser.watching import RUNNING, Watch, context, end, slow, watching
from tests.login import in_browser
from tests.processes import Up, until

__all__ = ["context", "watching"]
pytestmark = pytest.mark.browser
LIVE = "**/runs/live/**"


def ask_anew(page: Page) -> None:
    """Make the page poll now, so that a poll is held."""
    with page.expect_request(LIVE):
        page.evaluate("dispatchEvent(new Event('online'))")


def is_done(page: Page) -> bool:
    """Return whether the run has ended on the server, without asking the page."""
    return 'data-run-state="succeeded"' in page.request.get(page.url).text()


def note_errors(page: Page, noted: list[str]) -> None:
    """Add each error message of the page's console to `noted`."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            noted.append(message.text)

    page.on("console", note)


def note_holder(held: set[int], number: int, request: Request) -> None:
    """Add the page's number to `held` if the request is a held poll."""
    if "hold=1" in request.url:
        held.add(number)


@pytest.mark.exhaustive
def test_a_hidden_page_is_silent_and_catches_up_when_shown(
    watching: Watch,
    vitrine: Up,
) -> None:
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


@pytest.mark.exhaustive
def test_a_poll_that_nobody_answers_any_more_is_asked_anew_when_the_network_is_back(
    watching: Watch,
    vitrine: Up,
) -> None:
    page = watching()
    page.route(LIVE, lambda route: None)  # no answer ever comes, as after a laptop's sleep
    ask_anew(page)
    vitrine.hurry()
    until(lambda: is_done(page))
    assert page.locator(DONE).count() == 0
    page.unroute(LIVE)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector(DONE)


@pytest.mark.exhaustive
def test_a_run_that_gave_its_place_to_another_is_seen_and_told_to_its_end(
    watching: Watch, vitrine: Up, context: BrowserContext
) -> None:
    page = watching()
    history = context.new_page()
    history.goto("/runs/?as=list")
    page.locator("[name=prompt]").fill("the next one")
    page.locator("#run-button").click()
    first = page.locator(".try-runs > li").nth(1)
    expect(first).to_have_attribute("data-run-state", "running")
    vitrine.hurry("patience")
    for watcher in (page, history):
        expect(watcher.locator("#toasts")).to_contain_text(re.compile("Run done: .patience"))
    expect(first.locator("a")).to_have_attribute("data-state", "succeeded")
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("[data-run-id][data-run-state='cancelled']")


@pytest.mark.exhaustive
def test_an_answer_for_what_is_no_longer_on_the_page_is_passed_over(
    watching: Watch,
    vitrine: Up,
) -> None:
    page = watching("gone from the stage")
    missed: list[str] = []
    note_errors(page, missed)
    page.evaluate(
        """() => {
          const send = window.fetch;
          window.fetch = async (address, options) => {
            const response = await send(address, options);
            if (address.startsWith("/runs/live/") && response.status === 200)
              document.querySelector("#stage [data-run-id]")?.replaceWith("");
            return response;
          };
        }"""
    )
    ask_anew(page)  # with the changed fetch
    vitrine.hurry()
    expect(page.locator("#stage [data-run-id]")).to_have_count(0)
    beside = page.locator(".try", has_text="gone from the stage").locator(".try-runs a").first
    expect(beside).to_have_attribute("data-state", "succeeded")
    assert missed == []


def test_a_lost_network_is_told_calmly_and_recovered_from(
    watching: Watch, vitrine: Up, context: BrowserContext
) -> None:
    page = watching()
    context.set_offline(True)
    line = page.locator("#toasts [data-live]")
    expect(line).to_contain_text("You are offline.")
    vitrine.hurry()
    context.set_offline(False)
    page.wait_for_selector(DONE)
    expect(line).to_have_count(0)


@pytest.mark.exhaustive
def test_a_server_that_knows_the_page_no_more_is_not_asked_on_and_on(
    watching: Watch,
) -> None:
    page = watching()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.clock.install()
    page.route(LIVE, lambda route: route.fulfill(status=286))
    expect(page.locator("#toasts [data-live]")).to_contain_text("Reload it")
    pass_time(page, 60)
    assert len([url for url in requests if "/runs/live/" in url]) <= 2


@pytest.mark.exhaustive
def test_a_web_process_that_is_killed_is_outlived_by_its_pages(
    watching: Watch, vitrine: Up
) -> None:
    page = watching()
    killed = vitrine.kill("config.server.serving")
    until(lambda: vitrine.pid_of("config.server.serving") not in {None, killed})
    end(page, vitrine)
    expect(page.locator("#toasts [data-live]")).to_have_count(0)
    assert page.evaluate("performance.getEntriesByType('navigation').length") == 1


@pytest.mark.exhaustive
def test_a_page_that_is_logged_out_says_so_and_catches_up_after_a_login(
    watching: Watch, context: BrowserContext, vitrine: Up, session: list[Any]
) -> None:
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
def test_a_result_is_asked_for_once_and_before_the_page_is_changed(
    context: BrowserContext,
) -> None:
    page = context.new_page()
    values = {"prompt": "at once", "duration": 0.2}
    page.goto(f"/models/mischief/slow/?input={quote(json.dumps(values))}")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.locator("#run-button").click()
    assert sent.value.headers["content-type"] == "application/x-www-form-urlencoded"
    source = page.locator(f"{DONE} .artifact img").get_attribute("src")
    picture = page.locator("#stage .artifact img").first
    expect(picture).to_have_js_property("complete", True)
    initiators = page.evaluate(
        "(source) => performance.getEntriesByName(new URL(source, location).href).map((one) => "
        "one.initiatorType)",
        source,
    )
    assert initiators == ["link"]
    expect(page.locator("link[rel=preload][as=image]")).to_have_count(0)


@pytest.mark.parametrize("hours", [5, -5])
def test_a_wrong_clock_of_the_computer_does_not_change_running_times(
    context: BrowserContext, hours: int
) -> None:
    page = context.new_page()
    page.clock.install(time=datetime.now(UTC) + timedelta(hours=hours))
    page.goto(slow(f"{hours} hours off"))
    page.locator("#run-button").click()
    page.wait_for_selector("#stage [data-run-state='running']")
    clock = page.locator("#stage elapsed-time")
    page.clock.run_for(3_000)  # the page draws its own time, not only the server's
    expect(clock).to_have_text(re.compile(r"^([3-9]\.\d|[1-5]\d) s$"))
    page.locator("#stage").get_by_role("button", name="Cancel").click()
    page.wait_for_selector("#stage [data-run-state=cancelled]")


@pytest.mark.exhaustive
def test_one_tab_asks_for_all_and_another_goes_on_when_it_is_closed(
    watching: Watch,
    vitrine: Up,
) -> None:
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
def test_a_run_that_another_tab_started_is_shown_where_runs_are_listed(
    watching: Watch, context: BrowserContext, vitrine: Up
) -> None:
    end(watching(), vitrine)
    addresses = (
        "/runs/?as=list",
        "/",
        "/models/mischief/slow/",
        "/runs/?as=list&q=model:mischief/slow",
    )
    history, front, model, of_model = (context.new_page() for _ in addresses)
    for page, address in zip((history, front, model, of_model), addresses, strict=True):
        page.goto(address)
    expect(front.locator("#latest-runs .tile").first).to_be_visible()
    before = model.locator(".try-runs > li").count()
    page = watching()
    rows = "article[data-run-state='running'], .try-runs > li[data-run-state='running']"
    expect(front.locator(rows)).to_have_count(1)
    # this page lists its own runs beside the result, so it does not add the new one
    assert model.locator(".try-runs > li").count() == before
    for is_hidden in ("true", "false"):
        model.evaluate(f"window.hide({is_hidden})")
    expect(model.locator(rows)).to_have_count(1)
    assert model.locator(".try-runs > li").count() >= before
    for listing in (history, of_model):
        expect(listing.get_by_role("status").filter(has_text="1 new run")).to_be_visible()
        listing.get_by_role("link", name="Show").click()
        expect(listing.locator(rows)).to_have_count(1)
    end(page, vitrine)
    for seen in (history, front):
        expect(seen.locator(rows)).to_have_count(0)


@pytest.mark.exhaustive
def test_a_list_that_was_hidden_looks_when_it_is_shown_and_once(
    watching: Watch, context: BrowserContext, vitrine: Up
) -> None:
    history = context.new_page()
    page = end(watching(), vitrine)
    history.goto("/runs/?as=list")
    history.evaluate("window.hide(true)")
    history.evaluate("addEventListener('storage', () => (window.heard = true))")
    requests: list[str] = []
    history.on(
        "request",
        lambda request: requests.append(request.url) if "/runs/newer/" in request.url else None,
    )
    page.locator("#run-button").click()
    page.wait_for_selector(RUNNING)
    end(page, vitrine)
    # the browser decides when the event comes
    eventually(page, lambda: history.evaluate("window.heard"))
    assert requests == []
    history.evaluate("window.hide(false)")
    expect(history.get_by_text("1 new run ·")).to_be_visible()
    assert len(requests) == 1
