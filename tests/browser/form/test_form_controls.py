"""The form's controls with JavaScript: long lists, sizes, resets, marks of changed settings."""

import pytest
from playwright.sync_api import Page, expect

from schemas import Field, build, contract, decode_post
from tests.browser.forms import Show, send_form
from tests.schemas import strategies

pytestmark = pytest.mark.browser

MANY = [f"style_{n}" for n in range(40)] + ["água forte", "deep_sea"]
PIXELS = {"type": "integer", "multipleOf": 16, "minimum": 64, "maximum": 2048}
BENCH = {
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "prompt": {"type": "string"},
        "style": {"enum": MANY, "default": "style_3"},
        "width": PIXELS | {"default": 1024},
        "height": PIXELS | {"default": 512},
        "steps": {"type": "integer", "minimum": 1, "maximum": 50, "default": 28},
        "mode": {"enum": ["fast", "slow"], "default": "fast"},
        "cfg": {"type": "number", "minimum": 0, "maximum": 20},
        "loras": {"type": "array", "items": {"type": "object", "properties": {
            "path": {"type": "string"}, "scale": {"type": "number", "default": 1}}}},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def bench() -> Field:
    return build(contract(strategies.document(BENCH), "a/b"))


def unfold_settings(page: Page) -> Page:
    """Return the page with all its settings unfolded."""
    for fold in page.locator("details.more:not([open]) > summary").all():
        fold.click()
    return page


def test_a_long_list_is_chosen_from_by_mouse_and_searched_by_keyboard(
    show: Show, bench: Field
) -> None:
    page = unfold_settings(show(bench, {"prompt": "p"}))
    page.locator("#f-style").click()
    choices = page.get_by_role("listbox").get_by_role("option")
    expect(choices.and_(page.locator("[aria-selected=true]"))).to_have_text("Style 3")
    page.keyboard.type("nothing like it")
    expect(page.get_by_text("No choice fits.")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox")).to_have_count(0)
    page.locator("#f-style").click()
    choices.get_by_text("Style 12", exact=True).click()
    expect(page.locator("#f-style")).to_have_value("style_12")

    page.locator("#f-style").focus()
    page.keyboard.type("agua f")
    box = page.get_by_role("combobox", name="Search Style")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_text(["água forte"])
    box.press("Escape")
    expect(page.locator("#f-style")).to_be_focused()
    page.keyboard.press("Enter")
    box.fill("sea")
    box.press("Enter")
    expect(page.locator("#f-style")).to_be_focused()
    expect(page.get_by_role("listbox")).to_have_count(0)
    assert send_form(page, bench) == {"prompt": "p", "style": "deep_sea"}


def test_numbers_are_swapped_snapped_idle_and_checked_when_left(show: Show, bench: Field) -> None:
    page = unfold_settings(show(bench, {"prompt": "p"}))
    width, height = page.locator("#f-width"), page.locator("#f-height")
    expect(page.locator(".pair-tools output")).to_have_text("2:1 · 0.52 MP")
    page.get_by_role("button", name="Keep the ratio").click()
    width.fill("640")
    expect(height).to_have_value("320")
    page.get_by_role("button", name="Swap width and height").click()
    expect(width).to_have_value("320")
    height.fill("1000")
    height.press("Tab")
    expect(height).to_have_value("1008")
    expect(width).to_have_value("512")
    slider = page.locator("number-slider", has=page.locator("#f-cfg")).locator("input[type=range]")
    expect(slider).to_have_attribute("data-idle", "")
    slider.fill("7.5")
    expect(slider).not_to_have_attribute("data-idle", "")
    steps = page.locator("#f-steps")
    steps.fill("99")
    steps.press("Tab")
    expect(steps).to_have_accessible_description("Steps must be 50 or less")
    expect(page.get_by_role("alert")).to_have_text("Steps must be 50 or less")
    steps.fill("28")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert send_form(page, bench) == {"prompt": "p", "width": 512, "height": 1008, "cfg": 7.5}


@pytest.mark.exhaustive
def test_the_wheel_over_a_number_with_the_focus_scrolls_the_page(show: Show, bench: Field) -> None:
    page = unfold_settings(show(bench, {"prompt": "p"}))
    page.locator("#f-cfg").fill("5")
    page.set_viewport_size({"width": 600, "height": 200})
    page.locator("#f-cfg").hover()
    before = page.evaluate("scrollY")
    page.mouse.wheel(0, 60)
    page.wait_for_function("before => scrollY !== before", arg=before)
    expect(page.locator("#f-cfg")).to_have_value("5")


def test_forced_colours_mark_what_is_chosen(show: Show, bench: Field) -> None:
    page = unfold_settings(show(bench, {"prompt": "p"}))
    page.emulate_media(forced_colors="active")
    marks = """(spans) => spans.map((span) => {
      const { outlineStyle, textDecorationLine } = getComputedStyle(span);
      return [outlineStyle, textDecorationLine];
    })"""
    mode = page.locator(".segments:has([name=mode]) span")
    assert mode.evaluate_all(marks) == [["solid", "underline"], ["none", "none"]]
    page.locator("[name=mode][value=slow]").check()
    assert mode.evaluate_all(marks)[0] == ["none", "none"]
    assert mode.evaluate_all(marks)[1][1] == "underline"


def test_what_differs_from_the_defaults_is_told_and_put_back(show: Show, bench: Field) -> None:
    page = unfold_settings(show(bench, {"prompt": "p", "steps": 30}))
    line = page.locator(".changes")
    expect(line.locator("p")).to_have_text("Steps 30")
    page.get_by_label("slow").check(force=True)
    page.locator("#f-cfg").fill("3")
    expect(line.get_by_role("link")).to_have_text(["Steps 30", "Mode Slow", "CFG 3"])
    line.get_by_role("link", name="CFG").click()
    expect(page.locator("#f-cfg")).to_be_focused()
    for name in ("Steps", "Mode", "CFG"):
        page.get_by_role("button", name=f"Reset {name}").click()
    expect(page.get_by_label("fast")).to_be_checked()
    expect(line).to_be_hidden()
    assert send_form(page, bench) == {"prompt": "p"}


@pytest.mark.exhaustive
def test_a_row_folds_to_what_is_in_it_and_is_put_back_where_it_was(
    show: Show, bench: Field
) -> None:
    page = unfold_settings(
        show(bench, {"prompt": "p", "loras": [{"path": "one"}, {"path": "two"}]})
    )
    row = page.locator(".row").first
    row.locator("[name='loras.0.path']").fill("https://x.test/weights.bin")
    row.locator("summary").first.click()
    expect(row.locator(".row-sum")).to_have_text("weights.bin · 1")
    expect(row.locator("[name='loras.0.path']")).to_be_hidden()
    row.locator("summary").first.click()

    page.locator(".row-tools").get_by_role("button", name="Remove").first.click()
    expect(page.locator("[name='loras.0.path']")).to_have_count(0)
    expect(page.locator("form-rows > [role=status]")).to_have_text("Removed")
    page.get_by_role("button", name="Undo removal").press("Enter")
    expect(page.get_by_role("button", name="Undo removal")).to_have_count(0)
    page.get_by_role("button", name="Move down").first.press("Enter")
    expect(page.locator("form-rows > [role=status]")).to_have_text("Moved to 2 of 2")
    paths = [row["path"] for row in send_form(page, bench)["loras"]]
    assert paths == ["two", "https://x.test/weights.bin"]


@pytest.mark.exhaustive
def test_properties_named_like_a_forms_own_do_no_harm(show: Show) -> None:
    names = [
        "id",
        "action",
        "method",
        "target",
        "name",
        "style",
        "submit",
        "reset",
        "elements",
        "attributes",
        "children",
        "dataset",
        "title",
        "length",
    ]
    properties = {name: {"type": "string"} for name in ["prompt", *names]}
    root = build(contract(strategies.document({"type": "object", "properties": properties}), "a/b"))
    page = unfold_settings(show(root, {"prompt": "p"}))
    for name in names:
        page.locator(f"#f-{name}").fill(name)
    page.locator("#f-id").press("Control+Enter")
    expect(page).to_have_title("Sent")
    sent_ = decode_post(root, page.posts[-1]).arguments  # type: ignore[attr-defined]
    assert sent_ == {"prompt": "p"} | {name: name for name in names}


BYTE = {"type": "integer", "minimum": 0, "maximum": 255, "default": 0}
RGB = {"type": "object", "properties": dict.fromkeys("rgb", BYTE)}
SIDE = {"type": "integer", "default": 512}
SIZE = {"type": "object", "properties": {"width": SIDE, "height": SIDE}}
PALETTE = {
    "required": ["image_size", "tint", "colors"],
    "properties": {
        "image_size": {
            "anyOf": [SIZE, {"enum": ["square_hd", "landscape_4_3"]}],
            "default": "landscape_4_3",
        },
        "tint": {"type": "string", "pattern": "^#[0-9a-f]{6}$", "default": "#ffffff"},
        "colors": {"type": "array", "items": RGB, "maxItems": 2},
    },
}


@pytest.mark.exhaustive
def test_a_colour_is_picked_and_custom_begins_with_the_pixels_that_were_chosen(show: Show) -> None:
    palette = build(contract(strategies.document(PALETTE)))
    page = show(palette, {"colors": [{"r": 1, "g": 2, "b": 3}]})
    page.get_by_role("radio", name="Custom").check()
    expect(page.get_by_role("spinbutton", name="Width")).to_have_value("1024")
    page.get_by_role("spinbutton", name="Height").fill("800")
    page.get_by_text("Square HD").click()
    page.get_by_role("radio", name="Custom").check()
    expect(page.get_by_role("spinbutton", name="Height")).to_have_value(
        "800"
    )  # the typed height stays
    page.get_by_label("Pick Color").fill("#ff8800")
    page.get_by_label("Pick Tint").fill("#00ff00")
    expect(page.locator("[data-field='tint'] .reset")).to_be_visible()
    page.get_by_role("button", name="Duplicate").click()
    expect(page.get_by_label("Pick Color").last).to_have_value("#ff8800")
    page.get_by_role("button", name="Add color").click()
    expect(page.locator("[data-field='colors']").get_by_role("alert")).to_have_text(
        "At most 2 fit; there are 3"
    )
    page.get_by_role("button", name="Remove", exact=True).last.click()
    expect(page.locator("[data-field='colors']").get_by_role("alert")).to_have_text("")
    page.locator("[name='colors.1.g']").fill("0")
    expect(page.get_by_label("Pick Color").last).to_have_value("#ff0000")
    assert send_form(page, palette) == {
        "image_size": {"width": 1024, "height": 800},
        "tint": "#00ff00",
        "colors": [{"r": 255, "g": 136}, {"r": 255}],
    }
