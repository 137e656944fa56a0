"""The gallery and its collections in a browser: by pointer and keyboard, on a phone, with undo."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from catalog.models import Collection, Endpoint, Favourite
from tests.browser.axe import assert_clean
from tests.browser.dragging import drag
from tests.browser.gallery import PHONE, WIDE, Open
from tests.browser.waiting import eventually
from tests.processes import until

pytestmark = pytest.mark.browser
EDIT = "/collections/best/edition/"


def search_box(page: Page) -> Any:
    return page.get_by_role("searchbox", name="Search models")


def test_htmx_comes_with_the_first_sign_of_a_person(open_page):
    page = open_page("/models/")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.htmx === undefined")
    page.mouse.move(20, 20)
    until(lambda: page.evaluate("window.htmx !== undefined"))
    # Nothing may have moved while the pictures loaded.
    moved = page.evaluate(
        """() => new Promise((done) => {
          let sum = 0;
          new PerformanceObserver((list) => list.getEntries().forEach((e) => (sum += e.value)))
            .observe({ type: "layout-shift", buffered: true });
          setTimeout(() => done(sum), 400);
        })"""
    )
    assert moved == 0


def test_results_follow_the_typing_and_the_caret_stays(open_page):
    page = open_page("/models/?tag=slow")
    expect(page.locator("article.card")).to_have_count(20)
    box = search_box(page)
    box.press_sequentially("klng", delay=30)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("i")
    expect(page.locator("article.card")).to_have_count(2)
    expect(page.locator("#said")).to_have_text("2 models for “kling”")
    expect(box).to_be_focused()
    assert box.evaluate("element => element.selectionStart") == 3
    page.wait_for_url("**/models/?q=kling&tag=slow")
    expect(page).to_have_title("kling · Models · Vitrine")
    page.go_back()
    expect(page.locator("article.card")).to_have_count(20)
    expect(search_box(page)).to_have_value("")
    page.go_forward()
    expect(page.locator("article.card")).to_have_count(2)
    expect(search_box(page)).to_have_value("kling")


def test_by_keyboard_alone_from_the_front_to_a_model(open_page):
    page = open_page("/")
    page.keyboard.press("/")
    expect(search_box(page)).to_be_focused()
    page.keyboard.type("kling 30")
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/?q=kling+30")
    card = page.locator("article.card").first
    for _ in range(60):
        page.keyboard.press("Tab")
        if card.evaluate("card => card.contains(document.activeElement)"):
            break
    expect(card.get_by_role("link", name="Kling 30")).to_be_focused()
    page.keyboard.press("Tab")
    expect(card.get_by_role("button")).to_be_focused()
    expect(card.get_by_role("button")).to_have_css("opacity", "1")
    page.keyboard.press("Space")
    expect(card.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Shift+Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/models/fal-ai/kling-30/run/")


def test_a_phone_begins_with_pictures_and_has_the_tools_in_one_line(open_page):
    page = open_page("/models/", PHONE)
    picture = page.locator(".card").first.bounding_box()
    assert picture
    assert picture["y"] <= 230
    page.get_by_role("button", name="More actions").click()
    expect(page.get_by_role("link", name="Select")).to_be_visible()
    page.keyboard.press("Escape")
    pick = page.get_by_role("checkbox", name="Image to 3D 15")
    expect(pick).to_be_hidden()
    page.locator("summary.button", has_text="Filters").click()
    pick.check()
    expect(page.locator("article.card")).to_have_count(15)
    expect(page.get_by_role("checkbox", name="Text to speech 15")).to_be_visible()  # stays open
    assert_clean(page)


def test_a_star_turns_in_all_tabs_is_undone_and_turns_back_when_refused(open_page, contexts):
    page = open_page("/")
    other = page.context.new_page()
    other.goto(page.url)
    stars, twins = (tab.get_by_role("button", name="Star: Kling 0") for tab in (page, other))
    stars.first.click()
    for star in (*stars.all(), *twins.all()):  # in the collection, and in the list of new models
        expect(star).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status").filter(has_text="Kling 0 is starred")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(stars.first).to_have_attribute("aria-pressed", "false")
    expect(twins.first).to_have_attribute("aria-pressed", "false")
    assert Favourite.objects.count() == 0

    page.route("**/favourites/", lambda route: route.fulfill(status=500))
    stars.first.click()
    expect(page.locator("#toasts")).to_contain_text("500")
    expect(stars.first).to_have_attribute("aria-pressed", "false")
    contexts.errors.clear()


@pytest.fixture
def curate(open_page: Open, user: User) -> Open:
    """`open_page`, logged in as a curator."""
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return open_page


def order() -> list[str]:
    items = Collection.objects.get(slug="best").items.select_related("endpoint")
    return [item.endpoint.display_name for item in items]


def test_a_collection_is_ordered_by_drag_by_keyboard_and_cleared_with_undo(curate):
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


def test_models_are_approved_together(curate):
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


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_no_card_cuts_its_price(open_page, size):
    listed = [("0.00111", "compute second"), ("0.0123", "1000 characters"), ("1.25", "5 seconds")]
    for number, (amount, unit) in enumerate(listed):
        models = Endpoint.objects.filter(position__in=range(number, 60, 3))
        models.update(unit_price_usd=amount, price_unit=unit)
    Endpoint.objects.filter(position=0).update(
        measured_price="0.0001234", measured_unit="compute second", measured_runs=9
    )
    prices = open_page("/models/", size).locator("article.card footer data")
    assert prices.count()
    cut = prices.evaluate_all(
        """prices => prices.filter(price => price.scrollWidth > price.clientWidth
          || price.getBoundingClientRect().right > price.parentElement.getBoundingClientRect().right
        ).map(price => price.innerText)"""
    )
    assert cut == []
