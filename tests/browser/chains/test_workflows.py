"""A workflow of fal's account, run while the page shows its steps one by one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.journeys import PHONE, Open, open_page
from tests.browser.waiting import eventually

__all__ = ["open_page"]

pytestmark = pytest.mark.browser


@pytest.mark.exhaustive
def test_a_workflow_runs_step_by_step(open_page: Open) -> None:
    page = open_page("/flows/account/", size=PHONE)
    listed = page.get_by_role("link", name="Mishap")

    def has_come() -> bool:
        page.reload()
        return listed.count() == 1

    eventually(page, has_come)
    assert_clean(page)
    listed.click()
    page.get_by_label("Prompt").fill("Two boats at anchor")
    page.get_by_role("button", name="Run", exact=True).last.click()
    drawn, failed = (page.locator(f"[data-node='{node}']") for node in ("draw", "spoil"))
    expect(drawn).to_have_attribute("data-state", re.compile("running|done"))
    expect(drawn).to_have_attribute("data-state", "done")
    expect(page.locator("#workflow-run")).to_have_attribute("data-run-state", "failed")
    expect(drawn.locator("img")).to_be_visible()
    expect(failed.locator(".notice")).to_contain_text("declined this content")
    states = [node.get_attribute("data-state") for node in page.locator("[data-node]").all()]
    assert states == ["done", "failed", ""]
    assert_clean(page)
    assert_fits(page)
