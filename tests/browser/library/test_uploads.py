"""An own file from the form to the wall, away and back; and the picker by keyboard."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from features.library.models import Series
from features.library.series import items
from projects.models.project import private_project
from runs.models import Upload
from tests.browser.axe import assert_clean, assert_fits
from tests.browser.media import PHONE, WIDE, Open, choose, drop, field, file, held, png

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [PHONE, WIDE])
def test_upload_is_found_on_the_wall_deleted_and_brought_back(open_form: Open, size: Any) -> None:
    page = open_form(size)
    picture = field(page, "image_url")
    choose(picture, file("bottle.png", png(), "image/png"))
    held(picture)
    page.goto("/runs/")
    page.get_by_role("link", name="Uploaded").click()
    tile = page.locator("#wall .tile")
    expect(tile).to_have_count(1)
    assert_clean(page)
    assert_fits(page)
    tile.hover()
    tile.locator("summary").click()
    expect(tile.get_by_role("link", name="Download")).to_be_visible()
    if size == PHONE:  # the menu is a sheet at the end of the window, whatever lies behind it
        page.wait_for_function(
            "() => innerHeight - document.querySelector('#wall details > div')"
            ".getBoundingClientRect().bottom < 1"
        )
    tile.get_by_role("button", name="Delete").click()
    expect(page.locator("#wall")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(tile).to_have_count(1)
    tile.locator(".face").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Delete").last.click()
    expect(page.get_by_text("1 upload deleted")).to_be_visible()
    assert Upload.objects.get().deleted_at is not None


def test_keyboard_opens_a_series_and_chooses_its_file(open_form: Open, user: User) -> None:
    page = open_form()
    picture = field(page, "image_url")
    choose(picture, file("bottle.png", png(), "image/png"))
    held(picture)
    series = Series.objects.create(user=user, project=private_project(user), name="Spring")
    items.add_uploads(user, series, list(Upload.objects.all()))
    picture.get_by_role("button", name="Remove").press("Enter")
    picture.locator("[data-tool=picker]").press("Enter")
    dialog = page.get_by_role("dialog", name="Choose a picture")
    dialog.get_by_role("searchbox").focus()
    page.keyboard.press("Shift+Tab")  # to the segments
    page.keyboard.press("ArrowRight")
    expect(dialog.locator(".choice-name")).to_have_text("bottle.png")
    page.keyboard.press("ArrowRight")
    expect(dialog.locator(".choice-name")).to_have_text("Spring")
    dialog.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog.locator(".choice-name")).to_have_text("bottle.png")
    expect(dialog.locator(".choice")).to_be_focused()
    assert_clean(page)
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(picture.locator(".media-name")).to_have_text("bottle.png")


def test_file_that_is_dropped_on_the_picker_is_for_its_field(open_form: Open) -> None:
    page = open_form()
    picture = field(page, "image_url")
    picture.locator("[data-tool=picker]").click()
    dialog = page.get_by_role("dialog", name="Choose a picture")
    expect(dialog).to_be_visible()
    drop(page, ".picker-choices", ("new.png", "image/png", png()))
    expect(dialog).to_have_count(0)
    expect(picture.locator(".media-name")).to_have_text("new.png")
    held(picture)
    assert Upload.objects.get().file_name == "new.png"


def test_full_quota_leads_from_the_field_to_the_largest_files(
    open_form: Open, settings: Any
) -> None:
    settings.UPLOADS_MAX_MB_PER_PERSON = 0
    page = open_form()
    picture = field(page, "image_url")
    choose(picture, file("bottle.png", png(), "image/png"))
    link = picture.get_by_role("link", name="See your largest files")
    with page.expect_popup() as opened:
        link.click()
    expect(opened.value.get_by_text("No uploads here")).to_be_visible()
