"""The first hour of three people, in clicks: a designer, a product manager and an admin.

A click is a press of a button, a link or a key that chooses; typing is not counted.
"""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.browser.hand import Hand, Record
from tests.browser.journeys import DONE, Open, open_page
from tests.browser.runs.test_journey import ready

__all__ = ["open_page"]
# Each step has a quicker test of its own; together they count clicks, which changes rarely.
pytestmark = [pytest.mark.browser, pytest.mark.exhaustive]
ENDED_MS = 90_000


def test_a_designer_finds_runs_varies_and_uses_the_best_in_a_second_model(
    open_page: Open, record_property: Record
) -> None:
    words = f"northern lights over {uuid.uuid4().hex[:6]}"
    page = open_page("/")
    hand = Hand(page)
    hand.press("/")
    page.keyboard.type("northern light")
    hand.press("Enter")
    page.wait_for_url("**/models/?q=*")
    hand.click(page.locator("article[data-endpoint-id='sandbox/aurora'] a").first)
    ready(page).locator("[name=prompt]").fill(words)
    hand.click(page.locator("label:has([name='~variations'][value='4'])"))
    expect(page.locator("#run-cost")).to_have_text("about $0.079")
    hand.click(page.locator("#run-button"))
    pictures = page.locator(f"#stage {DONE} figure[data-kind='image']")
    expect(pictures).to_have_count(4, timeout=ENDED_MS)
    best = pictures.nth(2)
    hand.click(best.get_by_role("button", name=re.compile("^Star ")))
    expect(best.locator(".artifact-star button")).to_have_attribute("aria-pressed", "true")
    hand.click(best.locator("[data-shortcut='u']"))
    expect(page.locator("dialog.jump").get_by_role("option").first).to_be_visible()
    page.keyboard.type("upscale")
    hand.press("Enter")
    page.wait_for_url("**/models/sandbox/lens/upscale/**")
    expect(page.locator("media-field .media-view img")).to_be_visible()
    hand.click(ready(page).locator("#run-button"))
    page.wait_for_selector(f"#stage {DONE}", timeout=ENDED_MS)
    hand.tell(record_property, 10)

    tomorrow = open_page("/")
    hand = Hand(tomorrow)
    main = tomorrow.get_by_role("navigation", name="Main")
    hand.click(main.get_by_role("link", name="Runs", exact=True))
    tomorrow.get_by_label("Find results by words").fill(f"starred {words}")
    hand.press("Enter")
    tomorrow.wait_for_url("**/runs/?q=*")
    hand.click(tomorrow.locator("#wall .tile .face").first)
    expect(tomorrow.locator("dialog.viewer .viewer-prompt")).to_have_text(words)
    hand.tell(record_property, 4)


def test_a_manager_asks_for_a_film_compares_three_models_and_reads_the_price(
    open_page: Open, record_property: Record
) -> None:
    page = open_page("/")
    hand = Hand(page)
    hand.press("/")
    page.keyboard.type("ten second 1080p film from two pictures with sound under a dollar")
    hand.press("Enter")
    page.wait_for_url("**/models/?q=*")
    for chip in ("Under $1.00 for 10 s", "1080p", "Video with sound", "Takes two or more images"):
        expect(page.locator("main")).to_contain_text(chip)
    cards = page.locator("article[data-endpoint-id]")
    expect(cards).to_have_count(3)
    looks = [re.sub(r"\s+", " ", text) for text in cards.all_inner_texts()]
    assert len({*looks}) == 3, looks
    hand.click(page.get_by_role("button", name="Compare").or_(page.get_by_text("Compare")).first)
    for place in range(3):
        hand.click(cards.nth(place).get_by_role("checkbox"))
    hand.click(page.get_by_role("link", name="Compare 3 models"))
    page.wait_for_url("**/compare/new/**")
    expect(page.locator(".plan-model")).to_have_count(3)
    for name, text in (
        ("prompt", "the harbour at dusk"),
        ("first_frame_url", "https://v3.fal.media/files/a/day.png"),
        ("last_frame_url", "https://v3.fal.media/files/a/dusk.png"),
    ):
        page.locator(f"[name='shared.{name}']").fill(text)
    outcome = page.locator("#plan-outcome")
    expect(outcome).to_contain_text("3 runs")
    expect(outcome).to_contain_text("$1.05")  # 5 s each, until the length is chosen
    hand.click(page.locator("label:has([name='shared.duration'][value='10'])"))
    expect(outcome).to_contain_text("$2.10")
    hand.tell(record_property, 8)


def test_an_admin_adds_marks_looks_who_ran_what_and_removes(
    open_page: Open, record_property: Record
) -> None:
    page = open_page("/models/sandbox/scribe/")
    hand = Hand(page)
    hand.click(page.locator("[popovertarget=judge]"))
    hand.click(page.locator("#judge").get_by_text("Approved"))
    page.locator("#judge").get_by_role("textbox").fill("Good for short essays")
    hand.click(page.locator("#judge").get_by_role("button").last)
    expect(page.locator("#standing")).to_contain_text("Good for short essays")
    page.goto("/admin/")
    hand.click(page.get_by_role("link", name="Runs", exact=True).last)
    expect(page.locator("#changelist")).to_be_visible()
    page.goto("/admin/auth/user/add/")
    name = f"leaver-{uuid.uuid4().hex[:6]}"
    page.locator("[name=username]").fill(name)
    page.locator("[name=usable_password][value=false]").check()
    hand.click(page.locator("[name=_save]"))
    page.goto("/admin/auth/user/")
    hand.click(page.get_by_role("link", name=name))
    hand.click(page.get_by_role("link", name="Remove …"))
    hand.click(page.get_by_role("button", name="End their access"))
    expect(page.locator("body")).to_contain_text(name)
    hand.tell(record_property, 9)
