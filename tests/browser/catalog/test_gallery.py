"""The gallery in a browser: by pointer and keyboard, on a phone, without JavaScript, accessible."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from catalog.models import Endpoint, Favourite, Picture
from tests.browser.axe import assert_clean, assert_fits
from tests.browser.gallery import PHONE, WIDE, Open
from tests.browser.waiting import pass_time
from tests.processes import until
from tests.sampling import sample

pytestmark = pytest.mark.browser


def search_box(page: Page) -> Any:
    return page.get_by_role("searchbox", name="Search models")


def test_htmx_comes_with_the_first_sign_of_a_person(open_page: Open) -> None:
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


def test_results_follow_the_typing_and_the_caret_stays(open_page: Open) -> None:
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


@pytest.mark.exhaustive
def test_a_facet_narrows_counts_anew_and_keeps_the_focus(open_page: Open) -> None:
    page = open_page("/models/")
    speech = page.get_by_role("checkbox", name="Text to speech 15")
    speech.focus()
    page.keyboard.press("Space")
    expect(page.locator("article.card")).to_have_count(15)
    expect(page.get_by_role("checkbox", name="Text to speech 15")).to_be_focused()
    expect(page.get_by_role("checkbox", name="Text to image 15")).to_be_visible()
    page.wait_for_url("**/models/?category=text-to-speech")
    page.get_by_label("Sort").select_option("name")
    page.wait_for_url("**/models/?category=text-to-speech&sort=name")


def test_by_keyboard_alone_from_the_front_to_a_model(open_page: Open) -> None:
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


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_no_card_cuts_its_price(open_page: Open, size: tuple[int, int]) -> None:
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


@pytest.mark.parametrize("path", ["/models/", "/categories/image-to-video/", "/categories/"])
def test_a_phone_begins_with_pictures_and_has_the_tools_in_one_line(
    open_page: Open, path: str
) -> None:
    page = open_page(path, PHONE)
    picture = page.locator(".card").first.bounding_box()
    assert picture
    assert picture["y"] <= 230
    if path == "/categories/":
        return
    tools = [page.get_by_text("Filters", exact=True), page.get_by_label("Sort")]
    more = page.get_by_role("button", name="More actions")
    tops = {round(tool.bounding_box()["y"]) for tool in (*tools, more)}  # type: ignore[index]
    assert max(tops) - min(tops) <= 4
    expect(page.get_by_role("link", name="Select")).to_be_hidden()
    more.click()
    expect(page.get_by_role("link", name="Select")).to_be_visible()
    page.get_by_role("button", name="How to search").click()
    expect(page.get_by_role("heading", name="How to search")).to_be_visible()
    page.keyboard.press("Escape")
    assert_clean(page)


@pytest.mark.exhaustive
def test_on_a_phone_the_filters_open_and_stay_open(open_page: Open) -> None:
    page = open_page("/models/", PHONE)
    pick = page.get_by_role("checkbox", name="Image to 3D 15")
    expect(pick).to_be_hidden()
    page.locator("summary.button", has_text="Filters").click()
    pick.check()
    expect(page.locator("article.card")).to_have_count(15)
    expect(page.get_by_role("checkbox", name="Text to speech 15")).to_be_visible()


@pytest.mark.exhaustive
def test_a_picture_moves_under_the_pointer_and_with_the_focus_only(open_page: Open) -> None:
    page = open_page("/models/")
    card, film = page.locator("article:has([data-clip])"), page.locator("article video")
    before = card.bounding_box()
    expect(film).to_have_count(0)
    card.hover()
    expect(film).to_have_js_property("paused", False)
    expect(film).to_have_js_property("muted", True)
    assert card.bounding_box() == before
    page.mouse.move(720, 10)
    expect(film).to_have_count(0)
    page.locator("article").nth(1).get_by_role("link").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(card.locator("video")).to_have_js_property("paused", False)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(film).to_have_count(0)

    page = open_page("/models/", motion="reduce")
    page.clock.install()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.locator("article:has([data-clip])").hover()
    pass_time(page, 1)
    expect(page.locator("article video")).to_have_count(0)
    assert not [url for url in requests if url.endswith(".mp4")]


@pytest.mark.exhaustive
@pytest.mark.parametrize("path", sample(["/models/", "/"], 1))
def test_pictures_come_into_their_boxes_and_leave_all_else_as_it_is(
    open_page: Open, path: str
) -> None:
    Endpoint.objects.update(picture=None, thumbnail_url="https://fal.media/still.png")
    waiting = Picture.objects.create(digest="3", next_try_at=timezone.now())
    page = open_page(path)
    link = page.locator("article.card a").nth(4)
    link.focus()
    expect(page.locator("article.card > i").first).to_be_visible()
    Endpoint.objects.update(picture_id="1")
    expect(page.locator("article.card > i, .tiles i")).to_have_count(0)
    expect(link).to_be_focused()
    waiting.delete()
    expect(page.locator("#sync[hx-get]")).to_have_count(0)


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", sample([PHONE, WIDE], 1))
def test_a_family_unfolds_on_its_card(open_page: Open, size: tuple[int, int]) -> None:
    for number, name in enumerate(("pro", "lite", "turbo")):
        Endpoint.objects.create(
            endpoint_id=f"o/reel/{name}",
            display_name="Reel",
            full_name=f"Reel {name.title()}",
            owner="o",
            category="text-to-video",
            group_key="reel",
            position=number,
            pinned=True,
        )
    page = open_page("/models/", size)
    other = page.locator("article[data-endpoint-id='o/reel/turbo']")
    expect(other).to_be_hidden()
    page.get_by_text("+2 variants").focus()
    page.keyboard.press("Enter")
    expect(other.get_by_role("link", name="Turbo", exact=True)).to_be_visible()
    assert_clean(page)
    assert_fits(page)
    page.keyboard.press("Escape")
    expect(other).to_be_hidden()


@pytest.mark.parametrize("size", sample([PHONE, WIDE], 1))
def test_a_star_turns_at_once_is_announced_and_can_be_undone(
    open_page: Open, size: tuple[int, int]
) -> None:
    page = open_page("/", size)
    stars = page.get_by_role("button", name="Star: Kling 0")
    expect(stars).to_have_count(2)  # in the collection, and in the list of new models
    stars.first.click()
    for star in stars.all():
        expect(star).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status").filter(has_text="Kling 0 is starred")).to_be_visible()
    assert Favourite.objects.count() == 1
    page.get_by_role("button", name="Undo").click()
    expect(stars.first).to_have_attribute("aria-pressed", "false")
    expect(
        page.get_by_role("status").filter(has_text="Kling 0 is no longer starred")
    ).to_be_visible()
    expect(page.get_by_text("Kling 0 is starred")).to_have_count(0)
    assert Favourite.objects.count() == 0


@pytest.mark.exhaustive
def test_a_star_turns_in_the_other_tabs_and_back_when_the_server_refuses(open_page: Open) -> None:
    page = open_page("/models/")
    other = page.context.new_page()
    other.goto(page.url)
    star, its_twin = (
        tab.get_by_role("button", name="Star: Flux 1", exact=True) for tab in (page, other)
    )
    star.click()
    expect(its_twin).to_have_attribute("aria-pressed", "true")
    its_twin.click()
    expect(star).to_have_attribute("aria-pressed", "false")
    expect(
        other.get_by_role("status").filter(has_text="Flux 1 is no longer starred")
    ).to_be_visible()
    assert Favourite.objects.count() == 0

    page.route("**/favourites/", lambda route: route.fulfill(status=500))
    star.hover()
    star.click()
    expect(page.locator("#toasts")).to_contain_text("500")
    expect(star).to_have_attribute("aria-pressed", "false")
    open_page.errors.clear()  # type: ignore[attr-defined]
