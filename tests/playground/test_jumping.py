"""⌘K: a few letters lead to models, collections, one's own runs and pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from catalog.models import Collection
from playground import jumping


def titles(user: User, text: str) -> dict[str, list[str]]:
    return {g.title: [place.label for place in g.places] for g in jumping.groups(user, text)}


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
    with django_assert_max_num_queries(8):
        assert member.get("/jump/", {"q": "bird"}).content.count(b'role="option"') == 12
