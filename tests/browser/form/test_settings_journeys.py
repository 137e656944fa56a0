"""Settings: form and JSON, drafts in two tabs, undo, links; those of earlier runs come back."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_usable
from tests.browser.journeys import (
    DONE,
    aurora,
    choose,
    open_more,
    open_page,
    prompt,
    type_and_save,
)
from tests.browser.media import begin_drag, drop
from tests.browser.waiting import eventually

__all__ = ["aurora", "open_page"]
pytestmark = pytest.mark.browser
AURORA = "/models/sandbox/aurora/"
# A hidden input, because the layout of such a large text area takes minutes.
ENLARGE = """() => {
  const large = document.createElement("input");
  Object.assign(large, { type: "hidden", name: "large", value: "x".repeat(17 * 2 ** 20) });
  document.querySelector("#playground-form").append(large);
}"""


@pytest.mark.exhaustive
def test_form_and_json_by_keyboard_with_the_mistake_under_the_caret(aurora):
    prompt(aurora).fill("a lighthouse")
    choose(aurora, "JSON")
    box = aurora.get_by_label("Input as JSON")
    assert json.loads(box.input_value()) == {"prompt": "a lighthouse"}
    box.fill('{\n  "prompt": "a lighthouse",\n  "strange" 3\n}')
    place = aurora.get_by_role("button", name="Line 3, column 13")
    expect(place.locator("..")).to_have_text("Line 3, column 13: a colon is missing.")
    assert_usable(aurora, "the JSON view")
    place.press("Enter")
    assert box.evaluate("(text) => text.value.slice(0, text.selectionStart)").endswith('"strange" ')
    box.fill('{"prompt": "a lighthouse", "strange": 3}')
    expect(aurora.locator("json-text[data-bad]")).to_have_count(0)
    choose(aurora, "a form")
    expect(prompt(aurora)).to_have_value("a lighthouse")
    choose(aurora, "JSON")
    assert json.loads(box.input_value()) == {"prompt": "a lighthouse", "strange": 3}


@pytest.mark.exhaustive
def test_a_tab_that_reloads_without_the_focus_gets_its_own_draft(aurora):
    """A restored window reloads its tabs: none has the focus, and the cookie names another."""
    other, third = aurora.context.new_page(), aurora.context.new_page()
    texts = {aurora: "from this tab", other: "from the other tab", third: "from the third tab"}
    for page, text in texts.items():
        page.goto(AURORA)
        type_and_save(page, text)
    for _ in range(2):
        for page in texts:
            page.evaluate("setTimeout(() => location.reload())")
        for page, text in texts.items():
            expect(prompt(page)).to_have_value(text)
            expect(page).to_have_url(re.compile(r"/aurora/$"))
    type_and_save(aurora, "from this tab, on")
    other.reload()
    expect(prompt(other)).to_have_value("from the other tab")
    # As after a restart of the browser.
    aurora.context.clear_cookies(name=re.compile("^vitrine_tab_"))
    fourth = aurora.context.new_page()
    fourth.goto(AURORA)
    fourth.get_by_role("button", name="Show the other draft").click()
    expect(fourth.locator("#form-notice")).to_contain_text("This is what the other tab holds.")
    fourth.get_by_role("button", name="Undo").click()
    expect(fourth.locator("#form-notice")).to_contain_text("Everything is back as it was.")


@pytest.mark.exhaustive
def test_a_copied_tab_begins_a_draft_of_its_own(aurora):
    type_and_save(aurora, "typed first")
    with aurora.expect_popup() as opened:
        aurora.evaluate("window.open(location.href)")  # this copies the tab's storage
    copied = opened.value
    expect(prompt(copied)).to_have_value("typed first")
    type_and_save(copied, "typed in the copy")
    for page, text in ((aurora, "typed first"), (copied, "typed in the copy")):
        page.reload()
        expect(prompt(page)).to_have_value(text)


@pytest.mark.exhaustive
def test_what_is_typed_is_kept_without_a_network_when_cleared_and_when_left(aurora):
    type_and_save(aurora, "before")
    aurora.context.set_offline(True)
    prompt(aurora).fill("typed on a train")
    expect(aurora.locator("#draft-note")).to_contain_text("Not saved yet")
    with aurora.expect_response(lambda r: "/drafts/" in r.url and r.ok):
        aurora.context.set_offline(False)
    expect(aurora.locator("#draft-note")).to_be_hidden()
    aurora.reload()
    expect(prompt(aurora)).to_have_value("typed on a train")

    prompt(aurora).fill("an hour's work")
    aurora.get_by_role("button", name="Reset form").press("Enter")
    expect(aurora.locator("#form-notice")).to_contain_text("Cleared.")
    expect(prompt(aurora)).to_have_value("")
    undo = aurora.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(prompt(aurora)).to_have_value("an hour's work")
    aurora.reload()
    expect(prompt(aurora)).to_have_value("an hour's work")

    prompt(aurora).fill("typed and gone")
    aurora.goto("/models/")

    def is_kept() -> bool:  # the save outlives its page and may arrive later
        aurora.goto(AURORA)
        return bool(prompt(aurora).input_value() == "typed and gone")

    eventually(aurora, is_kept)


@pytest.mark.exhaustive
def test_what_an_address_filled_in_can_be_typed_into_and_survives_a_reload(aurora):
    type_and_save(aurora, "my own")
    aurora.goto(f'{AURORA}?input={{"prompt":"from a link"}}')
    expect(prompt(aurora)).to_have_value("from a link")
    type_and_save(aurora, "from a link, changed")
    expect(aurora).to_have_url(re.compile(f"{AURORA}$"))
    aurora.reload()
    expect(prompt(aurora)).to_have_value("from a link, changed")
    aurora.goto(f'{AURORA}?input={{"prompt":"another"}}')
    aurora.get_by_role("button", name="Back to what you had typed").click()
    expect(prompt(aurora)).to_have_value("from a link, changed")


def test_the_keys_of_run_run_whatever_has_the_focus(aurora):
    type_and_save(aurora, "my own")
    aurora.goto(f'{AURORA}?input={{"prompt":"of a link","seed":7}}')
    expect(aurora.get_by_role("button", name="Back to what you had typed")).to_be_visible()
    aurora.locator("[name=seed]").press("Enter")
    expect(aurora.locator("#stage [data-run-id]")).to_contain_text("of a link")
    prompt(aurora).fill("run me")
    aurora.get_by_role("button", name="Reset form").press("Control+Enter")
    expect(aurora.locator("#stage [data-run-id]")).to_contain_text("run me")
    expect(prompt(aurora)).to_have_value("run me")


@pytest.mark.exhaustive
def test_a_link_is_copied_on_plain_http_too(aurora):
    prompt(aurora).fill("long " * 2000)
    choose(aurora, "Copy link")
    expect(aurora.locator("#toasts")).to_contain_text("Link copied")
    address = aurora.evaluate("navigator.clipboard.readText()")
    assert address == aurora.locator("#made-link").input_value()
    aurora.evaluate("navigator.clipboard.writeText('')")
    # as over plain HTTP from another machine
    aurora.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    labelled = aurora.locator("#form-notice copy-button button")
    labelled.click()
    expect(labelled).to_have_text("Copied")
    assert_usable(aurora, "the link")
    prompt(aurora).fill("")
    prompt(aurora).press("Control+v")
    expect(prompt(aurora)).to_have_value(address)
    aurora.goto(address)
    expect(prompt(aurora)).to_have_value("long " * 2000)


@pytest.mark.exhaustive
def test_a_form_too_large_to_send_does_not_leave_the_page(aurora):
    prompt(aurora).fill("all that I typed")
    sent: list[str] = []
    aurora.on("request", lambda request: sent.append(request.method + request.url))
    aurora.evaluate(ENLARGE)
    aurora.locator("#run-button").click()
    note = aurora.locator("#playground-form > .too-large")
    expect(note).to_contain_text("MB, and the server reads 16 MB at most, so it was not sent")
    expect(note).to_be_in_viewport()
    expect(prompt(aurora)).to_have_value("all that I typed")
    assert not [line for line in sent if line.startswith("POST") and line.endswith(AURORA)]
    aurora.evaluate("document.querySelector('[name=large]').remove()")
    aurora.locator("#run-button").click()
    aurora.wait_for_selector("#stage [data-run-id]")
    expect(note).to_have_count(0)


def run_in(page: Page, text: str) -> str:
    """Run a prompt by keyboard; return the run's address once it has ended."""
    prompt(page).fill(text)
    prompt(page).press("Control+Enter")
    done = f"#stage [data-title='{text}']{DONE}"
    page.wait_for_selector(done)
    return f"/runs/{page.locator(done).get_attribute('data-run-id')}/"


@pytest.mark.exhaustive
def test_arrow_up_a_dropped_run_and_its_file_give_settings_back(aurora):
    address = run_in(aurora, "a heron in the mist")
    file = aurora.request.get(f"{address}run.json").body()
    aurora.goto(AURORA)
    prompt(aurora).fill("")
    prompt(aurora).press("ArrowUp")
    expect(prompt(aurora)).to_have_value("a heron in the mist")
    begin_drag(aurora)
    link = aurora.url.removesuffix(AURORA) + address
    for files, more in (([], {"link": link}), ([("run.json", "application/json", file)], {})):
        prompt(aurora).fill("something else")
        drop(aurora, ".stage-side", *files, **more)
        expect(prompt(aurora)).to_have_value("a heron in the mist")
        aurora.get_by_role("button", name="Undo").click()
        expect(prompt(aurora)).to_have_value("something else")
    drop(aurora, "h1", ("unknown.png", "image/png", b"not made here"))
    aurora.locator("#toasts").get_by_role("button", name="Use it as input for …").click()
    expect(aurora.get_by_role("heading", name="Use this file as…")).to_be_visible()


@pytest.mark.exhaustive
def test_remix_gives_settings_back_and_back_shows_the_form_as_it_was(aurora):
    run_in(aurora, "a fox in the snow")
    prompt(aurora).fill("changed since")
    aurora.locator("#stage").get_by_role("button", name="Remix").click()
    expect(prompt(aurora)).to_have_value("a fox in the snow")
    aurora.get_by_role("button", name="Undo").click()
    expect(prompt(aurora)).to_have_value("changed since")
    open_more(aurora)
    aurora.get_by_role("link", name="Details").click()
    aurora.go_back()
    expect(prompt(aurora)).to_have_value("changed since")
