"""Curating in a browser: by drag, by keyboard, with undo, accessible to everybody.

No step needs a Save.
"""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from catalog.models import Collection, Endpoint
from tests.browser.axe import assert_clean
from tests.browser.dragging import drag
from tests.browser.waiting import eventually, settle

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
EDIT = "/collections/best/edition/"


@pytest.fixture
def curate(open_page: Open, user: User) -> Open:
    """`open_page`, logged in as a curator."""
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return open_page


def order() -> list[str]:
    items = Collection.objects.get(slug="best").items.select_related("endpoint")
    return [item.endpoint.display_name for item in items]


def test_a_collection_is_ordered_by_drag_by_keyboard_and_cleared_with_undo(curate: Open) -> None:
    page = curate(EDIT)
    assert order()[:3] == ["Kling 0", "Flux 1", "Flux 2"]
    page.get_by_role("button", name="Move Flux 1 up").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move Flux 1 up")).to_be_focused()
    expect(page.locator("#saved")).to_have_text("Saved.")
    assert order()[:2] == ["Flux 1", "Kling 0"]
    rows = page.locator("[data-of='models'] > .row")
    drag(rows.nth(0).locator(".drag"), rows.nth(2), 40, 20)
    eventually(page, lambda: order()[:3] != ["Flux 1", "Kling 0", "Flux 2"])
    page.get_by_role("button", name="Remove Flux 2", exact=True).click()
    eventually(page, lambda: len(order()) == 7)
    page.get_by_role("button", name="Undo removal").click()
    eventually(page, lambda: len(order()) == 8)
    page.get_by_label("Note on Kling 0").fill("For quick tries")
    page.get_by_role("button", name="Done").click()
    page.wait_for_url("**/collections/best/")
    expect(page.get_by_label("Note on Kling 0")).to_have_value("For quick tries")


@pytest.mark.exhaustive
def test_a_model_is_blocked_in_place_and_its_head_follows(curate: Open) -> None:
    page = curate("/models/fal-ai/flux-42/run/?tab=about")
    page.get_by_role("button", name="Mark").click()
    settle(page)
    page.wait_for_load_state("networkidle")  # the form's own style sheet moves its controls
    page.get_by_label("Blocked").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    expect(page.get_by_label("Why")).to_be_focused()
    page.keyboard.type("It is too dear")
    assert_clean(page)
    page.keyboard.press("Enter")
    expect(page.locator("#mark")).to_have_text("Blocked")
    expect(page.get_by_role("button", name="Change")).to_be_focused()
    assert Endpoint.objects.get(endpoint_id="fal-ai/flux-42/run").mark == "blocked"
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#mark")).to_be_empty()
    curate.errors.clear()  # type: ignore[attr-defined]  # the console tells of each 422


def test_models_are_approved_together(curate: Open) -> None:
    page = curate("/models/")
    page.get_by_role("link", name="Select").press("Enter")
    for name in ("Flux 1", "Flux 2", "Flux 3"):
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).check()
    bar = page.get_by_role("form", name="Ticked models")
    expect(bar.get_by_role("link", name="Compare 3 models")).to_be_visible()
    bar.locator("summary", has_text="Mark").press("Enter")
    assert_clean(page)
    bar.get_by_role("button", name="Approve").press("Enter")
    expect(page.get_by_text("3 models: approved.")).to_be_visible()
    page.get_by_role("switch", name="Only approved models").check()
    expect(page.locator("article.card")).to_have_count(3)
    page.wait_for_url("**/models/?is=approved")
