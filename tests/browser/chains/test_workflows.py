"""A workflow of fal's account is a model of the gallery, and names its steps while it runs."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.journeys import PHONE, Open, open_page, prompt
from tests.browser.waiting import eventually

__all__ = ["open_page"]

pytestmark = pytest.mark.browser


@pytest.mark.exhaustive
def test_a_workflow_runs_step_by_step(open_page: Open) -> None:
    page = open_page("/models/?q=tag:test", size=PHONE)
    listed = page.get_by_role("link", name="Mishap")

    def has_come() -> bool:
        page.reload()
        return listed.count() > 0

    eventually(page, has_come)
    listed.first.click()
    prompt(page).fill("Two boats at anchor")
    page.locator("#run-button").click()
    steps = page.get_by_role("list", name="Steps")
    expect(steps).to_contain_text("sandbox/ridgeline")
    assert_clean(page)
    assert_fits(page)
    expect(page.locator("#stage [data-run-status='failed']")).to_have_count(1, timeout=60_000)
    expect(steps).to_have_count(0)
