"""⌘K: a few letters lead to models, collections, one's own runs and pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from catalog.models import Collection
from playground.display.navigation import command_palette


def titles(user: User, text: str) -> dict[str, list[str]]:
    return {
        g.title: [place.label for place in g.places]
        for g in command_palette.find_places(user, text)
    }


def test_letters_find_models_collections_runs_and_pages(
    member: Client, user: User, flux: Any, make_run: Any
) -> None:
    Collection.objects.create(slug="f", title="Flux and friends")
    Collection.objects.create(slug="h", title="Hidden flux", is_published=False)
    make_run(endpoint=flux, user=user, title="a flux of birds")
    found = titles(user, "flux")
    assert found["Models"] == [flux.display_name]
    assert found["Collections"] == ["Flux and friends"]
    assert found["Your runs"] == ["a flux of birds"]
    assert titles(user, "newest")["Pages"] == ["Newest models"]


def test_without_letters_it_offers_what_was_used_lately(
    user: User, flux: Any, make_run: Any
) -> None:
    make_run(endpoint=flux, user=user)
    assert titles(user, "")["Used lately"] == [flux.display_name]


def test_a_strangers_runs_are_not_found(
    user: User, stranger: User, flux: Any, make_run: Any
) -> None:
    make_run(endpoint=flux, user=user, title="a secret plan")
    assert "Your runs" not in titles(stranger, "secret")
    assert "Pages" not in titles(stranger, "admin")


@pytest.mark.parametrize("text", ["<b>", "\x00", "🦊" * 300, "%_\\'\""])
def test_any_text_is_answered_and_escaped(member: Client, flux: Any, text: str) -> None:
    response = member.get("/jump/", {"q": text})
    assert response.status_code == 200
    assert b"<b>" not in response.content


def test_the_dialog_costs_few_queries_whatever_it_finds(
    member: Client,
    user: User,
    make_endpoint: Any,
    make_run: Any,
    django_assert_max_num_queries: Any,
) -> None:
    for n in range(12):
        make_run(endpoint=make_endpoint(f"fal-ai/bird-{n}"), user=user, title=f"bird {n}")
    member.get("/jump/", {"q": "bird"})  # makes the search index, once for each revision
    with django_assert_max_num_queries(8):
        assert member.get("/jump/", {"q": "bird"}).content.count(b'role="option"') == 12


def test_a_runs_settings_are_offered_to_the_models_most_like_its_own(
    member: Client, user: User, stranger: User, make_endpoint: Any, make_run: Any
) -> None:
    own = make_endpoint("lab/own", category="text-to-image", group_key="own")
    make_endpoint("lab/own/fast", category="image-to-image", group_key="own")
    make_endpoint("lab/other", category="text-to-image")
    make_endpoint("lab/blocked", category="text-to-image", standing="blocked")
    make_endpoint("lab/film", category="text-to-video")
    run = make_run(endpoint=own, user=user, state="succeeded", output={})
    found = {
        g.title: [place.note for place in g.places] for g in command_palette.models_for_run(run, "")
    }
    assert found == {"Family": ["lab/own/fast"], "Text to image": ["lab/other"]}
    address = f"/runs/{run.pk}/elsewhere/"
    page = member.get(address, {"q": "film"}).content.decode()
    assert f'href="/models/lab/film/?run={run.pk}"' in page
    assert "lab/other" not in page
    assert b"<dialog" in member.get(address, {"dialog": ""}).content
    member.force_login(stranger)
    assert member.get(address).status_code == 404


def test_models_that_upstream_took_away_are_found_last_and_marked(
    member: Client, user: User, make_endpoint: Any, make_run: Any
) -> None:
    for n in range(9):
        make_endpoint(f"lab/bird-{n}", display_name=f"Bird {n}")
    gone = make_endpoint("lab/bird", display_name="Bird", gone_at=timezone.now())
    blocked = {"gone_at": timezone.now(), "standing": "blocked"}
    make_endpoint("lab/bird/old", display_name="Bird old", **blocked)
    models = command_palette.find_places(user, "bird")[0].places
    assert [(place.label, place.mark) for place in models[command_palette.MAX_MODELS :]] == [
        ("Bird", "Removed"),
        ("Bird old", "Removed, Blocked"),
    ]
    assert not any(place.mark for place in models[: command_palette.MAX_MODELS])
    assert b'<span class="badge">Removed</span>' in member.get("/jump/", {"q": "bird"}).content
    asked = [place.label for place in command_palette.find_places(user, "bird is:gone")[0].places]
    assert sorted(asked) == ["Bird", "Bird old"]  # each of them once
    make_run(endpoint=gone, user=user)
    assert command_palette.find_places(user, "")[0].places[0].mark == "Removed"
