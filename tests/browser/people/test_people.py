"""One's own account, deleted runs that come back, and the admin, in a browser."""

from __future__ import annotations

import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_usable
from tests.browser.journeys import AURORA, DONE, Open, open_page

__all__ = ["open_page"]
pytestmark = pytest.mark.browser


PAGES = ["/account/", "/runs/?whose=*", "/admin/", "/admin/status/", "/admin/playground/run/"]


@pytest.mark.exhaustive
def test_everybody_can_use_every_page(open_page: Open) -> None:
    page = open_page(PAGES[0])
    for address in PAGES:
        page.goto(address)
        assert_usable(page)


@pytest.mark.exhaustive
def test_two_selected_runs_are_downloaded_as_one_zip(open_page: Open) -> None:
    for prompt in ("a fox to take along", "a crow to take along"):
        page = open_page(AURORA + f'?input={{"prompt": "{prompt}"}}')
        page.locator("#run-button").click()
        page.wait_for_selector(f"#stage {DONE}")
        expect(page.locator("#stage [data-watch]")).to_have_count(0)  # its files are copied
    page.goto("/runs/")
    download = page.locator("#selection").get_by_role("button", name="Download", exact=True)
    expect(download).to_have_count(0)  # no bar before something is selected
    for prompt in ("a fox to take along", "a crow to take along"):
        page.get_by_role("checkbox", name=f"Select {prompt}").first.check()
    with page.expect_download() as downloading:
        download.press("Enter")
    with zipfile.ZipFile(downloading.value.path()) as archive:
        names = archive.namelist()
        recipes = json.loads(archive.read("recipes.json"))["recipes"]
        assert archive.testzip() is None
    assert re.fullmatch(r"vitrine-[0-9-]{10}\.zip", downloading.value.suggested_filename)
    assert names[-1] == "recipes.json"
    assert [*recipes] == names[:-1]
    for words, name in zip(("a-fox", "a-crow"), names, strict=False):
        assert re.fullmatch(rf"[0-9-]{{10}}-{words}-to-take-along-[\w.-]+-1\.\w+", name)
