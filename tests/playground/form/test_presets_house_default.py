"""A house default fills an untouched form, for everybody.

What somebody filled in or typed wins over it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from runs.models import Draft, Preset, Run

FLUX = "fal-ai/flux/dev"
PAGE = f"/models/{FLUX}/"
HTMX = {"hx-request": "true"}
SAID = "Filled in with “Ours”, which the house starts with"


@pytest.fixture
def house(flux: Any, stranger: User) -> Preset:
    """A colleague's shared preset that a curator made the house default."""
    return Preset.objects.create(
        endpoint=flux, user=stranger, name="Ours", is_shared=True, is_house_default=True,
        arguments={"guidance_scale": 7, "prompt": "our own lighthouse"},
    )  # fmt: skip


def page(client: Client, **query: str) -> str:
    return client.get(PAGE, query).content.decode()


def test_an_untouched_form_has_the_house_default_and_says_so(member: Client, house: Preset) -> None:
    text = page(member)
    assert SAID in text
    assert "our own lighthouse" in text
    assert not Draft.objects.exists()
    assert "our own lighthouse" in page(member, tab="api")


def test_without_a_house_default_an_untouched_form_sends_nothing(member: Client, flux: Any) -> None:
    assert "~house" not in page(member)
    member.post(PAGE, {"prompt": "a cat", "guidance_scale": "3.5", "~token": "t"})
    assert Run.objects.get().arguments == {"prompt": "a cat"}


@pytest.mark.parametrize("how", ["input", "run", "preset", "draft"])
def test_filled_in_values_take_precedence_over_the_house_default(
    member: Client, house: Preset, flux: Any, make_run: Any, user: User, how: str
) -> None:
    arguments = {"prompt": "a cat of mine"}
    mine = Preset.objects.create(endpoint=flux, user=user, name="Mine", arguments=arguments)
    query = {
        "input": json.dumps(arguments),
        "run": str(make_run(endpoint=flux, arguments=arguments).pk),
        "preset": str(mine.pk),
    }
    if how == "draft":
        member.post(f"/drafts/{FLUX}/", {**arguments, "~house": "1"})
    text = page(member, **({how: query[how]} if how in query else {}))
    assert "a cat of mine" in text
    assert "our own lighthouse" not in text


def test_the_models_own_defaults_can_be_chosen_and_stay(member: Client, house: Preset) -> None:
    posted = {"prompt": "our own lighthouse", "guidance_scale": "7", "~house": "1"}
    answer = member.post(PAGE, {**posted, "~do": "own"}, headers=HTMX).content.decode()
    assert "our own lighthouse" not in answer
    assert "own defaults are back" in answer
    assert SAID not in page(member)
    assert "our own lighthouse" not in page(member)
    back = member.post(PAGE, {"prompt": "", "~house": "1", "~do": "undo"}, headers=HTMX)
    assert "our own lighthouse" in back.content.decode()


def test_a_cleared_form_stays_empty(member: Client, house: Preset) -> None:
    member.post(f"/drafts/{FLUX}/", {"prompt": "", "guidance_scale": "3.5", "~house": "1"})
    assert "our own lighthouse" not in page(member)


def test_starting_over_restores_the_house_default(member: Client, house: Preset) -> None:
    text = member.post(PAGE, {"prompt": "x", "~house": "1", "~do": "clear"}).content.decode()
    assert SAID in text
    assert "our own lighthouse" in text


def test_values_of_the_house_default_are_sent(member: Client, house: Preset) -> None:
    posted = {"prompt": "our own lighthouse", "guidance_scale": "7", "~house": "1", "~token": "t"}
    member.post(PAGE, posted)
    assert Run.objects.get().arguments == house.arguments


def test_only_curators_can_set_the_single_house_default(
    member: Client, user: User, flux: Any, house: Preset
) -> None:
    mine = Preset.objects.create(endpoint=flux, user=user, name="Mine", arguments={})
    change = {"name": "Mine", "used_by": "start"}
    assert b"to start with" not in member.get(f"/presets/{mine.pk}/").content
    member.post(f"/presets/{mine.pk}/", change)
    mine.refresh_from_db()
    assert not mine.is_house_default
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    assert b"to start with" in member.get(f"/presets/{mine.pk}/").content
    member.post(f"/presets/{mine.pk}/", change)
    assert [preset.name for preset in Preset.objects.filter(is_house_default=True)] == ["Mine"]
    assert SAID not in page(member)


def test_an_unshared_or_deleted_preset_is_no_house_default(
    member: Client, stranger: User, house: Preset
) -> None:
    theirs = Client()
    theirs.force_login(stranger)
    theirs.post(f"/presets/{house.pk}/deletion/")
    assert SAID not in page(member)
    theirs.post(f"/presets/{house.pk}/recovery/")
    assert SAID in page(member)
    theirs.post(f"/presets/{house.pk}/", {"name": "Ours", "used_by": "me"})
    assert SAID not in page(member)
    house.refresh_from_db()
    assert not house.is_house_default
