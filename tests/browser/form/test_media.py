"""Files for a form: every way to add one, every error on the way, by pointer and by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from runs.models import Run, Upload
from tests.browser.axe import assert_clean, assert_fits
from tests.browser.media import (
    PHONE,
    WIDE,
    begin_drag,
    choose,
    drop,
    field,
    file,
    held,
    png,
    wav,
)
from tests.browser.waiting import Held
from tests.sampling import sample

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", sample([PHONE, WIDE], 1))
def test_a_file_is_chosen_seen_replaced_and_removed(open_form, size):
    page = open_form(size)
    picture = field(page, "image_url")
    choose(picture, file("sea view.png", png(), "image/png"))
    held(picture)
    expect(picture.locator(".media-name")).to_have_text("sea view.png")
    expect(picture.locator(".media-note")).to_have_text(re.compile(r"^PNG · 1 KB · 200 . 120$"))
    expect(picture.locator("img")).to_be_visible()
    assert_clean(page)
    value = page.locator("[name=image_url]").input_value()
    assert value == Upload.objects.get().get_absolute_url()
    choose(picture, file("hill.png", png(300, 120, "olive"), "image/png"))
    expect(picture.locator(".media-name")).to_have_text("hill.png")
    held(picture)
    assert Upload.objects.count() == 2
    picture.get_by_role("button", name="Remove").press("Enter")
    expect(picture.locator("img")).to_have_count(0)
    expect(page.locator("[name=image_url]")).to_have_value("")
    expect(page.locator("[name=image_url]")).to_be_focused()
    assert_fits(page)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    sample([
        ("image_url", ("a.png", "image/png", b""), "a.png is empty"),
        ("image_url", ("a.jpg", "image/jpeg", b"\0\0\0\x18ftypmif1\0\0\0\0heicmif1"), "HEIC photo"),
        ("audio_url", ("a.png", "", png()), "a.png is not a sound."),
        ("image_url", ("a.png", "image/png", png() + b"0" * 60_000), "the model takes up to 50 KB"),
    ], 0, by_seed=1),
)  # fmt: skip
def test_what_cannot_be_taken_is_told_before_it_is_sent_and_holds_run(
    open_form, name, given, sentence
):
    page = open_form()
    posted: list[str] = []
    page.on("request", lambda r: posted.append(r.url) if r.method == "POST" else None)
    media_field = field(page, name)
    drop(page, f"[name={name}]", given)
    expect(media_field).to_have_attribute("data-state", "failed")
    expect(media_field.locator(".media-note")).to_contain_text(sentence)
    page.locator("#run-button").click()
    expect(page.locator("toast-note").last).to_contain_text("Run was not sent")
    expect(media_field.get_by_role("button", name="Remove")).to_be_focused()
    assert not [url for url in posted if "/uploads/" in url or "/models/" in url]
    media_field.get_by_role("button", name="Remove").press("Enter")
    expect(media_field.locator(".media-note")).to_have_text("")
    assert Run.objects.count() == 0


@pytest.mark.exhaustive
def test_what_the_model_may_not_like_is_said_and_does_not_hold_run(open_form):
    page = open_form()
    picture = field(page, "image_url")
    choose(picture, file("small.png", png(64, 48), "image/png"))
    expect(picture.locator(".media-note")).to_have_text(
        re.compile(r"This picture is 64 . 48; the model takes at least 100 px wide\.")
    )
    held(picture)
    page.locator("#run-button").click()
    page.wait_for_selector("#stage [data-run-id]")
    assert Run.objects.get().arguments == {"image_url": Upload.objects.get().get_absolute_url()}


@pytest.mark.parametrize(
    ("answer", "sentence", "is_final"),
    [
        (None, "the server does not answer", False),
        ((413, "<html>"), "larger than the server in between takes", True),
    ],
)
def test_a_failed_upload_says_why_and_may_be_tried_again(open_form, answer, sentence, is_final):
    page = open_form()
    page.route(
        "**/uploads/?project=*",
        lambda route: route.fulfill(status=answer[0], body=answer[1]) if answer else route.abort(),
    )
    picture, other = field(page, "image_url"), field(page, "mask_url")
    choose(picture, file("sea.png", png(), "image/png"))
    expect(picture).to_have_attribute("data-state", "failed")
    expect(picture.locator(".media-note")).to_contain_text(sentence)
    assert_clean(page)
    page.unroute("**/uploads/?project=*")
    choose(other, file("other.png", png(50, 50), "image/png"))
    held(other)
    again = picture.get_by_role("button", name="Try again")
    if is_final:
        expect(again).to_have_count(0)
        return
    again.press("Enter")
    held(picture)
    expect(page.locator("[name=image_url]")).not_to_have_value("")


def test_run_waits_for_the_file_or_its_cancel_and_then_goes(open_form):
    page = open_form(PHONE)
    uploads = Held(page, "**/uploads/?project=*")
    picture = field(page, "image_url")
    choose(picture, file("a very long name of a film.png", png(), "image/png"))
    expect(picture.get_by_role("progressbar")).to_be_visible()
    assert_clean(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#run-button")).to_contain_text("Waiting for a very long name")
    assert Run.objects.count() == 0
    uploads.let_go()
    page.wait_for_selector("#stage [data-run-id]")
    assert list(Run.objects.get().arguments) == ["image_url"]

    page.unroute("**/uploads/?project=*")
    page.reload()
    page.route("**/uploads/?project=*", lambda route: None)
    mask = field(page, "mask_url")
    choose(mask, file("sea.png", png(70, 50), "image/png"))
    mask.get_by_role("button", name="Cancel").press("Enter")
    expect(mask.locator("progress")).to_have_count(0)
    expect(page.locator("[name=mask_url]")).to_have_value("")
    expect(mask.locator("img")).to_have_count(0)


@pytest.mark.exhaustive
def test_several_files_are_rows_in_order_moved_by_keyboard(open_form):
    page = open_form(PHONE)
    rows = page.locator("form-rows[data-name=image_urls]")
    rows.get_by_role("button", name="Add").focus()
    names = ["one.png", "two.png", "three.png"]
    page.route(
        "**/uploads/?project=*",
        lambda route: (
            route.abort()
            if b"two" in (route.request.post_data_buffer or b"")
            else route.continue_()
        ),
    )
    rows.locator("[name='image_urls~files']").set_input_files(
        [file(name, png(60 + n, 60), "image/png") for n, name in enumerate(names)]
    )
    expect(rows.locator("media-field[data-state=failed]")).to_have_count(1)
    expect(rows.locator("media-field[data-held]:not([data-state])")).to_have_count(2)
    page.unroute("**/uploads/?project=*")
    rows.get_by_role("button", name="Try again").press("Enter")
    expect(rows.locator("media-field[data-held]:not([data-state])")).to_have_count(3)
    rows.get_by_role("button", name="Move up").last.press("Enter")
    expect(rows.locator(".media-name")).to_have_text(["one.png", "three.png", "two.png"])
    rows.locator(".row").first.get_by_role("button", name="Remove", exact=True).last.press("Enter")
    page.locator("#run-button").click()
    page.wait_for_selector("#stage [data-run-id]")
    by_name = {upload.file_name: upload.get_absolute_url() for upload in Upload.objects.all()}
    assert Run.objects.get().arguments["image_urls"] == [by_name["three.png"], by_name["two.png"]]


# Dropped and pasted files: onto their field, beside the fields, and from the page itself.


def test_files_are_dropped_and_pasted_and_a_stray_one_never_leaves_the_page(open_form):
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
def test_a_file_given_beside_the_fields_goes_to_the_one_that_takes_it(open_form):
    """On a label, on the picker, anywhere, or pasted while another control has the focus."""
    page = open_form()
    one = ("a.png", "image/png", png())
    two = ("b.png", "image/png", png(99, 99))
    song = ("s.wav", "audio/wav", wav())
    begin_drag(page)
    assert drop(page, "label[for=f-mask_url]", two)
    held(field(page, "mask_url"))
    field(page, "image_url").locator("[data-tool=picker]").click()
    expect(page.get_by_role("dialog", name="Choose a picture")).to_be_visible()
    drop(page, ".picker-choices", one)
    expect(page.get_by_role("dialog")).to_have_count(0)
    held(field(page, "image_url"))
    assert drop(page, "#stage", one, two)
    expect(page.locator("[data-field=image_urls] .row")).to_have_count(2)
    assert drop(page, "[name=video_url]", song, type="paste")
    expect(field(page, "video_url").locator(".media-note")).to_contain_text("is not a video")
    assert drop(page, "h1", song, type="paste")
    held(field(page, "audio_url"))


@pytest.mark.exhaustive
def test_a_picture_of_the_page_is_taken_by_its_own_address(open_form, live_server):
    page = open_form()
    ours = "/runs/00000000-0000-4000-8000-000000000000/artifacts/0/"
    page.route("https://v3.fal.media/**", lambda route: route.fulfill(body=png()))
    page.route(f"**{ours}", lambda route: route.fulfill(body=png(), content_type="image/png"))
    picture = field(page, "image_url")
    drop(page, "[name=image_url]", ("x.png", "image/png", png()), link=live_server.url + ours)
    expect(page.locator("[name=image_url]")).to_have_value(ours)
    expect(picture.locator(".media-name")).to_have_text("Past result")
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


def test_upload_is_found_on_the_wall_deleted_and_brought_back(open_form):
    page = open_form(PHONE)
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
    # the menu is a sheet at the end of the window, whatever lies behind it
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
