"""Settings of earlier runs return to the form: by the last words, dropped files and Remix."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys import (
    DONE,
    aurora,
    log_in,
    open_more,
    prompt,
)
from tests.browser.media import begin_drag
from tests.processes import until

__all__ = ["aurora", "log_in"]
pytestmark = pytest.mark.browser
AURORA = "/models/sandbox/aurora/"
DROP = """([where, kind, value]) => {
  const data = new DataTransfer();
  const type = kind.endsWith("json") ? "application/json" : "image/png";
  if (kind === "address") data.setData("text/uri-list", location.origin + value);
  else data.items.add(new File([value], kind, { type }));
  const options = { bubbles: true, cancelable: true, dataTransfer: data };
  for (const name of ["dragenter", "dragover", "drop"])
    document.querySelector(where).dispatchEvent(new DragEvent(name, options));
}"""


def run(page: Page, text: str) -> str:
    """Run a prompt by keyboard; return the run's address once it has ended."""
    prompt(page).fill(text)
    prompt(page).press("Control+Enter")
    done = f"#stage [data-title='{text}']{DONE}"
    page.wait_for_selector(done)
    return f"/runs/{page.locator(done).get_attribute('data-run-id')}/"


@pytest.mark.exhaustive
def test_the_words_of_the_last_try_return_to_an_empty_prompt(aurora: Page) -> None:
    run(aurora, "an owl of copper wire")
    aurora.goto(AURORA)
    prompt(aurora).fill("")
    prompt(aurora).press("ArrowUp")
    expect(prompt(aurora)).to_have_value("an owl of copper wire")
    aurora.keyboard.press("Control+z")
    expect(prompt(aurora)).to_have_value("")


@pytest.mark.exhaustive
def test_a_run_a_picture_and_a_run_file_give_their_settings_back_when_dropped(
    aurora: Page,
) -> None:
    address = run(aurora, "a heron in the mist")
    picture = aurora.locator("#stage .artifact img").first.get_attribute("src")
    file = aurora.request.get(f"{address}run.json").text()
    aurora.goto(AURORA)
    begin_drag(aurora)
    for kind, value in (("address", address), ("run.json", file)):
        prompt(aurora).fill("something else")
        aurora.evaluate(DROP, [".stage-side", kind, value])
        expect(prompt(aurora)).to_have_value("a heron in the mist")
        aurora.get_by_role("button", name="Undo").click()
        expect(prompt(aurora)).to_have_value("something else")
    assert picture
    copy = f"{address}artifacts/0/"  # until our copy is stored, its address redirects
    until(lambda: aurora.request.get(copy, max_redirects=0).status == 200)
    aurora.evaluate(
        """async (src) => {
          const bytes = await (await fetch(src)).arrayBuffer();
          const data = new DataTransfer();
          data.items.add(new File([bytes], "saved.png", { type: "image/png" }));
          const options = { bubbles: true, cancelable: true, dataTransfer: data };
          document.querySelector("h1").dispatchEvent(new DragEvent("drop", options));
        }""",
        copy,
    )
    expect(prompt(aurora)).to_have_value("a heron in the mist")
    aurora.evaluate(DROP, ["h1", "unknown.png", "not made here"])
    expect(aurora.locator("#toasts")).to_contain_text("No run here made this file.")
    toasts = aurora.locator("#toasts")
    expect(toasts).to_contain_text("No run here made this file.")
    expect(aurora.locator(".drop-hint")).to_have_count(0)
    toasts.get_by_role("button", name="Use it as input for …").click()
    expect(aurora.get_by_role("heading", name="Use this file as…")).to_be_visible()


@pytest.mark.exhaustive
def test_remix_gives_settings_back_and_back_shows_the_form_as_it_was(aurora: Page) -> None:
    run(aurora, "a fox in the snow")
    prompt(aurora).fill("changed since")
    expect(aurora.locator(".try-runs a").first).to_have_attribute("title", "a fox in the snow")
    aurora.locator("#stage").get_by_role("button", name="Remix").click()
    expect(prompt(aurora)).to_have_value("a fox in the snow")
    aurora.get_by_role("button", name="Undo").click()
    expect(prompt(aurora)).to_have_value("changed since")
    open_more(aurora)
    aurora.get_by_role("link", name="Details").click()
    aurora.go_back()
    expect(prompt(aurora)).to_have_value("changed since")
