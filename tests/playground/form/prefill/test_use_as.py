"""A result becomes a model's input: it gets the right field, and typed values stay."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint
from playground.form import drafts, form_state
from playground.form.drafts import Tab
from playground.form.form_state import FormContents
from playground.form.prefill import sources, use_as
from runs.models import Preset, Run
from tests.runs.results_to_use import models, result_of

__all__ = ["models", "result_of"]

Make = Callable[..., Run]


def fill_arguments(user: User, endpoint: Endpoint, run: Run, key: str, path: str) -> dict[str, Any]:
    state = use_as.fill(user, endpoint, f"{run.pk}/{key}/{path}")
    assert state is not None
    assert state.notice
    return form_state.parse_form_leniently(endpoint, state.post).arguments


def test_a_picture_can_fill_a_field_or_a_list(user, models, result_of):
    run = result_of(models["draw"], "image")
    own = f"/runs/{run.pk}/artifacts/0/"
    assert fill_arguments(user, models["film"], run, "a0", "image_url") == {"image_url": own}
    assert fill_arguments(user, models["edit"], run, "a0", "image_urls.*") == {"image_urls": [own]}


def test_weights_are_added_to_the_loras_already_typed(user, models, result_of):
    draw = models["draw"]
    drafts.save(
        user, FormContents(draw, {"prompt": ["a fox"], "loras.0.path": ["owner/lora"]}), Tab()
    )
    run = result_of(models["trainer"], "file:style.safetensors")
    assert fill_arguments(user, draw, run, "a0", "loras.*.path") == {
        "prompt": "a fox",
        "loras": [{"path": "owner/lora"}, {"path": f"/runs/{run.pk}/artifacts/0/"}],
    }


def test_an_untouched_form_starts_with_its_house_default(user, models, result_of):
    film = models["film"]
    assert film.schema_id
    Preset.objects.create(
        user=user, endpoint=film, name="house", arguments={"prompt": "slowly"},
        is_shared=True, is_house_default=True, schema_digest=film.schema_id,
    )  # fmt: skip
    run = result_of(models["draw"], "image")
    own = f"/runs/{run.pk}/artifacts/0/"
    arguments = fill_arguments(user, film, run, "a0", "image_url")
    assert arguments == {"prompt": "slowly", "image_url": own}


def test_the_page_offers_to_restore_what_was_typed(member, user, models, result_of):
    film = models["film"]
    drafts.save(user, FormContents(film, {"prompt": ["slowly"]}), Tab())
    run = result_of(models["draw"], "image")
    result = use_as.find(user, run.pk)
    assert result is not None
    page = member.get(result.address_in(film, "end_image_url"))
    assert page.context["undo"] == "Back to what you had typed"
    assert "now holds the picture of the run" in page.context["notice"]
    assert f'value="/runs/{run.pk}/artifacts/0/"' in page.content.decode()
    assert f'data-origin="/runs/{run.pk}/artifacts/0/ draw"' in page.content.decode()
    assert drafts.find(user, film).post == {"prompt": ["slowly"]}


@pytest.mark.parametrize(
    "key", ["", "x", "/", "//", "{0}", "{0}/", "{0}//image_url", "{0}/a1/image_url", "{0}/zz/x",
            "{1}/a0/image_url"],
)  # fmt: skip
def test_an_unknown_result_fills_nothing(user, models, result_of, key):
    run = result_of(models["draw"], "image")
    assert use_as.fill(user, models["film"], key.format(run.pk, uuid.uuid4())) is None


def test_a_strangers_result_can_be_used_only_as_an_example(user, stranger, models, result_of):
    run = result_of(models["draw"], "image")
    assert use_as.find(stranger, run.pk) is None
    Run.objects.filter(pk=run.pk).update(is_example=True)
    assert use_as.find(stranger, run.pk) is not None


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("image", "a.png", "image"),
        ("file", "x.safetensors", "weights"),
        ("file", "X.ZIP", "archive"),
        ("file", "x.srt", "file"),
        ("file", "", "file"),
        ("mesh", "a.glb", "mesh"),
        ("hologram", "", "file"),
    ],
)
def test_the_kind_of_an_artifact_follows_its_name(models, result_of, kind, name, expected):
    run = result_of(models["draw"], f"{kind}:{name}")
    assert use_as.kind_of(run.artifacts.get()) == expected


def test_the_seed_is_added_to_what_is_typed(user, flux, make_run):
    drafts.save(user, FormContents(flux, {"prompt": ["a fox"]}), Tab())
    seed = 2**63 + 5  # more than a number in JavaScript holds
    run = make_run(endpoint=flux, state="succeeded", output={"seed": seed})
    filled = sources.keep_seed(user, flux, str(run.pk))
    assert filled is not None
    assert str(seed) in filled.notice
    arguments = form_state.parse_form_leniently(flux, filled.post).arguments
    assert (arguments["prompt"], arguments["seed"]) == ("a fox", seed)


def test_others_seeds_are_nobodys_business(stranger, flux, make_run, client):
    run = make_run(endpoint=flux, state="succeeded", output={"seed": 7})
    assert sources.keep_seed(stranger, flux, str(run.pk)) is None
    client.force_login(stranger)
    page = client.get(flux.get_absolute_url(), {"seed": str(run.pk)}).content.decode()
    assert "The seed of that run is not known" in page
