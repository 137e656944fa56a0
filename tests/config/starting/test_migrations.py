"""The names of squashed migrations say what they replace, so that no start has to load them."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from config.starting.migrations import SQUASHED, Key, is_replaced, replaced_by

pytestmark = pytest.mark.both_databases

SQUASHES = [key for key in MigrationLoader(None).disk_migrations if SQUASHED in key[1]]


@pytest.mark.parametrize("squash", SQUASHES)
def test_a_squash_is_named_after_the_migrations_it_replaces(squash: Key) -> None:
    label, name = squash
    assert all(is_replaced(key, squash) for key in replaced_by(squash))
    numbers = sorted(int(key[1][:4]) for key in replaced_by(squash))
    first, last = map(int, name.split(SQUASHED))
    assert numbers == list(range(first, last + 1))
    assert not is_replaced((label, f"{last + 1:04}_later"), squash)
    assert not is_replaced((label, f"{first - 1:04}_earlier"), squash)


@pytest.mark.parametrize("squash", SQUASHES)
def test_a_squash_replaces_migrations_of_its_own_app_only(squash: Key) -> None:
    others = {app.label for app in apps.get_app_configs()} - {squash[0]}
    assert not any(is_replaced((label, squash[1]), squash) for label in others)
