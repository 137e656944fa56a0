"""The search line in a browser: suggestions by keys, chips, facets, and saving a view."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from features.library.search import indexing
from tests.browser.axe import assert_clean
from tests.browser.gallery import Open

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def results(make_run: Any) -> None:
    """A picture and a video of a fox, and a picture of a heron."""
    ended = {"state": "succeeded", "ended_at": timezone.now()}
    image = {"images": [{"url": "https://v3.fal.media/x.png"}]}
    make_run(title="a fox", output=image, **ended)
    make_run(title="a fox runs", output={"video": {"url": "https://v3.fal.media/x.mp4"}}, **ended)
    make_run(title="a heron", output=image, **ended)
    indexing.index_all()


def test_a_line_is_typed_by_keys_and_saved_as_a_view(open_page: Open, results: None) -> None:
    page = open_page("/runs/")
    stacks = page.locator("#wall .wall-stack")
    expect(stacks).to_have_count(3)
    line = page.get_by_role("combobox", name="Find results by words and conditions")
    line.press_sequentially("fox out:im")
    option = page.get_by_role("option", name="out:image")
    expect(option).to_be_visible()
    assert_clean(page)
    line.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    line.press("Enter")
    expect(line).to_have_value("fox out:image ")
    line.press("Enter")
    expect(stacks).to_have_count(1)
    page.get_by_role("link", name="Save as a view").click()
    page.get_by_label("Name", exact=True).fill("Foxes")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Filter", exact=True).click()
    expect(page.get_by_role("link", name="Foxes")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(stacks).to_have_count(1)
    page.get_by_role("link", name="Remove Result: Pictures").click()
    expect(stacks).to_have_count(2)
    assert_clean(page)
