"""Settings go back to their defaults, one or all, and what the run is about stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from playground.form.form_state import version_of
from schemas import decode_post
from tests.playground.browser_post import post_of

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
    """What the form of a page would send."""
    return decode_post(version_of(flux).root, post_of(page)).arguments


def test_without_script_a_field_is_reset_on_a_whole_page(member: Client, flux: Any) -> None:
    response = member.post(PAGE, SET | {"~do": "reset:image_size"})
    found = arguments(flux, response.content.decode())
    assert found == {"prompt": "a cat", "num_inference_steps": 30, "seed": 7}


def test_with_htmx_the_page_takes_that_field_alone(member: Client, flux: Any) -> None:
    response = member.post(PAGE, SET | {"~do": "reset:image_size"}, headers=HTMX)
    assert response.headers["HX-Retarget"] == '[data-field="image_size"]'
    assert response.headers["HX-Reselect"] == '[data-field="image_size"]'
    assert 'data-field="image_size"' in response.content.decode()


@pytest.mark.parametrize("name", ['x"]', "a b", ""])
def test_a_name_that_is_none_is_no_selector(member: Client, flux: Any, name: str) -> None:
    response = member.post(PAGE, SET | {"~do": f"reset:{name}"}, headers=HTMX)
    assert response.headers["HX-Retarget"] == "#fields"
    assert "HX-Reselect" not in response.headers


def test_all_settings_are_reset_and_come_back(member: Client, flux: Any) -> None:
    text = member.post(PAGE, SET | {"~do": "reset"}).content.decode()
    assert arguments(flux, text) == {"prompt": "a cat"}
    assert "Every setting is back at its default." in text
    again = member.post(PAGE, {"prompt": "a cat", "~do": "undo"}).content.decode()
    assert arguments(flux, again)["seed"] == 7
