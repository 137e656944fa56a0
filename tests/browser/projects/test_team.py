"""Three people and a project: invited in, looked at, moved out, moved back, left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from catalog.models import Endpoint
from projects.models import Membership, Project
from runs.models import Run
from tests.browser.axe import assert_usable
from tests.browser.contexts import Contexts
from tests.browser.gallery import WIDE
from tests.projects.people import logged_in, person

pytestmark = pytest.mark.browser
As = Callable[[str], Page]


@pytest.fixture
def as_person(contexts: Contexts, live_server: LiveServer, gallery: None) -> As:
    """`as_person("ben")` → a page of a browser in which ben is logged in."""

    def open_browser(name: str) -> Page:
        cookie = logged_in(person(name)).cookies[settings.SESSION_COOKIE_NAME]
        context = contexts.take(
            viewport={"width": WIDE[0], "height": WIDE[1]}, base_url=live_server.url
        )
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        return context.new_page()

    return open_browser


def status_of(page: Page, address: str) -> int:
    response = page.goto(address)
    assert response is not None
    return response.status


def test_a_team_shares_a_project(as_person: As, user: User) -> None:
    ana, ben, cleo = as_person("ana"), as_person("ben"), as_person("cleo")
    ana.goto("/projects/new/")
    ana.get_by_label("Name").fill("Red Fox 🦊")
    ana.get_by_role("button", name="Make project").click()
    expect(ana.get_by_role("heading", name="Red Fox 🦊")).to_be_visible()
    ana.locator("#new-member").select_option(label="ben", force=True)
    ana.get_by_label("Role of the new member").select_option("viewer")
    ana.get_by_role("button", name="Add", exact=True).click()
    expect(ana.get_by_label("Role of ben")).to_have_value("viewer")
    assert_usable(ana)

    project = Project.objects.get(person=None)
    run = Run.objects.create(
        user=user, project=project, endpoint=Endpoint.objects.earliest("pk"), title="a red fox",
        arguments={"prompt": "a red fox"}, state="succeeded", form_token="t", output={},
    )  # fmt: skip
    address = run.get_absolute_url()
    ben.goto(f"/runs/?as=list&project={project.slug}")
    expect(ben.get_by_role("link", name="a red fox", exact=True)).to_be_visible()
    expect(ben.locator(".head .projects > summary bdi")).to_have_text("Red Fox 🦊")
    assert status_of(ben, address) == 200
    expect(ben.get_by_role("button", name="Delete")).to_have_count(0)
    for closed in (address, project.get_absolute_url()):
        assert status_of(cleo, closed) == 404
    assert status_of(cleo, f"/runs/?project={project.slug}") == 403
    expect(cleo.locator("[data-refused]")).to_contain_text("not a member")

    ana.goto(address)
    ana.get_by_role("link", name="Move to…").click()
    ana.get_by_label("Private").check()
    assert_usable(ana)
    ana.get_by_role("button", name="Move", exact=True).click()
    expect(ana.get_by_role("heading", name="Moved to Private")).to_be_visible()
    assert status_of(ben, address) == 404
    ana.get_by_role("button", name="Undo").click()
    expect(ana.get_by_role("heading", name="Moved back")).to_be_visible()
    assert status_of(ben, address) == 200

    ben.goto(project.get_absolute_url())
    ben.get_by_role("button", name="Leave the project").click()
    expect(ben.locator(".head .projects > summary bdi")).to_have_text("Private")
    assert status_of(ben, address) == 404
    assert Membership.objects.filter(project=project).count() == 1
    ana.goto(project.get_absolute_url())
    ana.get_by_role("button", name="Leave the project").click()
    expect(ana.locator(".notice")).to_contain_text("manager")
