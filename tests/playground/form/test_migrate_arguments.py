"""Presets, drafts and runs made for an older version of a model.

The page marks them, repairs them with one click, and can undo the repair.
"""

import copy
import hashlib
import json
import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint, Schema
from runs.models import Draft, Preset
from tests.playground.browser_post import post_of

FLUX = "fal-ai/flux/dev"
PAGE, REPAIR = f"/models/{FLUX}/", f"/forms/repair/{FLUX}/"
PRESETS = f"/presets/of/{FLUX}/"
HTMX = {"hx-request": "true"}
OLD = {
    "prompt": "a night",
    "guidance_scale": 15.5,
    "num_inference_steps": 50,
    "output_format": "jpeg",
    "seed": 7,
}
NEW = {"prompt": "a night", "num_inference_steps": 40, "output_format": "png", "guidance": 10}


@pytest.fixture
def change(flux: Endpoint, documents: dict[str, Any]) -> Any:
    """`change()`: give the model a newer schema, as a sync does; return the older one's digest."""

    def newer() -> str:
        was = flux.schema_id
        document = copy.deepcopy(documents[FLUX])
        schemas = document["components"]["schemas"]
        properties = next(s for name, s in schemas.items() if name.endswith("Input"))["properties"]
        properties["guidance"] = properties.pop("guidance_scale") | {"maximum": 10}
        properties["num_inference_steps"]["maximum"] = 40
        properties["output_format"] |= {"enum": ["png", "webp"], "default": "png"}
        del properties["seed"]
        text = json.dumps(document)
        digest = hashlib.sha256(text.encode()).hexdigest()
        flux.schema = Schema.objects.get_or_create(digest=digest, defaults={"document": text})[0]
        flux.save()
        assert was is not None
        return was

    return newer


@pytest.fixture
def make_preset(flux: Endpoint, user: User) -> Any:
    def make(**values: Any) -> Preset:
        defaults = {
            "user": user,
            "name": "Night",
            "arguments": OLD,
            "schema_digest": flux.schema_id,
        }
        return Preset.objects.create(endpoint=flux, **(defaults | values))

    return make


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def form_of(response: Any) -> dict[str, list[str]]:
    match = re.search(r"(?s)<form data-endpoint-id.*?</form>", response.content.decode())
    assert match is not None
    return post_of(match[0])


def test_a_missing_value_of_a_preset_is_no_misfit(member, make_preset, flux, change):
    change()
    without = make_preset(name="No prompt", arguments={"seed": 3}, schema_digest="")
    assert "is required" not in text_of(member.get(PAGE, {"preset": str(without.pk)}))


def test_an_older_preset_is_repaired_in_the_form(member, make_preset, change):
    preset = make_preset()
    change()
    page = text_of(member.get(PAGE, {"preset": str(preset.pk)}))
    assert "“Night” is filled in. The model has changed since: " in page
    assert "num_inference_steps must be 40 or less; it is 50" in page
    assert REPAIR in page
    page = text_of(member.post(f"/forms/source/{FLUX}/", {"~source": f"preset:{preset.pk}"}))
    filled = Draft.objects.get().post
    repaired = text_of(member.post(REPAIR, filled))
    assert "seed left out" in repaired
    assert 'value="40"' in repaired
    assert 'name="guidance"' in repaired
    assert f"/forms/undo/{FLUX}/" in repaired
    now = Draft.objects.get().post
    back = text_of(member.post(f"/forms/undo/{FLUX}/", now))
    assert 'value="50"' in back
    assert Draft.objects.get().post == filled
    preset.refresh_from_db()
    assert preset.arguments == OLD


def test_a_draft_of_an_older_version_keeps_everything_and_offers_the_repair(member, flux, change):
    typed = {
        "prompt": "a night",
        "num_inference_steps": "50",
        "seed": "7",
        "guidance_scale": "15.5",
    }
    member.post(f"/drafts/{FLUX}/", typed)
    assert Draft.objects.get().schema_digest == flux.schema_id
    assert "has changed since" not in text_of(member.get(PAGE))
    change()
    page = text_of(member.get(PAGE))
    assert "This is what you had typed. The model has changed since: " in page
    assert "seed is gone" in page
    assert 'value="seed"' in page  # the form lists it under "other keys"
    assert 'value="50"' in page
    assert REPAIR in page
    assert {name: value[0] for name, value in Draft.objects.get().post.items()} == typed


@pytest.mark.parametrize("query", [{}, {"preset": "Night"}, {"run": "older"}])
def test_an_invalid_value_stays_flagged_until_repaired(
    member, make_preset, make_run, flux, change, query
):
    preset = make_preset()
    run = make_run(endpoint=flux, arguments=OLD, schema_id=flux.schema_id, state="succeeded")
    member.post(f"/drafts/{FLUX}/", form_of(member.get(PAGE, {"preset": str(preset.pk)})))
    change()
    chosen = {"preset": str(preset.pk), "run": str(run.pk)}
    for _ in range(2):
        page = member.get(PAGE, {kind: chosen[kind] for kind in query})
        member.post(f"/drafts/{FLUX}/", form_of(page) | {"prompt": "another night"})
    page = member.get(PAGE)
    assert ">\nanother night</textarea>" in text_of(page)
    assert "seed is gone" in text_of(page)
    member.post(REPAIR, form_of(page))
    page = member.get(PAGE)
    assert "has changed since" not in text_of(page)
    member.post(f"/forms/undo/{FLUX}/", form_of(page))
    assert "seed is gone" in text_of(member.get(PAGE))


def test_a_draft_that_still_fits_has_no_notice(member, flux, change):
    member.post(f"/drafts/{FLUX}/", {"prompt": "a night", "num_images": "2"})
    change()
    page = text_of(member.get(PAGE))
    assert ">\na night</textarea>" in page
    assert REPAIR not in page


def test_only_formerly_valid_settings_are_blamed_on_the_schema_change(
    member, flux, make_run, change
):
    old = {**OLD, "num_images": 900}
    run = make_run(endpoint=flux, arguments=old, schema_id=flux.schema_id, state="succeeded")
    change()
    page = text_of(member.get(PAGE, {"run": str(run.pk)}))
    since, wrong = page.split("The model has changed since: ")[1].split("Wrong for this model: ")
    assert "guidance_scale is called guidance now" in since
    assert "num_images" in wrong.split(".")[0]
    assert "num_images" not in since


@pytest.mark.parametrize("digest", ["", "unknown", "0" * 64, "x" * 900, "\x00"])
def test_any_schema_version_can_be_named_in_the_form(member, flux, digest):
    answer = member.post(REPAIR, {"prompt": "p", "~made-for": digest})
    assert answer.status_code == 200
