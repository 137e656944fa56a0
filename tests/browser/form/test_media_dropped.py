"""Dropped and pasted files: onto their field, beside the fields, and from the page itself."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from runs.models import Upload
from tests.browser.media import (
    Open,
    begin_drag,
    drop,
    field,
    held,
    png,
    wav,
)
from tests.browser.waiting import Held

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_files_are_dropped_and_pasted_and_a_stray_one_never_leaves_the_page(
    open_form: Open,
) -> None:
    page = open_form()
    picture = field(page, "image_url")
    one, two = ("a.png", "image/png", png()), ("b.png", "image/png", png(99, 99))
    assert drop(page, ".model-head h1", one)
    assert drop(page, "#stage", one)
    assert drop(page, "header.head", one)
    assert drop(page, "[name=image_url]", one, two)
    held(picture)
    expect(picture.locator(".media-note")).to_contain_text("Only a.png was taken")
    expect(picture.locator(".media-name")).to_have_text("a.png")
    assert drop(page, "[name=mask_url]", two, type="paste")
    held(field(page, "mask_url"))
    assert Upload.objects.count() == 2
    assert drop(page, "[name=audio_url]", link="https://example.com/a.mp3")
    expect(page.locator("[name=audio_url]")).to_have_value("https://example.com/a.mp3")
    assert page.url.endswith("/models/a/b/")


@pytest.mark.exhaustive
def test_what_is_chosen_while_scripts_come_is_not_replaced(open_form: Open) -> None:
    """A file dropped beside the fields takes a field that is free once the script has loaded."""
    page = open_form()
    picture = field(page, "image_url")
    script = Held(page, "**/form-rows*.js")
    begin_drag(page)
    assert drop(page, "h1", ("hill.png", "image/png", png(99, 99)))
    script.come()
    assert drop(page, "[name=image_url]", ("a.png", "image/png", png()))
    held(picture)
    script.let_go()
    expect(page.locator("[data-field=image_urls] .media-name")).to_have_text("hill.png")
    expect(picture.locator(".media-name")).to_have_text("a.png")


@pytest.mark.exhaustive
def test_a_file_given_beside_the_fields_goes_to_the_one_that_takes_it(open_form: Open) -> None:
    """On a field's label, anywhere on the page, or pasted while another control has the focus."""
    page = open_form()
    one = ("a.png", "image/png", png())
    two = ("b.png", "image/png", png(99, 99))
    song = ("s.wav", "audio/wav", wav())
    begin_drag(page)
    assert drop(page, "label[for=f-mask_url]", two)
    held(field(page, "mask_url"))
    assert drop(page, "h1", one)
    held(field(page, "image_url"))
    assert drop(page, "#stage", one, two)
    expect(page.locator("[data-field=image_urls] .row")).to_have_count(2)
    assert drop(page, "[name=video_url]", song, type="paste")
    expect(field(page, "video_url").locator(".media-note")).to_contain_text("is not a video")
    assert drop(page, "h1", song, type="paste")
    held(field(page, "audio_url"))


@pytest.mark.exhaustive
def test_a_picture_of_the_page_is_taken_by_its_own_address(
    open_form: Open, live_server: Any
) -> None:
    page = open_form()
    ours = "/runs/00000000-0000-4000-8000-000000000000/artifacts/0/"
    page.route("https://v3.fal.media/**", lambda route: route.fulfill(body=png()))
    page.route(f"**{ours}", lambda route: route.fulfill(body=png(), content_type="image/png"))
    picture = field(page, "image_url")
    drop(page, "[name=image_url]", ("x.png", "image/png", png()), link=live_server.url + ours)
    expect(page.locator("[name=image_url]")).to_have_value(ours)
    expect(picture.locator(".media-name")).to_have_text("Past result")
    picture.get_by_role("button", name="Remove").click()
    run = live_server.url + ours.partition("artifacts")[0]
    drop(page, "[name=image_url]", link=run, html=f'<a href="{run}"><img src="{ours}"></a>')
    expect(page.locator("[name=image_url]")).to_have_value(ours)
    picture.get_by_role("button", name="Remove").click()
    # a fresh result shows this address until it is copied
    remote = "https://v3.fal.media/files/x.png"
    page.evaluate(
        """([remote, ours]) => document.querySelector("#stage").insertAdjacentHTML("beforeend",
          `<figure class="artifact" data-copy="${ours}"><img src="${remote}" alt=""></figure>`)""",
        [remote, ours],
    )
    drop(page, "[name=image_url]", link=remote)
    expect(page.locator("[name=image_url]")).to_have_value(ours)
    assert Upload.objects.count() == 0
