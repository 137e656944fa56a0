"""The menu "Use as" groups models by their use of a result, favourites first, in constant time."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint, Favourite
from catalog.sync import post_sync
from playground.display.navigation import command_palette, use_menu
from playground.display.navigation.destinations import Group
from playground.form.prefill import use_as
from runs.models import Run
from tests.runs.results_to_use import IMAGES, TEXT, document, models, result_of

__all__ = ["models", "result_of"]

Make = Callable[..., Run]


def menu(user: User, run: Run, key: str = "", **options: Any) -> dict[str, list[str]]:
    result = use_as.find(user, run.pk, key)
    assert result is not None
    groups = use_menu.menu(result, "/uses/", **options)
    return {group.title: [place.label for place in group.places] for group in groups}


def test_a_picture_is_offered_to_inputs_that_take_one(user, models, result_of):
    assert menu(user, result_of(models["draw"], "image")) == {
        "Start frame of a film": ["film"],
        "Edit it": ["edit"],
        "Upscale": ["upscaler"],
        "Needs another image": ["fill"],
    }


def test_weights_sounds_and_texts_have_uses_too(user, models, result_of):
    weights = result_of(models["trainer"], "file:a.safetensors")
    assert menu(user, weights) == {"LoRA": ["draw"]}
    assert menu(user, result_of(models["draw"], "audio")) == {"Transcribe": ["listen"]}
    text = result_of(models["listen"], output={"output": "words"})
    assert menu(user, text) == {
        "Prompt of a picture": ["draw"],
        "Needs an image too": ["film", "edit"],
    }


def test_what_can_run_comes_first_by_the_houses_preference_with_its_price(
    user, make_endpoint, models, result_of
):
    price = {"unit_price_usd": "0.02", "price_unit": "images", "currency": "USD"}
    only = document({"image_url": TEXT, "upscale": TEXT}, "image", ("image_url",))
    also = document({"image_url": TEXT, "audio_url": TEXT}, "video", ("image_url", "audio_url"))
    make_endpoint("b/also", also, position=1, **price)
    for position, name in ((3, "b/last"), (2, "b/first")):
        make_endpoint(name, only, position=position, display_name="Same", **price)
    post_sync.run()
    Favourite.objects.create(user=user, endpoint=Endpoint.objects.get(endpoint_id="b/last"))
    result = use_as.find(user, result_of(models["draw"], "image").pk)
    assert result is not None
    groups = {group.title: group.places for group in use_menu.menu(result, "/")}
    assert [(place.label, place.note) for place in groups["Edit it"]] == [
        ("Same First", "$0.02 / image"),
        ("Same Last", "$0.02 / image"),
        ("edit", ""),
    ]
    assert [*groups][-2:] == ["Needs another image", "Needs a sound too"]
    (needy,) = groups["Needs a sound too"]
    assert needy.note == "Let it speak · $0.02 / image"
    menu = use_menu.menu(result, "/", "also")
    assert [group.title for group in menu] == ["Needs a sound too"]


def test_a_runs_settings_and_a_recipe_go_first_to_what_can_run(models, result_of):
    pictures = [models["draw"].pk, models["edit"].pk]
    Endpoint.objects.exclude(pk__in=pictures).update(category="image-to-video")
    post_sync.run()

    def labels_by_group(groups: list[Group]) -> dict[str, list[str]]:
        return {group.title: [place.label for place in group.places] for group in groups}

    words = result_of(models["draw"], "image", arguments={"prompt": "a fox"})
    without_recipe = labels_by_group(command_palette.models_for_run(words, "film"))
    assert "Models" not in without_recipe
    assert without_recipe["Needs an image too"][0] == "film"
    given = {"prompt": "a fox", "image_urls": ["https://a.test/a.png"]}
    run = result_of(models["edit"], "image", arguments=given)
    assert labels_by_group(command_palette.models_for_run(run, "film"))["Models"][0] == "film"


MENTIONS = "Restores pictures before you upscale, cut out or remove background of them."


@pytest.fixture
def operations(make_endpoint: Any, models: dict[str, Endpoint]) -> None:
    """Models named after what they do, listed after a model that mentions everything."""
    picture = {"image_url": TEXT}
    specs = [
        ("a/lucid", "Lucid", picture | {"prompt": TEXT}, MENTIONS),
        ("a/pixels", "Pixels", picture | {"prompt": TEXT}, MENTIONS),
        ("a/birefnet", "BiRefNet", picture, "Removes what is behind a subject."),
        ("a/pixels/remove-background", "Remove Background", picture, ""),
        ("a/grand-upscale", "Grand Upscale", picture, ""),
    ]
    for position, (name, title, inputs, description) in enumerate(specs):
        make_endpoint(
            name,
            document(inputs, "image"),
            display_name=title,
            description=description,
            position=position,
        )
    needy = document({"image_url": TEXT, "audio_url": TEXT}, "image", ("image_url", "audio_url"))
    make_endpoint("a/restores", needy, display_name="Restores")
    post_sync.run()


@pytest.mark.parametrize(
    ("text", "group", "best"),
    [
        ("restores", "Edit it", "Lucid"),  # the model of that name needs a sound too
        ("upscale", "Upscale", "Grand Upscale"),
        ("remove background", "Cut out", "Remove Background"),
        ("cut out", "Cut out", "BiRefNet"),
        ("grand", "Upscale", "Grand Upscale"),
        ("lucid", "Edit it", "Lucid"),
    ],
)
def test_enter_picks_the_best_name_and_not_the_first_mention(
    user, operations, models, result_of, text, group, best
):
    Favourite.objects.create(user=user, endpoint=Endpoint.objects.get(endpoint_id="a/lucid"))
    uses = menu(user, result_of(models["draw"], "image"), text=text)
    title, labels = next(iter(uses.items()))
    assert (title, labels[0]) == (group, best)
    own = result_of(Endpoint.objects.get(endpoint_id="a/pixels"), "image")
    title, labels = next(iter(menu(user, own, text=text).items()))
    assert title == group


def test_blocked_and_removed_models_are_not_offered(user, models, result_of):
    Endpoint.objects.filter(endpoint_id="a/film").update(mark="blocked")
    Endpoint.objects.filter(endpoint_id="a/upscaler").update(gone_at="2026-01-01T00:00Z")
    uses = menu(user, result_of(models["draw"], "image"))
    assert "Start frame of a film" not in uses
    assert "Upscale" not in uses


def test_a_long_group_links_to_all_of_its_models(member, user, make_endpoint, models, result_of):
    for number in range(use_menu.IN_GROUP + 3):
        make_endpoint(f"c/m{number}", document({"image_urls": IMAGES, "n": TEXT}, "image"))
    post_sync.run()
    run = result_of(models["draw"], "image")
    assert menu(user, run)["Edit it"][-1] == f"All {use_menu.IN_GROUP + 4} models…"
    page = member.get(f"/runs/{run.pk}/artifacts/0/uses/", {"use": "edit"})
    (group,) = page.context["groups"]
    assert len(group.places) == use_menu.IN_GROUP + 4


def test_the_use_menu_takes_as_many_queries_for_any_number_of_models(
    member, make_endpoint, models, result_of, django_assert_max_num_queries
):
    for number in range(30):
        make_endpoint(f"d/m{number}", document({"image_url": TEXT}, "image"))
    post_sync.run()
    run = result_of(models["draw"], "image")
    address = f"/runs/{run.pk}/artifacts/0/uses/?dialog"
    member.get(address)
    # session, user, run, artifacts, revision, favourites, runs, and the revision for the locks
    with django_assert_max_num_queries(8):
        response = member.get(address)
    assert b"Start frame of a film" in response.content
