"""The main journey in a browser, against a whole Vitrine: find a model, fill it in, run it."""

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys import DONE, PHONE, WIDE, open_more, open_page
from tests.browser.waiting import Held
from tests.login import in_browser
from tests.sampling import sample

__all__ = ["open_page"]
pytestmark = pytest.mark.browser


def ready(page: Page) -> Page:
    """Return the page once its form is there."""
    controls = page.locator("form[data-endpoint-id] [name]:not([type=hidden])")
    expect(controls.nth(1)).to_be_attached()
    return page


def test_find_fill_run_and_look_by_keyboard_alone(open_page):
    page = open_page("/")
    page.keyboard.press("/")
    page.keyboard.type("ridgeline")
    page.keyboard.press("Enter")
    page.locator("article[data-endpoint-id='sandbox/ridgeline'] a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/models/sandbox/ridgeline/$"))
    ready(page)
    states: list[str] = []
    page.expose_function("seen", lambda state: states.append(state))
    page.evaluate(
        """() => {
             const shown = () => document.querySelector("#stage [data-run-id]")?.dataset ?? {};
             const { runId: former } = shown();  // another test's run may be on the stage
             new MutationObserver(() => {
               const { runId, runState } = shown();
               if (runState && runId !== former && runState !== window.last)
                 window.seen(window.last = runState);
             }).observe(document.body, {subtree: true, childList: true, attributes: true});
           }"""
    )
    page.locator("[name=prompt]").fill("a lighthouse at dusk")
    page.locator("[name=prompt]").press("Control+Enter")
    page.wait_for_selector(f"[data-title='a lighthouse at dusk']{DONE}")
    picture = page.locator(".artifact img")
    expect(picture).to_have_js_property("complete", True)
    expect(picture).not_to_have_js_property("naturalWidth", 0)
    expect(page.locator("[name=prompt]")).to_be_focused()
    order = ["created", "submitting", "queued", "running", "succeeded"]
    assert states[-1] == "succeeded"
    assert [order.index(state) for state in states] == sorted(order.index(s) for s in states)
    page.reload()
    expect(page.locator(".artifact img")).to_be_visible()
    expect(page.locator("[name=prompt]")).to_have_value("a lighthouse at dusk")


def test_a_double_click_is_one_run(open_page):
    page = ready(open_page("/models/sandbox/ridgeline/"))
    prompt, button = page.locator("[name=prompt]"), page.locator("#run-button")
    token = page.locator("#form-token")
    prompt.fill("doubled")
    before = token.input_value()
    button.click()
    # As slowly as people click twice: the first click is answered in between.
    expect(token).not_to_have_value(before)
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    page.wait_for_selector(DONE)
    prompt.fill("doubled at once")
    button.dblclick()
    expect(page.locator(".try", has_text="doubled at once")).to_have_count(1)
    page.wait_for_selector(DONE)
    prompt.fill("pressed twice")
    sent = Held(page, re.compile(r"/models/sandbox/ridgeline/\?project="))
    for _ in range(2):
        prompt.press("Control+Enter")
    sent.let_go()
    page.wait_for_selector(f"[data-title='pressed twice']{DONE}")
    for words, count in (("doubled", 2), ("pressed", 1)):
        page.goto(f"/runs/?as=list&q={words}")
        expect(page.locator("article.run-row")).to_have_count(count)


@pytest.mark.exhaustive
def test_errors_stand_beside_their_fields_and_a_failure_leaves_the_focus(open_page):
    page = ready(open_page("/models/sandbox/ridgeline/"))
    page.locator("[name=prompt]").fill("")
    page.locator("#run-button").click()
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    expect(page.locator("#fields :focus")).to_have_count(1)

    page = ready(open_page("/models/mischief/slow/"))
    control = page.locator("#fields input:visible").last
    page.locator("[name=prompt]").fill("a forbidden thing")
    control.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("declined this content")
    expect(control).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("1")
    expect(page.locator(".field .error")).to_be_visible()


@pytest.mark.exhaustive
def test_run_again_in_the_stage_stays_there(open_page):
    page = ready(open_page("/models/sandbox/ridgeline/"))
    page.locator("[name=prompt]").fill("a twice flown zeppelin")
    page.locator("[name=prompt]").press("Control+Enter")
    page.wait_for_selector(f"[data-title='a twice flown zeppelin']{DONE}")
    first = page.locator("#stage .stage-run").get_attribute("id")
    page.locator("[name=prompt]").fill("typed meanwhile")
    open_more(page)
    # In one step: between two real clicks, the answer might already replace the button.
    again = page.get_by_role("button", name="Run again")
    with page.expect_request("**/repetition/") as request:
        again.evaluate("button => { button.focus(); button.click(); button.click(); }")
    posted = parse_qs(request.value.post_data)
    assert posted["~token"]  # drawn by the page: the button came with the end of the live run
    page.wait_for_selector(f"#stage .stage-run:not(#{first})")
    expect(page.locator("#stage .state")).to_be_focused()
    page.wait_for_selector(f"#stage {DONE}")
    expect(page.locator("[name=prompt]")).to_have_value("typed meanwhile")
    page.goto("/runs/?as=list&q=twice+flown+zeppelin")
    expect(page.locator("article.run-row")).to_have_count(2)


HIDDEN = """() => {
  const has = document.activeElement;
  const isDrawn = !has.matches(".sizes input, .segments input, [type=file]");
  const seen = isDrawn ? has : has.closest("label");
  const box = seen.getBoundingClientRect();
  return [box.top + 3, box.bottom - 3].every((y) => {
    const top = document.elementFromPoint(box.left + box.width / 2, y);
    return !top || !(seen.contains(top) || top.contains(seen));
  }) && (has.name || has.textContent);
}"""


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", sample([PHONE, WIDE], 1))
def test_what_has_the_focus_is_not_behind_what_sticks(open_page, size):
    page = ready(open_page("/models/mischief/curiosities/", size=size))
    page.evaluate("for (const fold of document.querySelectorAll('form details')) fold.open = true")
    page.locator("form[data-endpoint-id] [type=number]:visible").last.fill("7")
    page.locator("form[data-endpoint-id] :is(textarea, input, select):visible").first.focus()
    hidden = []
    for key in ["Tab"] * 30 + ["Shift+Tab"] * 30:
        page.keyboard.press(key)
        hidden.append(page.evaluate(HIDDEN))
    assert not any(hidden), hidden


@pytest.mark.exhaustive
def test_after_a_new_login_in_another_tab_the_page_works_on(contexts, vitrine):
    context = contexts.take(base_url=vitrine.base)
    page = context.new_page()
    in_browser(page, vitrine.link)
    page.goto("/models/sandbox/ridgeline/")
    ready(page)
    page.locator("[name=prompt]").fill("typed with patience")
    context.clear_cookies(name=re.compile("^vitrine_session_"))
    page.locator("#run-button").click()
    expect(page.locator("#toasts")).to_contain_text("You are logged out")
    with context.expect_page() as opened:
        page.get_by_role("link", name="Log in in a new tab").click()
    expect(opened.value.get_by_label("Password")).to_be_visible()
    in_browser(opened.value, vitrine.link)
    page.bring_to_front()
    page.locator("#run-button").click()
    page.wait_for_selector(DONE)
    expect(page.locator("[name=prompt]")).to_have_value("typed with patience")
