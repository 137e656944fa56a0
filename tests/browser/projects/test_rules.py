"""A manager locks models by keyboard; a member sees the locks, filters by them, and reads why."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from projects.models import Project
from tests.browser.axe import assert_clean, assert_fits, assert_usable
from tests.browser.gallery import PHONE, Open
from tests.projects.people import make_project

pytestmark = pytest.mark.browser


@pytest.fixture
def fox(gallery: None, user: User) -> Project:
    return make_project("Red Fox", ana="manager")


def test_a_rule_is_made_by_keyboard_and_taken_back(open_page: Open, fox: Project) -> None:
    page: Page = open_page("/projects/red-fox/rules/")
    assert_clean(page)
    page.get_by_label("Models by").focus()
    page.keyboard.type("Cat")
    page.keyboard.press("Tab")
    page.keyboard.type("image to vide")
    page.keyboard.press("Enter")
    box = page.get_by_label("Which")
    expect(box).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Did you mean image-to-video?")
    assert_clean(page)
    page.keyboard.press("End")
    page.keyboard.type("o")
    page.get_by_role("button", name="Preview").press("Enter")
    expect(page.locator("#rule-preview")).to_contain_text("This rule locks 15 of 60 models.")
    page.get_by_role("button", name="Add rule").press("Enter")
    rule = page.get_by_role("listitem").filter(has_text="Forbid models of the category")
    expect(rule).to_contain_text("Locks 15 models here")
    assert_clean(page)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert_fits(page)
    assert_usable(page)
    rule.get_by_role("button", name=re.compile("Remove")).click()
    expect(page.get_by_text("No rules.").first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(rule).to_be_visible()
    errors: list[str] = open_page.errors  # type: ignore[attr-defined]
    errors[:] = [
        error for error in errors if "422" not in error
    ]  # the post with the misspelt category
