"""A form too large to send stays with JavaScript; else a page says so, and Back restores it."""

import pytest
from playwright.sync_api import expect

from tests.browser.journeys import Open, open_page

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
# A hidden input, because the layout of such a large text area takes minutes.
ENLARGE = """() => {
  const large = document.createElement("input");
  Object.assign(large, { type: "hidden", name: "large", value: "x".repeat(17 * 2 ** 20) });
  document.querySelector("#playground-form").append(large);
}"""


@pytest.mark.exhaustive
def test_with_script_it_does_not_leave_and_says_so_beside_the_form(open_page: Open) -> None:
    page = open_page("/models/sandbox/ridgeline/")
    page.locator("[name=prompt]").fill("all that I typed")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method + request.url))
    page.evaluate(ENLARGE)
    page.locator("#run-button").click()
    note = page.locator("#playground-form > .too-large")
    expect(note).to_contain_text("MB, and the server reads 16 MB at most, so it was not sent")
    expect(note).to_be_in_viewport()
    expect(page.locator("[name=prompt]")).to_have_value("all that I typed")
    assert not [
        line
        for line in sent
        if line.startswith("POST") and line.endswith("/models/sandbox/ridgeline/")
    ]
    page.evaluate("document.querySelector('[name=large]').remove()")
    page.locator("#run-button").click()
    page.wait_for_selector("#stage [data-run-id]")
    expect(note).to_have_count(0)
