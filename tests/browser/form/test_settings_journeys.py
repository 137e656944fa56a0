"""Settings: form and JSON, drafts in two tabs, undo, presets, links, drops."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_usable
from tests.browser.journeys import (
    aurora,
    choose,
    log_in,
    open_presets,
    prompt,
    type_and_save,
)
from tests.browser.waiting import eventually, pass_time

__all__ = ["aurora", "log_in"]
pytestmark = pytest.mark.browser
AURORA = "/models/sandbox/aurora/"


@pytest.mark.exhaustive
def test_form_and_json_by_keyboard_with_the_mistake_under_the_caret(aurora: Page) -> None:
    prompt(aurora).fill("a lighthouse")
    choose(aurora, "JSON")
    box = aurora.get_by_label("Input as JSON")
    assert json.loads(box.input_value()) == {"prompt": "a lighthouse"}
    expect(aurora.locator("#more-button")).to_be_focused()
    box.fill('{\n  "prompt": "a lighthouse",\n  "strange" 3\n}')
    place = aurora.get_by_role("button", name="Line 3, column 13")
    expect(place.locator("..")).to_have_text("Line 3, column 13: a colon is missing.")
    assert_usable(aurora, "the JSON view")
    place.press("Enter")
    assert box.evaluate("(text) => text.value.slice(0, text.selectionStart)").endswith('"strange" ')
    choose(aurora, "a form")
    expect(aurora.locator("#f-json-error")).to_have_text("Line 3, column 13: a colon is missing.")
    box.fill('{"prompt": "a lighthouse", "strange": 3}')
    expect(aurora.locator("json-text[data-bad]")).to_have_count(0)
    choose(aurora, "a form")
    expect(prompt(aurora)).to_have_value("a lighthouse")
    choose(aurora, "JSON")
    assert json.loads(box.input_value()) == {"prompt": "a lighthouse", "strange": 3}
    box.fill('{"prompt": "x",\n "num_images": 99,\n "loras": [{"scale": 1}]}')
    aurora.locator("#run-button").click()
    for path, rest in (("num_images", "99,"), ("loras[0].path", '{"scale"')):
        aurora.get_by_role("button", name=path, exact=True).click()
        assert box.evaluate("(text) => text.value.slice(text.selectionStart)").startswith(rest)


@pytest.mark.exhaustive
def test_the_scripts_mistakes_are_the_servers(aurora: Page) -> None:
    texts = [
        '{"a" 1}', '{"a": 1,}', "{a: 1}", '{"a": "x\ny"}', '{"a": tru}', '{"a": "\\x"}',
        '{"a": 1} x', '{"a": "x', '{"a": [1 2]}', '{\n"é🦊": 1,\n\n "b"}', '{"a": 01}',
    ]  # fmt: skip
    aurora.clock.install()
    choose(aurora, "JSON")
    box = aurora.get_by_label("Input as JSON")
    for text in texts:
        box.fill(text)
        note = aurora.locator(".json-note:not(:empty)")
        expect(note).to_contain_text("Line")
        pass_time(aurora, 0.5)
        problem = note.inner_text()
        choose(aurora, "a form")
        expect(aurora.locator("#f-json-error")).to_have_text(problem)


@pytest.mark.exhaustive
def test_a_tab_that_reloads_without_the_focus_gets_its_own_draft(aurora: Page) -> None:
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
def test_a_copied_tab_begins_a_draft_of_its_own(aurora: Page) -> None:
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
def test_what_is_typed_is_kept_without_a_network_when_cleared_and_when_left(aurora: Page) -> None:
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
def test_what_an_address_filled_in_can_be_typed_into_and_survives_a_reload(aurora: Page) -> None:
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


def test_enter_runs_what_a_link_filled_in(aurora: Page) -> None:
    type_and_save(aurora, "my own")
    for word, key in (("one", "Enter"), ("another", "Control+Enter")):
        aurora.goto(f'{AURORA}?input={{"prompt":"{word} of a link","seed":7}}')
        expect(aurora.get_by_role("button", name="Back to what you had typed")).to_be_visible()
        aurora.locator("[name=seed]").press(key)
        expect(aurora.locator("#stage [data-run-id]")).to_contain_text(f"{word} of a link")


def test_the_keys_of_run_run_whichever_button_has_the_focus(aurora: Page) -> None:
    prompt(aurora).fill("run me")
    aurora.get_by_role("button", name="Reset form").press("Control+Enter")
    expect(aurora.locator("#stage [data-run-id]")).to_contain_text("run me")
    expect(prompt(aurora)).to_have_value("run me")


@pytest.mark.exhaustive
def test_a_preset_is_saved_and_chosen_by_keyboard(aurora: Page) -> None:
    prompt(aurora).fill("night over the fjord")
    aurora.locator("#more-button").press("Enter")
    expect(aurora.locator("#more")).to_be_visible()
    aurora.keyboard.press("Escape")
    expect(aurora.locator("#more")).to_be_hidden()
    choose(aurora, "Save as preset")
    name = aurora.get_by_label("Name of the preset")
    expect(name).to_be_focused()
    assert_usable(aurora, "the preset's form")
    aurora.keyboard.type("Night")
    aurora.keyboard.press("Enter")
    expect(aurora.locator("#form-notice")).to_contain_text("“Night” is saved.")
    prompt(aurora).fill("something else")
    choose(aurora, "Night")
    expect(prompt(aurora)).to_have_value("night over the fjord")
    aurora.get_by_role("button", name="Undo").click()
    expect(prompt(aurora)).to_have_value("something else")
    open_presets(aurora)
    expect(aurora.get_by_role("link", name="Change Night")).to_be_visible()
    assert_usable(aurora, "the menu")


@pytest.mark.exhaustive
@pytest.mark.parametrize("is_secure", [True, False])
def test_a_link_is_copied_on_plain_http_too(aurora: Page, is_secure: bool) -> None:
    prompt(aurora).fill("long " * 2000)
    choose(aurora, "Copy link")
    if is_secure:
        expect(aurora.locator("#toasts")).to_contain_text("Link copied")
        address = aurora.evaluate("navigator.clipboard.readText()")
        assert address == aurora.locator("#made-link").input_value()
        other = aurora.context.new_page()
        other.goto(address)
        expect(prompt(other)).to_have_value("long " * 2000)
        other.close()
        aurora.bring_to_front()
    labelled = aurora.locator("#form-notice copy-button button")
    expect(labelled).to_have_text("Copy")
    label = "Copied"
    if not is_secure:  # as over plain HTTP from another machine
        aurora.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    for _ in range(2):
        labelled.click()
    expect(labelled).to_have_text(label)
    expect(aurora.locator("#toasts")).to_contain_text(label)
    expect(labelled).to_have_text("Copy")
    if not is_secure:
        link = aurora.locator("#made-link").input_value()
        prompt(aurora).fill("")
        prompt(aurora).press("Control+v")
        expect(prompt(aurora)).to_have_value(link)
    assert_usable(aurora, "the link")
    aurora.goto(f"{AURORA}?tab=about")
    # an icon has no label that could change
    aurora.get_by_role("button", name="Copy the id").click()
    if is_secure:
        expect(aurora.locator("#toasts toast-note").last).to_have_text("Copied")
        assert aurora.evaluate("navigator.clipboard.readText()") == "sandbox/aurora"
