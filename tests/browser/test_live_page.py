"""A page that watches a run: silent while hidden, honest while nobody answers, told when asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from catalog.templatetags.vitrine import duration
from tests.browser.contexts import Contexts
from tests.browser.journeys import DONE
from tests.processes import Up, until

pytestmark = pytest.mark.browser
SLOW = "mischief/slow"
LIVE = "**/runs/live/**"
# What a browser does when its tab goes behind another, and a notification that is only written down.
PRETEND = """
  let isHidden = false;
  Object.defineProperty(document, "hidden", { get: () => isHidden });
  window.hide = (value) => { isHidden = value; document.dispatchEvent(new Event("visibilitychange")); };
  window.told = [];
  window.tags = [];
  window.Notification = class extends EventTarget {
    static permission = "default";
    static async requestPermission() { return (this.permission = "granted"); }
    constructor(title, { body, tag }) { super(); window.told.push(`${title}: ${body}`); window.tags.push(tag); }
  };
"""


@pytest.fixture
def context(contexts: Contexts, vitrine: Up) -> BrowserContext:
    context = contexts.take(base_url=vitrine.link.split("/login/")[0])
    context.add_init_script(PRETEND)
    return context


@pytest.fixture
def watching(context: BrowserContext, vitrine: Up) -> Callable[[float], Page]:
    """`watching(3)`: a page that watches a run of three seconds."""

    def start(seconds: float) -> Page:
        page = context.new_page()
        page.goto(vitrine.link)
        values = {"prompt": "patience", "duration": seconds, "picture": False}
        page.goto(f"/models/{SLOW}/?input={quote(json.dumps(values))}")
        page.locator("#run-button").click()
        page.wait_for_selector("[data-run-id][data-run-state='running']")
        return page

    return start


def ask_anew(page: Page) -> None:
    """Let the page poll now, so that a poll is under way."""
    with page.expect_request(LIVE):
        page.evaluate("dispatchEvent(new Event('online'))")


def is_done(page: Page) -> bool:
    """Whether the server says that the page's run is over; the page itself is not asked."""
    return 'data-run-state="succeeded"' in page.request.get(page.url).text()


def test_a_hidden_page_is_silent_and_catches_up_when_shown(
    watching: Callable[[float], Page],
) -> None:
    page = watching(4)
    ask_anew(page)
    with page.expect_event("requestfailed", lambda request: "/runs/live/" in request.url):
        page.evaluate("window.hide(true)")  # ends what is held
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    until(lambda: is_done(page))
    assert not [url for url in asked if "/runs/live/" in url]
    assert page.locator(DONE).count() == 0
    page.evaluate("window.hide(false)")
    page.wait_for_selector(DONE)


def test_a_poll_that_nobody_answers_any_more_is_asked_anew_when_the_network_is_back(
    watching: Callable[[float], Page],
) -> None:
    page = watching(6)
    page.route(LIVE, lambda route: None)  # as after a laptop's sleep
    ask_anew(page)
    until(lambda: is_done(page))
    assert page.locator(DONE).count() == 0
    page.unroute(LIVE)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector(DONE)


def test_a_run_that_gave_its_place_to_another_is_seen_and_told_to_its_end(
    watching: Callable[[float], Page], context: BrowserContext
) -> None:
    page = watching(3)
    history = context.new_page()
    history.goto("/runs/")
    page.locator("[name=duration]").first.fill("30")
    page.locator("#run-button").click()
    first = page.locator("#strip li").nth(1)
    expect(first).to_have_attribute("data-run-state", "running")
    for told in (page, history):
        expect(told.locator("#toasts")).to_contain_text(re.compile("Run done: .patience"))
    expect(first.locator("a")).to_have_attribute("data-state", "succeeded")
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("[data-run-id][data-run-state='cancelled']")


ENDED = """(states) => states.forEach((state) => {
  const run = document.body.appendChild(document.createElement("article"));
  run.dataset.title = "a cat";
  run.dispatchEvent(new CustomEvent("run:finished", { bubbles: true, detail: { state } }));
})"""


def test_runs_that_end_together_are_told_together_and_below_the_head(
    context: BrowserContext, vitrine: Up
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(vitrine.link)
    page.goto("/runs/")
    note = page.locator("#toasts > *")
    page.evaluate(ENDED, ["failed"])
    expect(note).to_have_text("Run failed: \u2068a cat\u2069")
    page.evaluate(ENDED, ["succeeded", "succeeded"])
    expect(note).to_have_text("1 run failed, 2 done")
    head, told = page.locator(".head").bounding_box(), note.bounding_box()
    assert head
    assert told
    assert told["y"] >= head["y"] + head["height"]


def test_an_answer_for_what_is_no_longer_on_the_page_is_passed_over(
    watching: Callable[[float], Page],
) -> None:
    page = watching(5)
    missed: list[str] = []
    page.on("console", lambda said: said.type == "error" and missed.append(said.text))
    page.evaluate(
        """document.addEventListener("htmx:beforeOnLoad", ({ target, detail }) => {
          if (target.matches("live-runs") && detail.xhr.status === 200)
            document.querySelector("#stage [data-run-id]")?.replaceWith("");
        }, { capture: true })"""
    )
    expect(page.locator("#stage [data-run-id]")).to_have_count(0)
    strip = page.locator("#strip [data-run-state]")
    expect(strip.first).to_have_attribute("data-run-state", "succeeded")
    assert missed == []


def test_who_waits_is_offered_to_be_told_however_long_the_page_was_open(
    context: BrowserContext, vitrine: Up
) -> None:
    page = context.new_page()
    page.goto(vitrine.link)
    values = {"prompt": "patience", "duration": 20, "picture": False}
    page.goto(f"/models/{SLOW}/?input={quote(json.dumps(values))}")
    page.wait_for_timeout(3000)
    for _ in range(2):
        page.locator("#run-button").click()
        expect(page.get_by_role("button", name="Notify me when it ends")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_selector("#stage [data-run-state='cancelled']")


def test_who_asked_for_it_is_told_of_the_end_while_the_page_is_hidden(
    watching: Callable[[float], Page],
) -> None:
    page = watching(10)
    button = page.get_by_role("button", name="Notify me when it ends")
    button.click()
    expect(page.get_by_role("button", name="You will be notified")).to_have_attribute(
        "aria-pressed", "true"
    )
    title = page.title()
    page.evaluate("window.hide(true)")
    expect(page).to_have_title(f"(1) {title}")
    assert page.evaluate("window.told") == ["Run done: Slow: patience"]
    page.evaluate("window.hide(false)")
    expect(page).to_have_title(title)
    expect(page.locator(".notify-me")).to_have_count(0)


def test_ends_are_collected_in_one_notification_that_says_which_models_and_what_failed(
    watching: Callable[[float], Page],
) -> None:
    page = watching(20)
    page.get_by_role("button", name="Notify me when it ends").click()
    page.evaluate("window.hide(true)")
    page.evaluate(
        """(states) => states.forEach((state, number) => {
          const run = document.body.appendChild(document.createElement("article"));
          Object.assign(run.dataset, { runId: number, title: `cat ${number}`, model: number ? "Aurora" : "Slow" });
          if (state === "failed") run.innerHTML = "<div class='failure'><h3>Refused</h3></div>";
          for (const _ of [1, 2]) run.dispatchEvent(new CustomEvent("run:finished", { bubbles: true, detail: { state } }));
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
    page.get_by_role("button", name="Cancel").click()


def test_who_is_denied_notifications_is_told_how_to_allow_them_and_has_the_title(
    watching: Callable[[float], Page],
) -> None:
    page = watching(10)
    page.evaluate(
        "Notification.requestPermission = async () => (Notification.permission = 'denied')"
    )
    title = page.title()
    page.get_by_role("button", name="Notify me when it ends").press("Enter")
    button = page.get_by_role("button", name="The title will count it")
    expect(button).to_be_focused()
    note = page.get_by_role("status").filter(has_text="Allow them in the address bar")
    expect(note).to_be_in_viewport()
    page.evaluate("window.hide(true)")
    expect(page).to_have_title(f"(1) {title}")
    assert page.evaluate("window.told") == []
    page.evaluate("window.hide(false)")
    expect(page).to_have_title(title)


def test_nobody_is_told_who_did_not_ask(watching: Callable[[float], Page]) -> None:
    page = watching(2.5)
    page.wait_for_selector(DONE)
    assert page.evaluate("window.told") == []
    assert not page.title().startswith("(")


def test_a_lost_network_is_told_calmly_and_recovered_from(
    watching: Callable[[float], Page], context: BrowserContext
) -> None:
    page = watching(3)
    context.set_offline(True)
    line = page.locator("#toasts [data-live]")
    expect(line).to_contain_text("You are offline.")
    context.set_offline(False)
    page.wait_for_selector(DONE)
    expect(line).to_have_count(0)


def test_a_server_that_knows_the_page_no_more_is_not_asked_on_and_on(
    watching: Callable[[float], Page],
) -> None:
    page = watching(20)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(LIVE, lambda route: route.fulfill(status=286))
    expect(page.locator("#toasts [data-live]")).to_contain_text("Reload it")
    page.wait_for_timeout(1000)
    assert len([url for url in asked if "/runs/live/" in url]) <= 2


def test_a_web_process_that_is_killed_is_outlived_by_its_pages(
    watching: Callable[[float], Page], vitrine: Up
) -> None:
    page = watching(3)
    killed = vitrine.kill("config.asgi:application")
    until(lambda: vitrine.pid_of("config.asgi:application") not in {None, killed})
    page.wait_for_selector(DONE)
    expect(page.locator("#toasts [data-live]")).to_have_count(0)
    assert page.evaluate("performance.getEntriesByType('navigation').length") == 1


def test_a_worker_that_is_killed_is_stood_in_for_while_the_page_watches(
    watching: Callable[[float], Page], vitrine: Up
) -> None:
    page = watching(2)
    vitrine.kill("manage.py worker")
    page.wait_for_selector(DONE)


def test_a_page_that_is_logged_out_says_so_and_catches_up_after_a_login(
    watching: Callable[[float], Page], context: BrowserContext, vitrine: Up
) -> None:
    page = watching(4)
    page.request.post(
        "/logout/", headers=json.loads(page.get_attribute("body", "hx-headers") or "")
    )
    line = page.locator("#toasts [data-live]")
    expect(line).to_contain_text("You are logged out. Runs go on")
    expect(line.get_by_role("link")).to_have_attribute("target", "_blank")
    expect(page.locator(DONE)).to_have_count(0)
    context.new_page().goto(vitrine.link)
    page.wait_for_selector(DONE)
    expect(line).to_have_count(0)


def test_a_result_is_asked_for_once_and_before_the_page_is_changed(
    context: BrowserContext, vitrine: Up
) -> None:
    page = context.new_page()
    page.goto(vitrine.link)
    values = {"prompt": "at once", "duration": 0.2}
    page.goto(f"/models/{SLOW}/?input={quote(json.dumps(values))}")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.locator("#run-button").click()
    assert sent.value.headers["content-type"] == "application/x-www-form-urlencoded"
    source = page.locator(f"{DONE} .artifact img").get_attribute("src")
    picture = page.locator("#stage .artifact img").first
    expect(picture).to_have_js_property("complete", True)
    asked = page.evaluate(
        "(source) => performance.getEntriesByName(new URL(source, location).href).map((one) => one.initiatorType)",
        source,
    )
    assert asked == ["link"]
    expect(page.locator("link[rel=preload][as=image]")).to_have_count(0)


def test_one_tab_asks_for_all_and_another_goes_on_when_it_is_closed(
    watching: Callable[[float], Page],
) -> None:
    pages = [watching(seconds) for seconds in (30, 2, 30, 30)]
    held: set[int] = set()
    for number, page in enumerate(pages):
        page.on(
            "request", lambda request, number=number: "hold=1" in request.url and held.add(number)
        )
    first, second, third, fourth = pages
    second.wait_for_selector(DONE)
    third.get_by_role("button", name="Cancel").click()
    beside = fourth.locator("#strip li a[data-state='cancelled']")
    expect(beside).to_have_count(1)
    with first.expect_request(lambda request: "hold=1" in request.url):
        pass  # the next one: what came before is seen by then
    assert held == {0}
    first.close()
    fourth.get_by_role("button", name="Cancel").click()
    fourth.wait_for_selector("[data-run-id][data-run-state='cancelled']")
    expect(second.locator("[data-watch]")).to_have_count(1)  # the first's run goes on
    assert len(held) > 1


def test_a_run_that_another_tab_started_is_shown_where_runs_are_listed(
    watching: Callable[[float], Page], context: BrowserContext
) -> None:
    watching(0.2).wait_for_selector(DONE)
    addresses = ("/runs/", "/", f"/models/{SLOW}/", f"/models/{SLOW}/?tab=runs")
    history, front, model, of_model = (context.new_page() for _ in addresses)
    for page, address in zip((history, front, model, of_model), addresses, strict=True):
        page.goto(address)
    expect(front.locator("#latest-runs .run-row").first).to_be_visible()
    before = model.locator("#strip li").count()
    page = watching(4)
    rows = "article[data-run-state='running'], #strip li[data-run-state='running']"
    expect(front.locator(rows)).to_have_count(1)
    assert model.locator("#strip li").count() == before  # side by side it watches its own alone
    for is_hidden in ("true", "false"):
        model.evaluate(f"window.hide({is_hidden})")
    expect(model.locator(rows)).to_have_count(1)
    assert model.locator("#strip li").count() == min(before + 1, 12)
    for listing in (history, of_model):
        expect(listing.get_by_role("status").filter(has_text="1 new run")).to_be_visible()
        listing.get_by_role("link", name="Show").click()
        expect(listing.locator(rows)).to_have_count(1)
    page.wait_for_selector(DONE)
    for seen in (history, front):
        expect(seen.locator(rows)).to_have_count(0)


def test_a_film_strip_that_is_wanted_again_while_it_comes_comes_again_without_an_error(
    watching: Callable[[float], Page],
) -> None:
    page = watching(0.2)
    page.wait_for_selector(DONE)
    errors: list[str] = []
    page.on("console", lambda said: said.type == "error" and errors.append(said.text))
    asked: list[Route] = []
    page.route("**/strips/**", lambda route: route.continue_() if asked else asked.append(route))
    page.evaluate("for (const _ of [1, 2, 3]) document.body.dispatchEvent(new Event('run:left'))")
    until(lambda: page.wait_for_timeout(50) or len(asked) == 1)
    with page.expect_response("**/strips/**"), page.expect_response("**/strips/**"):
        asked[0].continue_()
    expect(page.locator("#strip > ol > li").first).to_be_visible()
    expect(page.locator("#strip #strip")).to_have_count(0)
    assert errors == []


def test_a_list_that_was_hidden_looks_when_it_is_shown_and_once(
    watching: Callable[[float], Page], context: BrowserContext
) -> None:
    history = context.new_page()
    page = watching(0.2)
    history.goto("/runs/")
    history.evaluate("window.hide(true)")
    history.evaluate("addEventListener('storage', () => (window.heard = true))")
    asked: list[str] = []
    history.on("request", lambda request: asked.append(request.url))
    page.locator("#run-button").click()
    page.wait_for_selector(DONE)
    # The event comes when it comes.
    until(lambda: page.wait_for_timeout(50) or history.evaluate("window.heard"))
    assert asked == []
    history.evaluate("window.hide(false)")
    expect(history.get_by_text("1 new run ·")).to_be_visible()
    assert len([url for url in asked if "/runs/newer/" in url]) == 1


def test_the_clock_tells_a_time_as_the_server_does(context: BrowserContext, vitrine: Up) -> None:
    page = context.new_page()
    page.goto(vitrine.link)
    page.goto("/models/sandbox/aurora/")
    for seconds in (0.4, 9.8, 42, 72, 3725):
        said = page.evaluate("s => document.createElement('elapsed-time').told(s)", seconds)
        assert said == duration(seconds)
