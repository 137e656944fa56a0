"""The page of all presets: what is offered in the project, found by name and model."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from runs.models import Preset

pytestmark = pytest.mark.django_db


def test_presets_of_all_models_are_listed_and_searched(
    member: Client,
    user: User,
    stranger: User,
    make_endpoint: Any,
    django_assert_max_num_queries: Any,
) -> None:
    flux, turbo = make_endpoint("lab/flux"), make_endpoint("lab/turbo")
    for owner, endpoint, name, is_shared in (
        (user, flux, "Calm", False),
        (user, turbo, "Loud", False),
        (stranger, flux, "Ours", True),
        (stranger, flux, "Secret", False),
    ):
        Preset.objects.create(
            user=owner, endpoint=endpoint, name=name, arguments={}, is_shared=is_shared
        )
    assert "No presets yet" not in member.get("/presets/").content.decode()
    with django_assert_max_num_queries(6):
        page = member.get("/presets/").content.decode()
    assert [name in page for name in ("Calm", "Loud", "Ours", "Secret")] == [
        True,
        True,
        True,
        False,
    ]
    found = member.get("/presets/", {"q": "turbo"}).content.decode()
    assert ("Loud" in found, "Calm" in found) == (True, False)
    assert "No preset or model is called" in member.get("/presets/", {"q": "x y"}).content.decode()
