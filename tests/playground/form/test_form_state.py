"""Resetting settings, one or all, keeps the inputs that the run is about."""

import re
from typing import Any

import pytest

from playground.form import form_state, json_view
from playground.form.form_state import version_of
from schemas import decode_post
from tests.playground.browser_post import post_of
from tests.runs.results_to_use import document
from tests.tables import each_row

PAGE = "/models/fal-ai/flux/dev/"
HTMX = {"HX-Request": "true"}
SET = {
    "prompt": "a cat",
    "num_inference_steps": "30",
    "image_size": "~1",
    "image_size~1.width": "640",
    "seed": "7",
}


def arguments(flux: Any, page: str) -> dict[str, Any]:
    """Return the arguments that the form of a page would send."""
    return decode_post(version_of(flux).root, post_of(page)).arguments


def test_without_script_resetting_a_field_reloads_the_page(member, flux):
    response = member.post(PAGE, SET | {"~do": "reset:image_size"})
    sent = arguments(flux, response.content.decode())
    assert sent == {"prompt": "a cat", "num_inference_steps": 30, "seed": 7}


def test_with_htmx_resetting_a_field_swaps_only_that_field(member, flux):
    response = member.post(PAGE, SET | {"~do": "reset:image_size"}, headers=HTMX)
    assert response.headers["HX-Retarget"] == '[data-field="image_size"]'
    assert response.headers["HX-Reselect"] == '[data-field="image_size"]'
    assert 'data-field="image_size"' in response.content.decode()


@pytest.mark.parametrize("name", ['x"]', "a b", ""])
def test_an_invalid_field_name_is_not_used_as_a_selector(member, flux, name):
    response = member.post(PAGE, SET | {"~do": f"reset:{name}"}, headers=HTMX)
    assert response.headers["HX-Retarget"] == "#fields"
    assert "HX-Reselect" not in response.headers


def test_all_settings_can_be_reset_and_restored(member, flux):
    text = member.post("/forms/default-settings/fal-ai/flux/dev/", SET).content.decode()
    assert arguments(flux, text) == {"prompt": "a cat"}
    assert "Every setting is back at its default." in text
    again = member.post("/forms/undo/fal-ai/flux/dev/", {"prompt": "a cat"}).content.decode()
    assert arguments(flux, again)["seed"] == 7


OUT_OF_RANGE = '{"prompt": "a cat", "num_images": 99}'


def test_values_out_of_range_in_a_link_are_reported_at_their_field(member, flux):
    page = member.get(PAGE, {"input": OUT_OF_RANGE}).content.decode()
    assert 'id="f-num_images-error"' in page
    assert 'value="99"' in page
    assert 'id="f-prompt-error"' not in page


def test_many_settings_are_grouped_with_changed_ones_first(member, make_endpoint):
    names = [f"video_{name}" for name in "abcdefg"] + [f"nag_{name}" for name in "abcdefg"]
    number = {"type": "integer", "default": 1}
    inputs = {"prompt": {"type": "string"}} | dict.fromkeys(names, number)
    many = make_endpoint("a/many", document(inputs, "image", ("prompt",)))
    page = member.get(many.get_absolute_url()).content.decode()
    assert group_titles(page) == ["Video", "NAG"]
    assert "<settings-filter" in page
    assert '<label for="f-nag_a" title="nag_a">NAG a</label>' in page
    page = member.get(many.get_absolute_url(), {"input": '{"nag_c": 5}'}).content.decode()
    assert group_titles(page) == ["Changed", "Video", "NAG"]
    assert '<details class="fold settings-group" open><summary>Changed' in page
    assert arguments(many, page) == {"nag_c": 5}


def group_titles(page: str) -> list[str]:
    """Return the titles of the groups of settings."""
    return re.findall(r'settings-group"[^>]*><summary>\s*([^<]*?)\s*<', page)


@each_row(
    "count, is_json, notice",
    [(300, False, ""), (2001, True, "shown as JSON"), (100_001, False, "too many for a form")],
)
def test_an_input_of_many_values_fills_no_form_of_megabytes(count, is_json, notice, flux):
    for arguments in ({f"key {n}": n for n in range(count)}, {"loras": [{"path": "a"}] * count}):
        filled = form_state.from_arguments(flux, arguments)
        assert json_view.is_json(filled.post) == is_json
        assert (notice in filled.notice) if notice else not filled.notice
        assert len(filled.post) < 4000
        if notice != "too many for a form":
            assert form_state.parse_form_leniently(flux, filled.post).arguments == arguments
