"""The form in a real browser: with JavaScript and without, by keyboard, and its controls."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from schemas import Field, build, contract, decode_post
from schemas.exact import identical
from schemas.validation import validate
from tests.browser.dragging import drag
from tests.browser.forms import form_of, send_form
from tests.documents import document_ids
from tests.sampling import IS_EXHAUSTIVE, sample
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
    },
}  # fmt: skip


@pytest.mark.parametrize("name", sample(document_ids(), 0, by_seed=1))
def test_chromium_without_script_posts_the_same_arguments(show, name):
    from hypothesis import Phase, given, settings

    contract, root = form_of(name)
    values: list[Any] = []

    @settings(max_examples=12, phases=[Phase.generate])
    @given(strategies.arguments(contract.input, contract.document))
    def collect(value: Any) -> None:
        values.append(value)

    collect()
    for value in sorted(values, key=lambda v: -len(str(v)))[: 4 if IS_EXHAUSTIVE else 2]:
        page = show(root, value, java_script_enabled=False)
        assert identical(send_form(page, root), value), value


def test_rows_are_added_copied_moved_and_removed(show, kit):
    page = show(kit, {"prompt": "p", "loras": [{"path": "one", "how": "b"}]})
    rows = page.locator("form-rows[data-name=loras] > .rows > .row")
    page.get_by_role("button", name="Add LoRA").click()
    expect(page.locator("[name='loras.1.path']")).to_be_focused()
    page.keyboard.type("two")
    page.locator("[name='loras.1.scale']").fill("2.50")
    rows.nth(1).get_by_role("button", name="Add tag").click()
    page.keyboard.type("deep")
    rows.nth(0).get_by_role("button", name="Duplicate", exact=True).first.click()
    expect(rows).to_have_count(3)
    drag(rows.nth(2).locator("> .row-tools .drag"), rows.nth(1), 50, 4)
    page.locator(".row-tools").get_by_role("button", name="Remove").first.click()
    page.get_by_role("button", name="Undo removal").press("Enter")
    expect(rows).to_have_count(3)
    rows.nth(0).get_by_role("button", name="Remove", exact=True).last.press("Enter")
    assert send_form(page, kit) == {
        "prompt": "p",
        "loras": [{"path": "two", "scale": 2.5, "tags": ["deep"]}, {"path": "one", "how": "b"}],
    }


def test_problems_get_the_focus_and_lead_to_their_field(show):
    contract, root = form_of("lab/diffusion")
    value = {"num_images": 9, "controlnet": {"conditioning_scale": 5}}
    page = show(root, value, problems=validate(contract, value, root))
    expect(page.locator("#form-problems")).to_be_focused()
    page.get_by_role("link", name="ControlNet: Path is required").click()
    expect(page.locator("[name='controlnet.path']")).to_be_focused()
    expect(page.locator("[name='controlnet.path']")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name=num_images]")).to_have_accessible_description(
        "How many pictures to make. Number of images must be 4 or less"
    )


@pytest.fixture(scope="module")
def bench() -> Field:
    return build(contract(strategies.document(BENCH), "a/b"))


def unfold_settings(page: Page) -> Page:
    """Return the page with all its settings unfolded."""
    for fold in page.locator("details.more:not([open]) > summary").all():
        fold.click()
    return page


def test_a_long_list_is_chosen_from_by_mouse_and_searched_by_keyboard(show, bench):
    page = unfold_settings(show(bench, {"prompt": "p"}))
    page.locator("#f-style").click()
    choices = page.get_by_role("listbox").get_by_role("option")
    expect(choices.and_(page.locator("[aria-selected=true]"))).to_have_text("Style 3")
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


def test_numbers_are_swapped_snapped_idle_and_checked_when_left(show, bench):
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
    page.set_viewport_size({"width": 600, "height": 200})
    page.locator("#f-cfg").focus()
    page.locator("#f-cfg").hover()
    before = page.evaluate("scrollY")
    page.mouse.wheel(0, 60)  # scrolls the page and leaves the number as it is
    page.wait_for_function("before => scrollY !== before", arg=before)
    assert send_form(page, bench) == {"prompt": "p", "width": 512, "height": 1008, "cfg": 7.5}


def test_what_differs_from_the_defaults_is_told_and_put_back(show, bench):
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
def test_properties_named_like_a_forms_own_do_no_harm(show):
    names = ["id", "action", "name", "style", "submit", "elements", "dataset", "length"]
    properties = {name: {"type": "string"} for name in ["prompt", *names]}
    root = build(contract(strategies.document({"type": "object", "properties": properties}), "a/b"))
    page = unfold_settings(show(root, {"prompt": "p"}))
    for name in names:
        page.locator(f"#f-{name}").fill(name)
    page.locator("#f-id").press("Control+Enter")
    expect(page).to_have_title("Sent")
    sent_ = decode_post(root, page.posts[-1]).arguments  # type: ignore[attr-defined]
    assert sent_ == {"prompt": "p"} | {name: name for name in names}
