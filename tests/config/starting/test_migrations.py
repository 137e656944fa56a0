"""The names of squashed migrations say what they replace, so that no start has to load them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from config.starting.migrations import SQUASHED, Key, is_replaced, replaced_by

pytestmark = pytest.mark.both_databases

SQUASHES = [key for key in MigrationLoader(None).disk_migrations if SQUASHED in key[1]]


def numbers(name: str) -> tuple[int, int]:
    """The first and last number that a name stands for: a squash may replace earlier ones."""
    first, _, last = name.partition(SQUASHED)
    return int(first[:4]), int(last or first[:4])


@pytest.mark.parametrize("squash", SQUASHES)
def test_a_squash_is_named_after_the_migrations_it_replaces(squash: Key) -> None:
    label, name = squash
    assert all(is_replaced(key, squash) for key in replaced_by(squash))
    first, last = numbers(name)
    named = sorted(numbers(replaced) for _, replaced in replaced_by(squash))
    assert (named[0][0], named[-1][1]) == (first, last)
    assert all(after[0] == before[1] + 1 for before, after in pairwise(named))
    assert not is_replaced((label, f"{last + 1:04}_later"), squash)
    assert not is_replaced((label, f"{first - 1:04}_earlier"), squash)


@pytest.mark.parametrize("squash", SQUASHES)
def test_a_squash_replaces_migrations_of_its_own_app_only(squash: Key) -> None:
    others = {app.label for app in apps.get_app_configs()} - {squash[0]}
    assert not any(is_replaced((label, squash[1]), squash) for label in others)
