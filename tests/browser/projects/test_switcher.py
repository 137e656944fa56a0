"""The project in the header: on every page, changed by a few letters and Enter."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from projects.models import Project
from tests.browser.axe import assert_clean
from tests.projects.people import make_project

pytestmark = pytest.mark.browser


@pytest.fixture
def fox(gallery: None, user: User) -> Project:
    make_project("Zoo", ana="viewer")
    return make_project("Red Fox", ana="manager")


def open_menu(page: Page) -> None:
    page.locator(".head .projects > summary").click()
    expect(page.get_by_role("combobox", name="Find a project")).to_be_focused()


def expect_to_work_in(page: Page, name: str) -> None:
    expect(page.locator(".head .projects > summary bdi")).to_have_text(name)


def test_a_few_letters_and_enter_change_the_project(open_page, fox):
    page = open_page("/models/?q=kling")
    expect_to_work_in(page, "Private")
    page.locator(".head .projects > summary").focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("combobox", name="Find a project")
    expect(box).to_be_focused()
    options = page.get_by_role("listbox", name="Work in").get_by_role("option")
    expect(options).to_have_count(3)
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert_clean(page, within=".head")
    page.keyboard.type("FÓX r")
    expect(options).to_have_count(1)
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect_to_work_in(page, "Red Fox")
    assert page.url.endswith("/models/?q=kling")
    open_menu(page)
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect_to_work_in(page, "Zoo")
