"""Other apps learn once that a user's pages have shown a run's end, however many pages did."""

import uuid
from collections.abc import Iterator, Sequence
from unittest.mock import patch

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError

from runs.live import long_poll
from runs.promises import registry
from runs.promises.lifecycle import Lifecycle


class Listener(Lifecycle):
    """Records its calls. For a user below zero, the first call raises an error."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, Sequence[uuid.UUID]]] = []

    def on_shown_end(self, user_id: int, run_ids: Sequence[uuid.UUID]) -> None:
        self.heard.append((user_id, run_ids))
        if user_id < 0 and len(self.heard) == 1:
            raise OperationalError("database is locked")


@pytest.fixture
def calls() -> Iterator[list[tuple[int, Sequence[uuid.UUID]]]]:
    """The calls that one app received; Vitrine's own apps, which make queries, are not called."""
    listener = Listener()
    with patch.dict(registry._OWNERS, {Listener: listener}, clear=True):
        yield listener.heard


def show(user_pk: int, *pks: uuid.UUID) -> None:
    async_to_sync(long_poll.announce_ends)(user_pk, pks)


def test_ends_shown_on_many_pages_are_reported_in_one_call(calls):
    first, second = uuid.uuid4(), uuid.uuid4()
    for _ in range(3):
        show(1, first)
    show(1, first, second)
    show(2, first)
    assert calls == [(1, [first]), (1, [second]), (2, [first])]


@pytest.mark.django_db  # after an error, Vitrine checks the thread's connection
@pytest.mark.any_database
def test_a_failed_report_is_repeated_by_the_next_page(calls):
    run = uuid.uuid4()
    for _ in range(3):
        show(-1, run)
    assert calls == [(-1, [run])] * 2
