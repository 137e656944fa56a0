"""The project in the header: on every page, changed by a few letters and Enter."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from projects.models import Membership, Project
from tests.browser.axe import assert_clean, assert_fits
from tests.browser.gallery import PHONE, Open
from tests.projects.people import make_project

pytestmark = pytest.mark.browser
LONG = "A very long name of a project that goes on and on until its eightieth letter ends"[:80]


@pytest.fixture
def fox(gallery: None, user: User) -> Project:
    make_project("Zoo", ana="viewer")
    make_project(LONG, ana="maker")
    return make_project("Red Fox", ana="manager")


def open_menu(page: Page) -> None:
    page.locator(".head .projects > summary").click()
    expect(page.get_by_role("combobox", name="Find a project")).to_be_focused()


def expect_to_work_in(page: Page, name: str) -> None:
    expect(page.locator(".head .projects > summary bdi")).to_have_text(name)


def test_a_few_letters_and_enter_change_the_project(open_page: Open, fox: Project) -> None:
    page = open_page("/models/?q=kling")
    expect_to_work_in(page, "Private")
    page.locator(".head .projects > summary").focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("combobox", name="Find a project")
    expect(box).to_be_focused()
    options = page.get_by_role("listbox", name="Work in").get_by_role("option")
    expect(options).to_have_count(4)
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


@pytest.mark.exhaustive
def test_nothing_fits_or_no_list_comes_and_escape_closes(open_page: Open, fox: Project) -> None:
    page = open_page("/models/")
    open_menu(page)
    page.keyboard.type("no such thing")
    expect(page.get_by_text("No project of yours is called so.")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    summary = page.locator(".head .projects > summary")
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".project-choice").get_by_role("option")).to_have_count(
        4
    )  # the list forgets the typed letters

    page.reload()
    page.route("**/projects/menu/", lambda route: route.abort(), times=1)
    page.locator(".head .projects > summary").click()
    expect(page.locator("#toasts")).to_contain_text("The projects could not be loaded.")
    page.keyboard.press("Escape")
    open_menu(page)
    open_page.errors.clear()  # type: ignore[attr-defined]  # the aborted request


@pytest.mark.exhaustive
def test_a_hundred_projects_stay_usable_on_a_phone(
    open_page: Open, user: User, fox: Project
) -> None:
    projects = Project.objects.bulk_create(
        Project(name=f"Campaign {number:03}", slug=f"c{number}") for number in range(120)
    )
    Membership.objects.bulk_create(Membership(project=project, user=user) for project in projects)
    page = open_page("/projects/", PHONE)
    assert_fits(page)
    open_menu(page)
    assert_fits(page)
    bottom = page.locator(".head .projects > div").evaluate(
        "menu => menu.getBoundingClientRect().bottom"
    )
    assert bottom <= PHONE[1]
    page.keyboard.type("117")
    page.get_by_role("option", name="Campaign 117").tap()
    expect_to_work_in(page, "Campaign 117")
    assert_clean(page)
