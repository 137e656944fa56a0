"""The form in a real browser: with JavaScript and without, by keyboard, and checked by axe."""

from typing import Any

import pytest
from playwright.sync_api import expect

from schemas import Field, build, contract
from schemas.exact import identical
from schemas.validation import validate
from tests.browser.dragging import drag
from tests.browser.forms import Show, form_of, send_form
from tests.documents import document_ids
from tests.sampling import IS_EXHAUSTIVE, sample
from tests.schemas import strategies

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", sample(document_ids(), 0, by_seed=1))
def test_chromium_without_script_posts_the_same_arguments(show: Show, name: str) -> None:
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


def test_rows_are_added_copied_moved_and_removed(show: Show, kit: Field) -> None:
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
    rows.nth(2).get_by_role("button", name="Move up").last.press("Enter")
    rows.nth(0).get_by_role("button", name="Remove", exact=True).last.press("Enter")
    assert send_form(page, kit) == {
        "prompt": "p",
        "loras": [{"path": "two", "scale": 2.5, "tags": ["deep"]}, {"path": "one", "how": "b"}],
    }


@pytest.mark.exhaustive
def test_rows_are_dragged_and_custom_size_swaps_its_fields(show: Show, kit: Field) -> None:
    page = show(kit, {"prompt": "p", "loras": [{"path": "one"}, {"path": "two"}]})
    width = page.locator("[name='image_size~1.width']")
    expect(width).to_be_hidden()
    page.get_by_role("radio", name="Custom").check()
    expect(width).to_have_value("512")  # the size of the preset that was chosen before
    page.locator("[name='image_size~1.height']").fill("256")
    page.get_by_role("button", name="Swap width and height").click()
    rows = page.locator("form-rows[data-name=loras] > .rows > .row")
    drag(rows.nth(1).locator("> .row-tools .drag"), rows.nth(0), 50, 4)
    arguments = send_form(page, kit)
    assert arguments["image_size"] == {"width": 256, "height": 512}
    assert [row["path"] for row in arguments["loras"]] == ["two", "one"]


def test_problems_get_the_focus_and_lead_to_their_field(show: Show) -> None:
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


@pytest.mark.exhaustive
def test_many_settings_are_filtered_while_typing(show: Show) -> None:
    number = {"type": "integer", "default": 1}
    names = [f"video_{one}" for one in "abcdefg"] + [f"nag_{one}" for one in "abcdefg"]
    schema = {
        "type": "object",
        "required": ["prompt"],
        "properties": {"prompt": {"type": "string"}} | dict.fromkeys(names, number),
    }
    page = show(build(contract(strategies.document(schema), "a/b")))
    page.get_by_text("More settings").click()
    expect(page.locator(".settings-group")).to_have_count(2)
    box = page.get_by_role("searchbox")
    box.focus()
    expect(page.locator("settings-filter:defined")).to_have_count(1)
    box.fill("nag c")
    expect(page.get_by_role("spinbutton", name="NAG c")).to_be_visible()
    expect(page.locator(".settings-group .field:visible")).to_have_count(1)
    page.get_by_role("spinbutton", name="NAG c").fill("5")
    box.fill("nothing like it")
    expect(page.get_by_role("status").filter(has_text="No setting has")).to_be_visible()
    box.press("Escape")
    expect(page.locator(".settings-group:visible")).to_have_count(2)
    expect(page.locator(".settings-group[open]")).to_have_count(0)
    expect(page.locator("[data-changed-count]")).to_have_text("1 changed")
