"""Other apps hear once that a person's pages have shown the end of a run, however many they are."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError

from runs.live import shown_ends
from runs.live.broker import Broker
from runs.live.wire import Watched

Hook = Callable[[int, list[uuid.UUID]], None]


class Ended:
    """A broker whose runs have all ended."""

    def has_ended(self, run: Watched) -> bool:
        return True


@pytest.fixture
def heard() -> Iterator[list[tuple[int, list[uuid.UUID]]]]:
    """What a hook was called with; those of the apps, which query, are not called."""
    of_apps = shown_ends._HOOKS[:]
    shown_ends._HOOKS.clear()
    found: list[tuple[int, list[uuid.UUID]]] = []

    def hook(user_pk: int, runs: list[uuid.UUID]) -> None:
        found.append((user_pk, runs))
        if user_pk < 0 and len(found) == 1:
            raise OperationalError("database is locked")

    shown_ends.register(hook)
    yield found
    shown_ends._HOOKS[:] = of_apps


def show(user_pk: int, *pks: uuid.UUID) -> None:
    runs = [Watched(pk, 1, "stage") for pk in pks]
    async_to_sync(shown_ends.call)(cast("Broker", Ended()), user_pk, runs)


def test_many_pages_of_a_person_are_one_call(heard: list[Any]) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    for _ in range(3):
        show(1, first)
    show(1, first, second)
    show(2, first)
    assert heard == [(1, [first]), (1, [second]), (2, [first])]


@pytest.mark.django_db  # after an error the thread's connection is looked at
@pytest.mark.any_database
def test_a_failed_call_is_made_again_by_the_next_page(heard: list[Any]) -> None:
    run = uuid.uuid4()
    for _ in range(3):
        show(-1, run)
    assert heard == [(-1, [run])] * 2
